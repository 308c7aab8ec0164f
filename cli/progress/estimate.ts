import type { ExecutionEvent, JobProgress } from '../../harness/execute/types.ts';
import type { PlannedJob } from '../../harness/plan/types.ts';
import type { JobRecord } from '../../harness/record/types.ts';
import { cores } from '../../ml/data/cores.ts';
import type { State } from '../states.ts';
import { waitingText } from './waiting.ts';

/** How far a run is. Times are seconds of the clock that the estimate was given. */
export interface RunProgress extends Omit<JobProgress, 'unitSeconds'> {
  job: PlannedJob;
  state: State;
  /** Where and when this execution took the run up, and when the run ended. */
  from: number;
  since: number;
  until: number | null;
  /** Iterations or images that its checkpoint holds. */
  checkpoint: number | null;
  record: JobRecord | null;
  /** What was last said of it besides progress, and below that the last output of a worker that died. */
  said: readonly string[];
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

  /** In the order in which they were given. */
  get runs(): readonly RunProgress[] {
    return [...this.#runs.values()];
  }

  /** Takes notice of an event and returns the progress of its run. */
  follow(event: ExecutionEvent): RunProgress {
    const progress = this.#runs.get(event.key)!;
    const now = this.#clock();
    if (event.type === 'waiting') {
      Object.assign(progress, { state: 'waiting', said: [waitingText(event)] });
    } else if (event.type === 'started') {
      const { done, total } = event;
      const checkpoint = done > 0 ? done : null;
      const began = { done, total, checkpoint, from: done, since: now, until: null, final: 0, said: [] };
      Object.assign(progress, { state: 'running', ...began });
    } else if (event.type === 'progress') {
      const { done, total, final, latest } = event;
      Object.assign(progress, { done, total, final, latest });
    } else if (event.type === 'checkpointed') progress.checkpoint = event.done;
    else if (event.type === 'done') {
      const started = progress.state === 'running';
      const { record } = event;
      Object.assign(progress, { state: 'finished', until: now, done: progress.total, final: 1, record });
      if (!started) progress.since = now; // another process had finished it
    } else if (event.type === 'failed')
      Object.assign(progress, { state: 'failed', said: [event.message], until: now });
    else {
      Object.assign(progress, { state: 'failed', said: [event.message, ...event.lastLines], until: now });
      if (event.retry) this.#rest(progress);
    }
    return progress;
  }

  /** Nothing runs any more: what has neither finished nor failed is at its checkpoint, or not started. */
  end(): void {
    for (const progress of this.#runs.values()) {
      if (progress.state === 'waiting') progress.said = [];
      if (progress.state === 'running' || progress.state === 'waiting') this.#rest(progress);
    }
  }

  /** How many runs have finished and failed, and all. */
  get counts(): { finished: number; failed: number; all: number } {
    const number = (wanted: State) => this.runs.filter(({ state }) => state === wanted).length;
    return { finished: number('finished'), failed: number('failed'), all: this.#runs.size };
  }

  /** Share of the whole that is done, by what the runs were planned to cost. */
  get share(): number {
    const planned = this.runs.reduce((sum, { job }) => sum + job.cost.seconds, 0);
    const done = this.runs.reduce(
      (sum, progress) => sum + progress.job.cost.seconds * shareDone(progress),
      0,
    );
    return planned > 0 ? done / planned : 0;
  }

  /** Seconds that a run will still take at the pace it has had here; null before its first steps. */
  secondsOf(progress: RunProgress): number | null {
    const done = shareDone(progress);
    if (progress.state !== 'running' || done <= 0) return null;
    return ((1 - done) * (this.#clock() - progress.since)) / done;
  }

  /** Seconds until all are done: what remains, dealt out to the workers in the order of the queue. */
  get seconds(): number {
    const all = this.runs;
    const scale = this.#scale(all);
    const free = all
      .filter(({ state }) => state === 'running')
      .map(progress => this.secondsOf(progress) ?? progress.job.cost.seconds * scale);
    while (free.length < this.#workers) free.push(0);
    for (const { job } of all.filter(({ state }) => isAhead(state))) {
      const first = free.indexOf(Math.min(...free));
      free[first]! += job.cost.seconds * scale;
    }
    return Math.max(...free);
  }

  #rest(progress: RunProgress): void {
    const { checkpoint } = progress;
    const state = checkpoint === null ? 'not started' : 'stopped';
    const rested = { state, done: checkpoint ?? 0, from: checkpoint ?? 0, final: 0, until: null };
    Object.assign(progress, rested);
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
    return 1 / Math.max(1, Math.floor(cores() / this.#workers));
  }
}

/** Whether a run is still to be begun here. */
function isAhead(state: State): boolean {
  return state === 'not started' || state === 'stopped' || state === 'waiting';
}

/** Share that is done of what a run was planned to cost when this execution took it up. */
function shareDone({ job, done, total, from, final, state }: RunProgress): number {
  if (isAhead(state)) return 0;
  const { seconds, finalSeconds } = job.cost;
  const finalShare = seconds > 0 ? finalSeconds / seconds : 0;
  const units = total > from ? (done - from) / (total - from) : 1;
  return (1 - finalShare) * units + finalShare * final;
}

function atRest(job: PlannedJob, now: number): RunProgress {
  const checkpoint = job.state.is === 'stopped' ? job.state.done : null;
  const done = checkpoint ?? 0;
  const state = checkpoint === null ? 'not started' : 'stopped';
  const { total } = job.cost;
  const nothing = { final: 0, latest: [], until: null, record: null, said: [] };
  return { job, state, done, total, checkpoint, from: done, since: now, ...nothing };
}
