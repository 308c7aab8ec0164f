import { initialState } from '../../ml/optim/init.ts';
import { byOneUlp, moves } from '../../ml/optim/ulp.ts';
import type { ModelState, Program } from '../../ml/program.ts';
import { type Comparison, compare, tolerances } from './comparison.ts';
import { type Problem, problems, programOf } from './problems.ts';
import { type ConformanceCase, oracle, type Subject, withSession } from './subject.ts';
import { synthetic } from './training-data.ts';

/** Quick enough for a hundred steps in plain loops. */
const net: Problem = {
  ...problems[0]!,
  name: 'ResNet-8 4/6/10 at 16x16, caffe',
  network: { ...problems[0]!.network, widths: [4, 6, 10] } as Problem['network'],
};

/** How far beyond its own sensitivity to rounding a training may be, and what is allowed where that is nothing. */
const allowed = { factor: 10, least: tolerances.chaos };

/** Training as it really is, kinks included, on real images where there are any. */
export const longTrainingCases: readonly ConformanceCase[] = [
  { rung: 'training', name: `long training: ${net.name}`, run: longTraining },
];

/**
 * Losses against those of the reference. A ReLU that rounding flips moves all that follows, so no fixed tolerance is right:
 * what is allowed at a step is ten times what the reference itself has moved by then when its initial weights are moved by
 * one ULP, in either of two patterns.
 */
async function longTraining(subject: Subject): Promise<Comparison[]> {
  const program = programOf(net, { weightDecay: 1e-4 });
  const start = initialState(program, 1);
  const expected = await losses(oracle, subject, program, start);
  const moved: number[][] = [];
  for (const move of moves) moved.push(await losses(oracle, subject, program, byOneUlp(start, move)));
  const received = await losses(subject, subject, program, start);
  let gap = 0;
  return expected.map((loss, i) => {
    for (const each of moved) gap = Math.max(gap, Math.abs(each[i]! - loss) / Math.abs(loss));
    const tolerance = Math.max(allowed.least, allowed.factor * gap);
    return compare(`loss of step ${i + 1}`, [received[i]!], [loss], tolerance);
  });
}

async function losses(
  runner: Pick<Subject, 'open'>,
  { steps, data = synthetic }: Subject,
  program: Program,
  start: ModelState,
): Promise<number[]> {
  return withSession(runner, program, async session => {
    await session.setState(start);
    const found: number[] = [];
    for (let step = 0; step < steps; step++) {
      const rate = step < steps / 2 ? 0.002 : 0.0002;
      found.push((await session.step(data.batch(program, step), rate)).loss);
    }
    return found;
  });
}
