import { availableParallelism } from 'node:os';
import type { ExecutionEvent } from '../../harness/execute/types.ts';
import type { PlannedRun } from '../../harness/plan/types.ts';

/** How far a run is. Times are seconds of the clock that the estimate was given. */
export interface RunProgress {
  run: PlannedRun;
  state: 'queued' | 'running' | 'finished' | 'failed';
  iteration: number;
  iterations: number;
  /** Share that is done of what comes after the last iteration. */
  final: number;
  trainError: number | null;
  testError: number | null;
  /** Seconds of one training step, evaluations aside. */
  stepSeconds: number | null;
  /** Where and when this execution took the run up, and when the run ended. */
  from: number;
  since: number;
  until: number | null;
}

/** Follows the runs of an execution and says how long it will still take, from the speed measured in it. */
export class Estimate {
  readonly #runs: Map<string, RunProgress>;
  readonly #workers: number;
  readonly #clock: () => number;

  constructor(runs: readonly PlannedRun[], jobs: number, clock = () => performance.now() / 1000) {
    this.#workers = Math.max(1, Math.min(jobs, runs.length));
    this.#clock = clock;
    this.#runs = new Map(runs.map(run => [run.key, atRest(run, clock())]));
  }

  /** Takes notice of an event and returns the progress of its run. */
  follow(event: ExecutionEvent): RunProgress {
    const progress = this.#runs.get(event.key)!;
    const now = this.#clock();
    if (event.type === 'started') {
      const { iteration, iterations } = event;
      Object.assign(progress, { state: 'running', iteration, iterations, from: iteration, since: now });
    } else if (event.type === 'progress') {
      const { iteration, iterations, final, trainError, testError, stepSeconds } = event;
      Object.assign(progress, { iteration, iterations, final, trainError, testError, stepSeconds });
    } else if (event.type === 'done') {
      const started = progress.state === 'running';
      Object.assign(progress, { state: 'finished', until: now, iteration: progress.iterations, final: 1 });
      if (!started) progress.since = now; // another process had finished it
    } else if (event.type === 'failed') progress.state = 'failed';
    else if (event.type === 'died') progress.state = event.retry ? 'queued' : 'failed';
    return progress;
  }

  /** Runs that are finished, and all. */
  get counts(): { finished: number; all: number } {
    const all = [...this.#runs.values()];
    return { finished: all.filter(({ state }) => state === 'finished').length, all: all.length };
  }

  /** Seconds that a run will still take at the pace it has had here; null before its first steps. */
  secondsOf(progress: RunProgress): number | null {
    const done = shareDone(progress);
    if (progress.state !== 'running' || done <= 0) return null;
    return ((1 - done) * (this.#clock() - progress.since)) / done;
  }

  /** Seconds until all are done: what remains, dealt out to the workers in the order of the queue. */
  get seconds(): number {
    const all = [...this.#runs.values()];
    const scale = this.#scale(all);
    const free = all
      .filter(({ state }) => state === 'running')
      .map(progress => this.secondsOf(progress) ?? progress.run.cost.seconds * scale);
    while (free.length < this.#workers) free.push(0);
    for (const { run } of all.filter(({ state }) => state === 'queued')) {
      const first = free.indexOf(Math.min(...free));
      free[first]! += run.cost.seconds * scale;
    }
    return Math.max(...free);
  }

  /** Measured seconds by planned ones so far: how fast this machine is, as busy as it is now. */
  #scale(all: readonly RunProgress[]): number {
    let measured = 0;
    let planned = 0;
    for (const progress of all) {
      const { run, state, since, until } = progress;
      const done = shareDone(progress);
      if ((state !== 'running' && state !== 'finished') || done <= 0 || until === since) continue;
      measured += (until ?? this.#clock()) - since;
      planned += run.cost.seconds * done;
    }
    if (planned > 0) return measured / planned;
    return 1 / Math.max(1, Math.floor(availableParallelism() / this.#workers));
  }
}

/** Share that is done of what a run was planned to cost when this execution took it up. */
function shareDone({ run, iteration, iterations, from, final }: RunProgress): number {
  const { seconds, finalSeconds } = run.cost;
  const finalShare = seconds > 0 ? finalSeconds / seconds : 0;
  const steps = iterations > from ? (iteration - from) / (iterations - from) : 1;
  return (1 - finalShare) * steps + finalShare * final;
}

function atRest(run: PlannedRun, now: number): RunProgress {
  const iteration = run.state.is === 'resumable' ? run.state.iteration : 0;
  const { iterations } = run.identity.spec.schedule;
  const nothing = { trainError: null, testError: null, stepSeconds: null };
  return {
    run,
    state: 'queued',
    iteration,
    iterations,
    final: 0,
    ...nothing,
    from: iteration,
    since: now,
    until: null,
  };
}
