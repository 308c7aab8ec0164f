import type { ExecutionEvent } from '../../harness/execute/types.ts';
import type { Terminal } from '../../paper-tables/terminal.ts';
import { wrapped } from '../../paper-tables/text.ts';
import { jobName } from '../format.ts';
import type { Estimate, RunProgress } from './estimate.ts';
import type { Display } from './types.ts';
import { describe, endText, overall, progressText, standing, stoppingText } from './words.ts';

/** Seconds between two lines about the progress of one run. */
const interval = 10;

/** Plain lines: one at each event, and now and then how far a run is. */
export class Lines implements Display {
  readonly #estimate: Estimate;
  readonly #write: (line: string) => void;
  readonly #width: number;
  readonly #clock: () => number;
  readonly #spoken = new Map<string, number>();

  constructor(
    estimate: Estimate,
    write: (line: string) => void,
    { width }: Pick<Terminal, 'width'>,
    clock = () => performance.now() / 1000,
  ) {
    this.#estimate = estimate;
    this.#write = write;
    this.#width = width;
    this.#clock = clock;
  }

  show(event: ExecutionEvent): void {
    const progress = this.#estimate.follow(event);
    if (event.type === 'progress' && !this.#isDue(event.key)) return;
    const text =
      event.type === 'progress' ? progressText(progress, this.#estimate) : describe(event, progress);
    if (text === null) return;
    this.#spoken.set(event.key, this.#clock());
    const whole = event.type === 'progress' || event.type === 'done' ? overall(this.#estimate) : '';
    this.#say(progress, `${text}${whole}`);
    if (event.type === 'died') for (const line of event.lastLines) this.#write(`    ${line}`);
  }

  stopping(): void {
    this.#write(stoppingText);
  }

  close(interrupted: boolean): void {
    this.#estimate.end();
    for (const progress of this.#estimate.runs)
      if (progress.state === 'stopped') this.#say(progress, standing(progress));
    const end = endText(this.#estimate, interrupted);
    if (end) this.#write(end.text);
  }

  #say({ job }: RunProgress, text: string): void {
    for (const line of wrapped(`${jobName(job)}: ${text}`, { limit: this.#width, indent: '    ' }))
      this.#write(line);
  }

  #isDue(key: string): boolean {
    return this.#clock() - (this.#spoken.get(key) ?? Number.NEGATIVE_INFINITY) >= interval;
  }
}
