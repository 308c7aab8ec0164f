import type { ExecutionEvent } from '../../harness/execute/types.ts';
import { jobName } from '../format.ts';
import type { Estimate } from './estimate.ts';
import type { Display } from './types.ts';
import { describe, overall, standing } from './words.ts';

/** Seconds between two lines about the progress of one run. */
const interval = 10;

/** Plain lines: one at each event, and now and then how far a run is. */
export class Lines implements Display {
  readonly #estimate: Estimate;
  readonly #write: (line: string) => void;
  readonly #clock: () => number;
  readonly #spoken = new Map<string, number>();

  constructor(estimate: Estimate, write: (line: string) => void, clock = () => performance.now() / 1000) {
    this.#estimate = estimate;
    this.#write = write;
    this.#clock = clock;
  }

  show(event: ExecutionEvent): void {
    const progress = this.#estimate.follow(event);
    if (event.type === 'progress' && !this.#isDue(event.key)) return;
    const text = event.type === 'progress' ? standing(progress) : describe(event, progress);
    if (text === null) return;
    this.#spoken.set(event.key, this.#clock());
    const whole = event.type === 'progress' || event.type === 'done' ? `; ${overall(this.#estimate)}` : '';
    this.#write(`${jobName(progress.job)}: ${text}${whole}`);
    if (event.type === 'died') for (const line of event.lastLines) this.#write(`    ${line}`);
  }

  say(text: string): void {
    this.#write(text);
  }

  async close(): Promise<void> {}

  #isDue(key: string): boolean {
    return this.#clock() - (this.#spoken.get(key) ?? Number.NEGATIVE_INFINITY) >= interval;
  }
}
