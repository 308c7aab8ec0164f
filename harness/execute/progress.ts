import { learningRate, type ScheduleSpec } from '../../ml/optim/schedule.ts';
import { coldStart, isWarm, warmUp } from '../../ml/optim/warmup.ts';
import type { RunSpec } from '../manifest/types.ts';
import type { CurvePoint, RunEvent, RunResult, Sums, TrainingProgress } from '../record/types.ts';

/** The bookkeeping of a training: where it stands, its curves, what comes next. Computes no network and writes no file. */
export class Progress {
  iteration = 0;
  readonly curve: RunResult['curve'] = { train: [], test: [] };
  firstSteps: TrainingProgress['firstSteps'] = { digest: '', repeated: false };
  readonly #spec: RunSpec;
  #window = nothing;
  #tail = nothing;
  #warmUp = coldStart;
  #testedAt = 0;

  constructor(spec: RunSpec) {
    this.#spec = spec;
  }

  /** Continues from what a checkpoint holds and the events up to it. */
  static resume(
    spec: RunSpec,
    iteration: number,
    saved: TrainingProgress,
    events: readonly RunEvent[],
  ): Progress {
    const progress = new Progress(spec);
    progress.iteration = iteration;
    progress.firstSteps = saved.firstSteps;
    progress.#window = saved.window;
    progress.#tail = saved.tail;
    progress.#warmUp = saved.warmUp;
    progress.#testedAt = saved.testedAt;
    for (const event of events) progress.#draw(event);
    return progress;
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

  /** Learning rate of the next iteration. */
  get rate(): number {
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

  /** Counts an iteration whose batch had `errors` wrong images; what is worth an event comes back. */
  stepped(loss: number, errors: number, rate: number): RunEvent[] {
    const { schedule, evaluation, optimiser } = this.#spec;
    const events: RunEvent[] = [];
    const warmedUp = warmUp(schedule, this.#warmUp, this.iteration, errors / optimiser.batch);
    this.iteration++;
    if (warmedUp.endedAt !== this.#warmUp.endedAt)
      events.push({ type: 'warmupEnded', iteration: this.iteration });
    this.#warmUp = warmedUp;
    this.#window = add(this.#window, loss, errors);
    if (this.iteration > schedule.iterations - tailIterations(schedule))
      this.#tail = add(this.#tail, loss, errors);
    if (this.iteration % evaluation.trainErrorEvery === 0 || this.finished) {
      events.push({ type: 'train', iteration: this.iteration, ...this.#mean(this.#window), rate });
      this.#window = nothing;
    }
    for (const event of events) this.#draw(event);
    return events;
  }

  /** Counts a point of the test curve, in percent and mean cross-entropy. */
  tested(error: number, loss: number): RunEvent {
    const event: RunEvent = { type: 'test', iteration: this.iteration, error, loss };
    this.#testedAt = this.iteration;
    this.#draw(event);
    return event;
  }

  /** What a record says of the training itself. */
  outcome(): Pick<RunResult, 'trainError' | 'trainLoss' | 'warmupEnded' | 'curve'> {
    const { error, loss } = this.#mean(this.#tail);
    return { trainError: error, trainLoss: loss, warmupEnded: this.#warmUp.endedAt, curve: this.curve };
  }

  /** Errors for people who watch, in percent. */
  get current(): { trainError: number | null; testError: number | null } {
    const running = this.#window.iterations > 0 ? this.#mean(this.#window).error : null;
    return {
      trainError: this.curve.train.at(-1)?.error ?? running,
      testError: this.curve.test.at(-1)?.error ?? null,
    };
  }

  #mean({ iterations, errors, loss }: Sums): { error: number; loss: number } {
    return { error: (100 * errors) / (iterations * this.#spec.optimiser.batch), loss: loss / iterations };
  }

  #draw(event: RunEvent): void {
    if (event.type === 'warmupEnded') return;
    const { iteration, error, loss }: CurvePoint = event;
    this.curve[event.type].push({ iteration, error, loss });
  }
}

const nothing: Sums = { iterations: 0, errors: 0, loss: 0 };

function add(sums: Sums, loss: number, errors: number): Sums {
  return { iterations: sums.iterations + 1, errors: sums.errors + errors, loss: sums.loss + loss };
}

function tailIterations({ iterations }: ScheduleSpec): number {
  return Math.max(1, Math.round(iterations / 20));
}
