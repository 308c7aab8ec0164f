import { availableParallelism } from 'node:os';
import type { ExecutionEvent, JobProgress } from '../../harness/execute/types.ts';
import type { PlannedJob } from '../../harness/plan/types.ts';

/** How far a run is. Times are seconds of the clock that the estimate was given. */
export interface RunProgress extends Omit<JobProgress, 'unitSeconds'> {
  job: PlannedJob;
  state: 'queued' | 'running' | 'finished' | 'failed';
  /** Seconds of one iteration or image, other work aside. */
  unitSeconds: number | null;
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

  constructor(jobs: readonly PlannedJob[], workers: number, clock = () => performance.now() / 1000) {
    this.#workers = Math.max(1, Math.min(workers, jobs.length));
    this.#clock = clock;
    this.#runs = new Map(jobs.map(job => [job.key, atRest(job, clock())]));
  }

  /** Takes notice of an event and returns the progress of its run. */
  follow(event: ExecutionEvent): RunProgress {
    const progress = this.#runs.get(event.key)!;
    const now = this.#clock();
    if (event.type === 'started') {
      const { done, total } = event;
      Object.assign(progress, { state: 'running', done, total, from: done, since: now });
    } else if (event.type === 'progress') {
      const { done, total, final, latest, unitSeconds } = event;
      Object.assign(progress, { done, total, final, latest, unitSeconds });
    } else if (event.type === 'done') {
      const started = progress.state === 'running';
      Object.assign(progress, { state: 'finished', until: now, done: progress.total, final: 1 });
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
      .map(progress => this.secondsOf(progress) ?? progress.job.cost.seconds * scale);
    while (free.length < this.#workers) free.push(0);
    for (const { job } of all.filter(({ state }) => state === 'queued')) {
      const first = free.indexOf(Math.min(...free));
      free[first]! += job.cost.seconds * scale;
    }
    return Math.max(...free);
  }

  /** Measured seconds by planned ones so far: how fast this machine is, as busy as it is now. */
  #scale(all: readonly RunProgress[]): number {
    let measured = 0;
    let planned = 0;
    for (const progress of all) {
      const { job, state, since, until } = progress;
      const done = shareDone(progress);
      if ((state !== 'running' && state !== 'finished') || done <= 0 || until === since) continue;
      measured += (until ?? this.#clock()) - since;
      planned += job.cost.seconds * done;
    }
    if (planned > 0) return measured / planned;
    return 1 / Math.max(1, Math.floor(availableParallelism() / this.#workers));
  }
}

/** Share that is done of what a run was planned to cost when this execution took it up. */
function shareDone({ job, done, total, from, final }: RunProgress): number {
  const { seconds, finalSeconds } = job.cost;
  const finalShare = seconds > 0 ? finalSeconds / seconds : 0;
  const units = total > from ? (done - from) / (total - from) : 1;
  return (1 - finalShare) * units + finalShare * final;
}

function atRest(job: PlannedJob, now: number): RunProgress {
  const done = job.state.is === 'resumable' ? job.state.done : 0;
  const { total } = job.cost;
  const nothing = { final: 0, latest: [], unitSeconds: null, until: null };
  return { job, state: 'queued', done, total, from: done, since: now, ...nothing };
}
