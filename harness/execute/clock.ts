import { median } from '../median.ts';
import type { Attempts } from '../record/types.ts';

/** Time and memory that a run takes, over all its attempts. None of it may reach a result. */
export class Clock {
  readonly #begin = performance.now();
  readonly #startedAt: string;
  readonly #earlier: Attempts | null;
  readonly engines: readonly string[];
  readonly #steps: number[] = [];
  #recent = 0;

  /** `engine`: what computes in this attempt; `earlier`: what the attempts before it cost. */
  constructor(engine: string, earlier: Attempts | null) {
    this.#startedAt = earlier?.startedAt ?? new Date().toISOString();
    this.#earlier = earlier;
    this.engines = [...new Set([...(earlier?.engines ?? []), engine])];
  }

  /** Counts a training step. */
  step(milliseconds: number): void {
    this.#steps.push(milliseconds);
    // The first step also prepares the session; from the third on, a moving mean over some ten steps.
    this.#recent = this.#steps.length < 3 ? milliseconds : 0.9 * this.#recent + 0.1 * milliseconds;
  }

  get recentStepSeconds(): number {
    return this.#recent / 1000;
  }

  /** The account as it stands now; the median step is of this attempt, if it made any. */
  attempts(): Attempts {
    const earlier = this.#earlier;
    return {
      startedAt: this.#startedAt,
      seconds: (earlier?.seconds ?? 0) + (performance.now() - this.#begin) / 1000,
      resumed: earlier ? earlier.resumed + 1 : 0,
      peakMemoryMiB: Math.max(earlier?.peakMemoryMiB ?? 0, Math.round(process.resourceUsage().maxRSS / 1024)),
      stepMilliseconds: this.#steps.length > 0 ? median(this.#steps) : (earlier?.stepMilliseconds ?? 0),
      engines: [...this.engines],
    };
  }
}
