import { median } from '../median.ts';
import { sameCode } from '../record/provenance.ts';
import type { Attempts, CodeState } from '../record/types.ts';

/** Time and memory that a job takes, and what computes it, over all its attempts. None of it may reach a result. */
export class Clock {
  readonly engines: readonly string[];
  readonly code: readonly CodeState[];
  readonly #begin = performance.now();
  readonly #startedAt: string;
  readonly #earlier: Attempts | null;
  readonly #units: number[] = [];
  #recent = 0;
  #engineMiB = 0;

  /** `engine` and `code`: what computes in this attempt; `earlier`: what the attempts before it cost. */
  constructor(engine: string, code: CodeState, earlier: Attempts | null) {
    this.#startedAt = earlier?.startedAt ?? new Date().toISOString();
    this.#earlier = earlier;
    this.engines = [...new Set([...(earlier?.engines ?? []), engine])];
    const before = earlier?.code ?? [];
    this.code = before.some(each => sameCode(each, code)) ? before : [...before, code];
  }

  /** Counts a unit of work. */
  unit(milliseconds: number): void {
    this.#units.push(milliseconds);
    // The first one also prepares the session; from the third on, a moving mean over some ten of them.
    this.#recent = this.#units.length < 3 ? milliseconds : 0.9 * this.#recent + 0.1 * milliseconds;
  }

  /** Bytes that a process of the engine's own has taken beside this one. */
  engineMemory(bytes: number): void {
    this.#engineMiB = bytes / 2 ** 20;
  }

  get recentUnitSeconds(): number {
    return this.#recent / 1000;
  }

  /** Seconds of this attempt. */
  get seconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  /** The account as it stands now; the median unit is of this attempt, if it made any. */
  attempts(): Attempts {
    const earlier = this.#earlier;
    const ownMiB = process.resourceUsage().maxRSS / 1024;
    return {
      startedAt: this.#startedAt,
      seconds: (earlier?.seconds ?? 0) + this.seconds,
      resumed: earlier ? earlier.resumed + 1 : 0,
      peakMemoryMiB: Math.max(earlier?.peakMemoryMiB ?? 0, Math.round(ownMiB + this.#engineMiB)),
      unitMilliseconds: this.#units.length > 0 ? median(this.#units) : (earlier?.unitMilliseconds ?? 0),
      engines: this.engines,
      code: this.code,
    };
  }
}
