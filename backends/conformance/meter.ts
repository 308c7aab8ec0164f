import { readFileSync, writeFileSync } from 'node:fs';
import type { Session } from '../contract.ts';

/** Time spent inside a backend, and the peak memory of this process. */
export class Meter {
  #busy = 0;
  #started = 0;

  /** Begins a measurement. */
  start(): void {
    this.#busy = 0;
    this.#started = performance.now();
    resetPeak();
  }

  /** What was used since `start`. Where a peak cannot be reset (other systems than Linux) it is that since the process began. */
  read(): { seconds: number; backendSeconds: number; peakBytes: number } {
    return {
      seconds: (performance.now() - this.#started) / 1000,
      backendSeconds: this.#busy / 1000,
      peakBytes: peak(),
    };
  }

  /** Adds the time of a call of the backend. */
  async time<T>(call: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await call();
    } finally {
      this.#busy += performance.now() - begun;
    }
  }

  /** A session whose calls are timed. */
  timed(session: Session): Session {
    return {
      info: session.info,
      setState: state => this.time(() => session.setState(state)),
      getState: () => this.time(() => session.getState()),
      step: (feeds, rate) => this.time(() => session.step(feeds, rate)),
      run: (graph, feeds, options) => this.time(() => session.run(graph, feeds, options)),
      batchStatistics: feeds => this.time(() => session.batchStatistics(feeds)),
      close: () => this.time(() => session.close()),
    };
  }
}

function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // The peak since the process began is still an upper bound.
  }
}

function peak(): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
