import { networkName } from '../../ml/nets/spec.ts';
import type { ModelState } from '../../ml/program.ts';
import { type Comparison, compare, firstDeparture, identical, tolerances } from './comparison.ts';
import { problems, programOf, randomBatch, randomState } from './problems.ts';
import { Draw } from './random.ts';
import { type ConformanceCase, withSession } from './subject.ts';

const steps = 20;

const problem = problems[2]!;

/** Trainings that are interrupted. */
export const resumeCases: readonly ConformanceCase[] = (['pytorch', 'caffe'] as const).map(form => ({
  rung: 'resume',
  name: `resume: ${networkName(problem.network)}, ${form}`,
  async run(subject) {
    const program = programOf(problem, { form });
    const draw = new Draw(`resume ${form}`);
    const start = randomState(program, draw);
    const batches = Array.from({ length: steps }, () => randomBatch(program, draw));
    const train = (state: ModelState, from: number, to: number): Promise<Trained> =>
      withSession(subject, program, async session => {
        await session.setState(state);
        const losses: number[] = [];
        for (let i = from; i < to; i++) {
          losses.push((await session.step(batches[i]!, i < steps / 2 ? 0.02 : 0.002)).loss);
        }
        return { losses, end: await session.getState() };
      });
    return compareRuns(train, start);
  },
}));

/** What a training came to. */
interface Trained {
  losses: number[];
  end: ModelState;
}

/**
 * A state holds all that a training goes on from: resumed, it ends in the same bits. On an engine that does not repeat
 * itself to the bit, which two runs at once tell, it ends as near as rounding lets it.
 */
async function compareRuns(
  train: (state: ModelState, from: number, to: number) => Promise<Trained>,
  start: ModelState,
): Promise<Comparison[]> {
  const straight = await train(start, 0, steps);
  const again = await train(start, 0, steps);
  const repeats = firstDeparture(compared(again, straight, 0, identical)) === null;
  const half = await train(start, 0, steps / 2);
  const resumed = await train(half.end, steps / 2, steps);
  return compared(resumed, straight, steps / 2, repeats ? identical : closely);
}

function compared(a: Trained, b: Trained, from: number, compareAs: typeof identical): Comparison[] {
  return [
    ...a.losses.map((loss, i) =>
      compareAs(
        `loss of step ${from + i + 1}`,
        Float32Array.of(loss),
        Float32Array.of(b.losses.slice(-a.losses.length)[i]!),
      ),
    ),
    ...(['parameters', 'velocity', 'statistics'] as const).map(name =>
      compareAs(`${name} after step ${steps}`, a.end[name], b.end[name]),
    ),
  ];
}

function closely(what: string, received: Float32Array, expected: Float32Array): Comparison {
  return compare(what, received, expected, tolerances.training);
}
