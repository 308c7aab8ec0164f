import { countNetwork } from '../../ml/nets/counts.ts';
import type { Program, Slot } from '../../ml/program.ts';
import type { Batch, ModelState, Session } from '../contract.ts';
import { reference } from '../reference/index.ts';
import { type Comparison, compare, identical, tolerances } from './comparison.ts';
import {
  type Problem,
  problems,
  programOf,
  randomBatch,
  randomState,
  smoothBatch,
  smoothPoint,
} from './problems.ts';
import { Draw } from './random.ts';
import { type ConformanceCase, type Subject, withSession } from './subject.ts';

/** Those of which plain loops can train many steps in seconds. */
const small = problems.filter(p => countNetwork(p.network, p.imageSize).multiplyAdds < 4e5);

/** Besides 16: fewer than a block of any vector unit, and more that are no whole number of blocks. */
const batches = [3, 12, 20, 40];

/** A backend's sessions against those of the reference, from the single step to whole trainings. */
export const sessionCases: readonly ConformanceCase[] = [
  ...problems.map(p => ({ name: `step: ${p.name}`, run: (subject: Subject) => step(subject, p) })),
  ...batches.map(batch => ({
    name: `step: ${problems[0]!.name}, batch ${batch}`,
    run: (subject: Subject) => step(subject, problems[0]!, batch),
  })),
  ...problems.map(p => ({ name: `predict: ${p.name}`, run: (subject: Subject) => predict(subject, p) })),
  ...problems.map(p => ({ name: `responses: ${p.name}`, run: (subject: Subject) => responses(subject, p) })),
  ...problems.map(p => ({ name: `state: ${p.name}`, run: (subject: Subject) => state(subject, p) })),
  ...small.map(p => ({ name: `training: ${p.name}`, run: (subject: Subject) => training(subject, p) })),
];

/**
 * One step, compared in the order of its computation: running statistics tell the layer at which the forward pass
 * departs, gradients (taken from the change of the velocity, last layer first) the one of the backward pass.
 */
async function step(subject: Subject, problem: Problem, images = 16): Promise<Comparison[]> {
  const rate = 0.1;
  const program = programOf(problem, { batch: images });
  const { state: before, batch } = smoothPoint(program, `step ${problem.name}`);
  const [received, expected] = await both(subject, program, async session => {
    await session.setState(before);
    const result = await session.trainStep(batch, rate);
    return { ...result, after: await session.getState() };
  });
  const statistics = program.statistics.map(slot => {
    const next = part(expected.after.statistics, slot);
    const change = minus(next, part(before.statistics, slot));
    return compare(slot.name, part(received.after.statistics, slot), next, tolerances.step, change);
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
    const updated = ({ parameters }: ModelState) => part(parameters, slot);
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
  const rate = (step: number) => (step < subject.steps / 2 ? 0.02 : 0.002);
  const batches: Batch[] = [];
  const expected = await withSession(oracle, program, async session => {
    await session.setState(start);
    const losses: number[] = [];
    for (let i = 0; i < subject.steps; i++) {
      batches.push(smoothBatch(program, await session.getState(), draw, 1e-5));
      losses.push((await session.trainStep(batches[i]!, rate(i))).loss);
    }
    return losses;
  });
  const received = await withSession(subject, program, async session => {
    await session.setState(start);
    const losses: number[] = [];
    for (const [i, batch] of batches.entries()) losses.push((await session.trainStep(batch, rate(i))).loss);
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
    await session.trainStep(batch, 0);
    return { ...state, statistics: (await session.getState()).statistics };
  });
}

/** Logits of one image, of a count that is no multiple of the batch, after a step has moved the state, at another size. */
async function predict(subject: Subject, problem: Problem): Promise<Comparison[]> {
  const program = programOf(problem);
  const draw = new Draw(`predict ${problem.name}`);
  const before = randomState(program, draw);
  const batches = [randomBatch(program, draw), randomBatch(program, draw), randomBatch(program, draw)];
  const images = Float32Array.from(batches.flatMap(b => [...b.images]));
  const size = images.length / (3 * program.evaluationBatch);
  const count = 2 * program.evaluationBatch + 3;
  const full = 2 * program.evaluationBatch * program.network.classes;
  const otherSize = program.imageSize + 5; // odd, so that strides do not divide it
  const larger = draw.normals(2 * 3 * otherSize ** 2);
  const [received, expected] = await both(subject, program, async session => {
    await session.setState(before);
    const one = await session.predict(images.slice(0, size), 1);
    const many = await session.predict(images.slice(0, count * size), count);
    await session.trainStep(batches[0]!, 0.1);
    const moved = await session.predict(images.slice(0, size), 1);
    const other = await session.predict(larger, 2, otherSize);
    return { one, full: many.slice(0, full), partial: many.slice(full), moved, other };
  });
  return [
    compare('logits of one image', received.one, expected.one, tolerances.step),
    compare('logits of full batches', received.full, expected.full, tolerances.step),
    compare('logits of the last, partial batch', received.partial, expected.partial, tolerances.step),
    compare('logits after a step', received.moved, expected.moved, tolerances.training),
    compare('logits at another image size', received.other, expected.other, tolerances.training),
  ];
}

/** Mean and mean of squares of each layer's responses, in network order. */
async function responses(subject: Subject, problem: Problem): Promise<Comparison[]> {
  const program = programOf(problem);
  const draw = new Draw(`responses ${problem.name}`);
  const before = randomState(program, draw);
  const { images } = randomBatch(program, draw);
  const [received, expected] = await both(subject, program, async session => {
    await session.setState(before);
    return session.responses(images);
  });
  return program.responseLayers.map((layer, i) => {
    const moments = (all: Float32Array) => all.subarray(2 * i, 2 * i + 2);
    return compare(`response of ${layer}`, moments(received), moments(expected), tolerances.step);
  });
}

/** States go in and out unchanged, bit for bit, and nothing but a step changes them. */
async function state(subject: Subject, problem: Problem): Promise<Comparison[]> {
  const program = programOf(problem);
  const draw = new Draw(`state ${problem.name}`);
  const before = randomState(program, draw);
  const [first, second] = [randomBatch(program, draw), randomBatch(program, draw)];
  const moved = await withSession(subject, program, async session => {
    const given = clone(before);
    await session.setState(given);
    overwrite(given);
    const returned = await session.getState();
    const seen = clone(returned);
    overwrite(returned);
    await session.predict(first.images, program.evaluationBatch);
    await session.responses(first.images);
    const kept = await session.getState();
    await session.trainStep(first, 0.1);
    const checkpoint = await session.getState();
    const { loss } = await session.trainStep(second, 0.1);
    return { seen, kept, checkpoint, loss, end: await session.getState() };
  });
  const resumed = await withSession(subject, program, async session => {
    await session.setState(moved.checkpoint);
    const { loss } = await session.trainStep(second, 0.1);
    return { loss, end: await session.getState() };
  });
  const each = (what: string, a: ModelState, b: ModelState, compareAs: typeof identical) =>
    (['parameters', 'velocity', 'statistics'] as const).map(k => compareAs(`${k} ${what}`, a[k], b[k]));
  const closely: typeof identical = (what, a, b) => compare(what, a, b, tolerances.exact);
  return [
    ...each('as set', moved.seen, before, identical),
    ...each('after evaluation', moved.kept, before, identical),
    compare('loss of a step after resuming', [resumed.loss], [moved.loss], tolerances.exact),
    ...each('of a step after resuming', resumed.end, moved.end, closely),
  ];
}

const oracle: Pick<Subject, 'open'> = { open: program => reference.open(program, { threads: 1 }) };

/** The same work on the subject and on the reference. */
async function both<T>(
  subject: Subject,
  program: Program,
  work: (session: Session) => Promise<T>,
): Promise<[received: T, expected: T]> {
  return [await withSession(subject, program, work), await withSession(oracle, program, work)];
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
    part(before.parameters, slot),
    part(before.velocity, slot),
    part(after.velocity, slot),
  ];
  const divisor = form === 'caffe' ? rate : 1;
  return Float64Array.from(next, (_, i) => (next[i]! - momentum * v[i]!) / divisor - weightDecay * p[i]!);
}

function part(vector: Float32Array, { offset, size }: Slot): Float32Array {
  return vector.subarray(offset, offset + size);
}

function minus(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - b[i]!);
}

function clone(state: ModelState): ModelState {
  const { parameters, velocity, statistics } = state;
  return { parameters: parameters.slice(), velocity: velocity.slice(), statistics: statistics.slice() };
}

function overwrite({ parameters, velocity, statistics }: ModelState): void {
  for (const vector of [parameters, velocity, statistics]) vector.fill(7);
}
