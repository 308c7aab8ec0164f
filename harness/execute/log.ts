import { learningRate, type ScheduleSpec } from '../../ml/optim/schedule.ts';
import { coldStart, isWarm, warmUp } from '../../ml/optim/warmup.ts';
import type { JobEvent, TrainingProgress } from '../record/types.ts';
import type { CurvePoint, Sums, TrainingWork, TrainSpec, Values } from '../tasks/task.ts';

/** The task's arithmetic that the bookkeeping needs. */
type Arithmetic = Pick<TrainingWork, 'errorOf' | 'means'>;

/** The bookkeeping of a training: where it stands, its curves, what comes next. Computes no network and writes no file. */
export class TrainingLog {
  iteration = 0;
  readonly curves: Record<'train' | 'test', CurvePoint[]> = { train: [], test: [] };
  firstSteps: TrainingProgress['firstSteps'] = { digest: '', repeated: false };
  readonly #spec: TrainSpec;
  readonly #work: Arithmetic;
  #window = nothing;
  #tail = nothing;
  #warmUp = coldStart;
  #testedAt = 0;

  constructor(spec: TrainSpec, work: Arithmetic) {
    this.#spec = spec;
    this.#work = work;
  }

  /** Continues from what a checkpoint holds and the events up to it. */
  static resume(
    spec: TrainSpec,
    work: Arithmetic,
    iteration: number,
    saved: TrainingProgress,
    events: readonly JobEvent[],
  ): TrainingLog {
    const log = new TrainingLog(spec, work);
    log.iteration = iteration;
    log.firstSteps = saved.firstSteps;
    log.#window = saved.window;
    log.#tail = saved.tail;
    log.#warmUp = saved.warmUp;
    log.#testedAt = saved.testedAt;
    for (const event of events) log.#draw(event);
    return log;
  }

  save(): TrainingProgress {
    return {
      window: this.#window,
      tail: this.#tail,
      warmUp: this.#warmUp,
      testedAt: this.#testedAt,
      firstSteps: this.firstSteps,
    };
  }

  /** Of the next iteration. */
  get learningRate(): number {
    const { schedule } = this.#spec;
    return learningRate(schedule, this.iteration, isWarm(schedule, this.#warmUp));
  }

  get finished(): boolean {
    return this.iteration === this.#spec.schedule.iterations;
  }

  /** Whether a point of the test curve is to be taken before the next iteration; the final one is not counted among them. */
  get testDue(): boolean {
    return (
      this.iteration % this.#spec.evaluation.testErrorEvery === 0 &&
      this.#testedAt < this.iteration &&
      !this.finished
    );
  }

  /** Counts an iteration by what was summed of its step; what is worth an event comes back. */
  stepped(step: Sums): JobEvent[] {
    const { schedule, evaluation } = this.#spec;
    const rate = this.learningRate;
    const events: JobEvent[] = [];
    const warmedUp = warmUp(schedule, this.#warmUp, this.iteration, this.#work.errorOf(step));
    this.iteration++;
    if (warmedUp.endedAt !== this.#warmUp.endedAt) events.push({ type: 'warmupEnded', at: this.iteration });
    this.#warmUp = warmedUp;
    this.#window = add(this.#window, step);
    if (this.iteration > schedule.iterations - tailIterations(schedule)) this.#tail = add(this.#tail, step);
    if (this.iteration % evaluation.trainErrorEvery === 0 || this.finished) {
      events.push(this.#point('train', this.#means(this.#window), rate));
      this.#window = nothing;
    }
    for (const event of events) this.#draw(event);
    return events;
  }

  /** Counts a point of the test curve. */
  tested(values: Values): JobEvent {
    const event = this.#point('test', values);
    this.#testedAt = this.iteration;
    this.#draw(event);
    return event;
  }

  /** Means over the last twentieth of the training. */
  get tail(): Values {
    return this.#means(this.#tail);
  }

  /** Iterations after which the warm-up ended; null without one, and when it never did. */
  get warmupEnded(): number | null {
    return this.#warmUp.endedAt;
  }

  /** The last point of a curve for people who watch; of the training curve what the next one has so far. */
  latest(curve: 'train' | 'test'): Values | null {
    const last = this.curves[curve].at(-1);
    if (last || curve === 'test') return last ?? null;
    return this.#window.iterations > 0 ? this.#means(this.#window) : null;
  }

  #means({ iterations, sums }: TrainingProgress['window']): Values {
    return this.#work.means(sums, iterations);
  }

  #point(curve: string, values: Values, rate?: number): JobEvent {
    const point: CurvePoint = { at: this.iteration, ...values };
    return { type: 'point', curve, point, ...(rate !== undefined && { learningRate: rate }) };
  }

  #draw(event: JobEvent): void {
    if (event.type === 'point') this.curves[event.curve as 'train' | 'test'].push(event.point);
  }
}

const nothing: TrainingProgress['window'] = { iterations: 0, sums: {} };

function add({ iterations, sums }: TrainingProgress['window'], step: Sums): TrainingProgress['window'] {
  const added = Object.entries(step).map(([name, value]) => [name, (sums[name] ?? 0) + value]);
  return { iterations: iterations + 1, sums: Object.fromEntries(added) };
}

function tailIterations({ iterations }: ScheduleSpec): number {
  return Math.max(1, Math.round(iterations / 20));
}
