import type { Feeds, Session, StepOutputs } from '../../backends/contract.ts';
import { initialState } from '../../ml/optim/init.ts';
import type { ModelState, Program } from '../../ml/program.ts';
import { TrainingLog } from '../execute/log.ts';
import type { TrainIdentity } from '../record/types.ts';
import { feedsFor } from '../tasks/feeds.ts';
import type { TrainingWork } from '../tasks/task.ts';

/** A training that any engine can be put through: the same start, the same batches, the same rule for the rates. */
export interface Course {
  readonly program: Program;
  readonly start: ModelState;
  readonly steps: number;
  /** Writes the batch of a step, counted from 0. */
  fill(step: number, feeds: BatchArrays): void | Promise<void>;
  /** The learning rates of one training: they may depend on how it goes. */
  rates(): Rates;
}

/** Arrays of a batch; they may be filled again after each step. */
export type BatchArrays = ReturnType<typeof feedsFor>;

/** The learning rate of the next step, told what each step gave. */
export interface Rates {
  readonly next: number;
  stepped(outputs: StepOutputs, feeds: BatchArrays): void;
}

/** The first steps of the training that an identity asks for. */
export function courseOf({ spec, seed }: TrainIdentity, work: TrainingWork, steps: number): Course {
  return {
    program: work.program,
    start: work.initial ?? initialState(work.program, seed),
    steps: Math.min(steps, spec.schedule.iterations),
    fill: (step, feeds) => work.batches.fill(step, feeds),
    rates() {
      const log = new TrainingLog(spec, work);
      return {
        get next() {
          return log.learningRate;
        },
        stepped: (outputs, feeds) => void log.stepped(work.observe(outputs, feeds)),
      };
    },
  };
}

/** A step that a session has taken. */
export interface Step {
  /** From 1 on. */
  step: number;
  rate: number;
  loss: number;
  /** The batch; it is the caller's until the next step is asked for. */
  feeds: Feeds;
}

/** Takes a session along a course, from a start of its own where one is given. */
export async function* follow(
  session: Session,
  course: Course,
  { start = course.start, steps = course.steps }: { start?: ModelState; steps?: number } = {},
): AsyncGenerator<Step, void, void> {
  const feeds = feedsFor(course.program);
  const rates = course.rates();
  await session.setState(start);
  for (let step = 1; step <= steps; step++) {
    await course.fill(step - 1, feeds);
    const rate = rates.next;
    const outputs = await session.step(feeds, rate);
    rates.stepped(outputs, feeds);
    yield { step, rate, loss: outputs.loss, feeds };
  }
}
