import { countNetwork } from '../../ml/nets/counts.ts';
import { type ModelState, type Program, partOf, type Slot } from '../../ml/program.ts';
import { type Comparison, compare, tolerances } from './comparison.ts';
import {
  type Batch,
  type Problem,
  problems,
  programOf,
  randomBatch,
  randomState,
  smoothBatch,
  smoothPoint,
} from './problems.ts';
import { Draw } from './random.ts';
import { both, type ConformanceCase, oracle, type Subject, withSession } from './subject.ts';

/** Besides 16: fewer than a block of any vector unit, and more that are no whole number of blocks. */
const batches = [3, 12, 20, 40];

/** Single steps against those of the reference. */
export const stepCases: readonly ConformanceCase[] = [
  ...problems.map(p => ({
    rung: 'step' as const,
    name: `step: ${p.name}`,
    run: (subject: Subject) => step(subject, p),
  })),
  ...batches.map(batch => ({
    rung: 'step' as const,
    name: `step: ${problems[0]!.name}, batch ${batch}`,
    run: (subject: Subject) => step(subject, problems[0]!, batch),
  })),
];

/** Steps of a batch that replicas share, for backends that have them: each normalises its own part. */
export const replicaCases: readonly ConformanceCase[] = [problems[0]!, problems[5]!].flatMap(p =>
  [2, 4].map(replicas => ({
    rung: 'step' as const,
    name: `step: ${p.name}, shared by ${replicas} replicas`,
    run: (subject: Subject) => step(subject, p, 16, replicas),
  })),
);

/** Those of which plain loops can train many steps in seconds. */
const small = problems.filter(p => countNetwork(p.network, p.imageSize).multiplyAdds < 4e5);

/** Whole trainings against those of the reference. */
export const trainingCases: readonly ConformanceCase[] = small.map(p => ({
  rung: 'training',
  name: `training: ${p.name}`,
  run: (subject: Subject) => training(subject, p),
}));

/**
 * One step, compared in the order of its computation: running statistics tell the layer at which the forward pass
 * departs, gradients (taken from the change of the velocity, last layer first) the one of the backward pass.
 */
async function step(subject: Subject, problem: Problem, images = 16, replicas = 1): Promise<Comparison[]> {
  const rate = 0.1;
  const program = programOf(problem, { batch: images, replicas });
  const { state: before, batch } = smoothPoint(program, `step ${problem.name}`);
  const [received, expected] = await both(subject, program, async session => {
    await session.setState(before);
    const result = await session.step(batch, rate);
    return { ...result, after: await session.getState() };
  });
  const statistics = program.statistics.map(slot => {
    const next = partOf(expected.after.statistics, slot);
    const change = minus(next, partOf(before.statistics, slot));
    return compare(slot.name, partOf(received.after.statistics, slot), next, tolerances.step, change);
  });
  const deep = 'block' in problem.network && problem.network.block === 'bottleneck';
  const allowed = deep
    ? { gradient: tolerances.bottleneck, parameters: tolerances.step } // here an update is up to 0.45 of them
    : { gradient: tolerances.step, parameters: tolerances.parameters };
  const gradients = program.parameters.map(slot => {
    const gradient = (after: ModelState) => gradientOf(program, before, after, slot, rate);
    return compare(
      `gradient of ${slot.name}`,
      gradient(received.after),
      gradient(expected.after),
      allowed.gradient,
    );
  });
  const parameters = program.parameters.map(slot => {
    const updated = ({ parameters }: ModelState) => partOf(parameters, slot);
    return compare(
      `updated ${slot.name}`,
      updated(received.after),
      updated(expected.after),
      allowed.parameters,
    );
  });
  return [
    ...statistics,
    compare('logits', received.logits, expected.logits, tolerances.step),
    compare('loss', [received.loss], [expected.loss], tolerances.step),
    ...gradients.reverse(),
    ...parameters,
  ];
}

/**
 * Losses of a training whose rate drops half way, on batches that keep the reference away from every kink; the first
 * loss outside the tolerance names the step.
 */
async function training(subject: Subject, problem: Problem): Promise<Comparison[]> {
  const program = programOf(problem);
  const draw = new Draw(`training ${problem.name}`);
  const start = await fitted(problem, randomState(program, draw), randomBatch(program, draw));
  const steps = Math.min(subject.steps, 20); // each takes a search for a batch that is far from every kink
  const rate = (step: number) => (step < steps / 2 ? 0.02 : 0.002);
  const batches: Batch[] = [];
  const expected = await withSession(oracle, program, async session => {
    await session.setState(start);
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      batches.push(smoothBatch(program, await session.getState(), draw, 1e-5));
      losses.push((await session.step(batches[i]!, rate(i))).loss);
    }
    return losses;
  });
  const received = await withSession(subject, program, async session => {
    await session.setState(start);
    const losses: number[] = [];
    for (const [i, batch] of batches.entries()) losses.push((await session.step(batch, rate(i))).loss);
    return losses;
  });
  return expected.map((loss, i) =>
    compare(`loss of step ${i + 1}`, [received[i]!], [loss], tolerances.training),
  );
}

/**
 * A state with the running statistics of a batch, as training makes them. A backend may subtract the running mean
 * before it squares; one that has nothing to do with the batch costs it a digit, which is more ReLUs flipped.
 */
async function fitted(problem: Problem, state: ModelState, batch: Batch): Promise<ModelState> {
  const { epsilon } = problem.network.batchNorm;
  const network = { ...problem.network, batchNorm: { epsilon, momentum: 1 } };
  return withSession(oracle, programOf({ ...problem, network }), async session => {
    await session.setState(state);
    await session.step(batch, 0);
    return { ...state, statistics: (await session.getState()).statistics };
  });
}

/** The gradient that moved a velocity, weight decay taken off (see `SgdSpec`). */
function gradientOf(
  program: Program,
  before: ModelState,
  after: ModelState,
  slot: Slot,
  rate: number,
): Float64Array {
  const { momentum, weightDecay, form } = program.sgd;
  const [p, v, next] = [
    partOf(before.parameters, slot),
    partOf(before.velocity, slot),
    partOf(after.velocity, slot),
  ];
  const divisor = form === 'caffe' ? rate : 1;
  return Float64Array.from(next, (_, i) => (next[i]! - momentum * v[i]!) / divisor - weightDecay * p[i]!);
}

function minus(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - b[i]!);
}
