import type { ModelState, Program } from '../../ml/program.ts';
import { BackendError, type Session } from '../contract.ts';
import { type Comparison, compare, identical, tolerances } from './comparison.ts';
import { type Batch, type Problem, problems, programOf, randomBatch, randomState } from './problems.ts';
import { Draw } from './random.ts';
import { type ConformanceCase, type Subject, withSession } from './subject.ts';

/** The smallest net: what follows does not depend on it. */
const any = problems[2]!;

/** Whose the arrays are, what lasts between calls, and what is refused: the rules of `Session`. */
export const ownershipCases: readonly ConformanceCase[] = [
  ...problems.map(p => ({
    rung: 'state' as const,
    name: `state: ${p.name}`,
    run: (subject: Subject) => state(subject, p),
  })),
  { rung: 'ownership', name: `ownership: ${any.name}`, run: ownership },
  { rung: 'ownership', name: `refusals: ${any.name}`, run: refusals },
  { rung: 'ownership', name: `closing: ${any.name}`, run: closing },
];

/** States go in and out unchanged, bit for bit, and nothing but a step changes them. */
async function state(subject: Subject, problem: Problem): Promise<Comparison[]> {
  const { program, before, batches } = setting(`state ${problem.name}`, problem);
  const [first, second] = batches;
  const moved = await withSession(subject, program, async session => {
    const given = clone(before);
    await session.setState(given);
    overwrite(...Object.values(given));
    const returned = await session.getState();
    const seen = clone(returned);
    overwrite(...Object.values(returned));
    await evaluateAll(session, first);
    const kept = await session.getState();
    await session.step(first, 0.1);
    const checkpoint = await session.getState();
    const { loss } = await session.step(second, 0.1);
    return { seen, kept, checkpoint, loss, end: await session.getState() };
  });
  const resumed = await withSession(subject, program, async session => {
    await session.setState(moved.checkpoint);
    const { loss } = await session.step(second, 0.1);
    return { loss, end: await session.getState() };
  });
  return [
    ...states('as set', moved.seen, before, identical),
    ...states('after evaluation', moved.kept, before, identical),
    compare('loss of a step after resuming', [resumed.loss], [moved.loss], tolerances.exact),
    ...states('of a step after resuming', resumed.end, moved.end, closely),
  ];
}

/** A caller that uses one batch's arrays again and writes into what it gets sees what a careful one sees. */
async function ownership(subject: Subject): Promise<Comparison[]> {
  const { program, before, batches } = setting('ownership', any);
  const [first, second] = batches;
  const careful = await withSession(subject, program, async session => {
    await session.setState(before);
    const results = [...(await evaluateAll(session, first)), (await session.step(first, 0.1)).logits];
    const seen = results.map(result => result.slice());
    await evaluateAll(session, second);
    const { loss } = await session.step(second, 0.1);
    return { results, seen, loss, end: await session.getState() };
  });
  const reused: Batch = { images: first.images.slice(), labels: first.labels.slice() };
  const careless = await withSession(subject, program, async session => {
    await session.setState(before);
    overwrite(...(await evaluateAll(session, reused)), (await session.step(reused, 0.1)).logits);
    const untouched = reused.images.slice();
    reused.images.set(second.images);
    reused.labels.set(second.labels);
    const { loss } = await session.step(reused, 0.1);
    return { untouched, loss, end: await session.getState() };
  });
  const names = ['logits of predict', 'responses', 'batch statistics', 'logits of a step'];
  return [
    ...names.map((name, i) => identical(`${name} after later calls`, careful.results[i]!, careful.seen[i]!)),
    identical('images handed over', careless.untouched, first.images),
    compare('loss with arrays used again', [careless.loss], [careful.loss], tolerances.exact),
    ...states('with arrays used again', careless.end, careful.end, closely),
  ];
}

/** What cannot be computed is a `BackendError` that names what is wrong, and changes nothing. */
async function refusals(subject: Subject): Promise<Comparison[]> {
  const { program, before, batches } = setting('refusals', any);
  const [{ images, labels }] = batches;
  const short = images.subarray(1);
  return withSession(subject, program, async session => {
    const withoutState = [
      await refused('a step without a state', 'state', () => session.step({ images, labels }, 0.1)),
      await refused('an evaluation without a state', 'state', () => session.run('predict', { images })),
    ];
    await session.setState(before);
    const cut = { ...before, velocity: before.velocity.subarray(1) };
    const wrong = [
      await refused('a step without labels', 'labels', () => session.step({ images }, 0.1)),
      await refused('a step on fewer pixels', 'images', () => session.step({ images: short, labels }, 0.1)),
      await refused('labels that are not integers', 'labels', () =>
        session.step({ images, labels: Float32Array.from(labels) }, 0.1),
      ),
      await refused('a label that is no class', 'labels', () =>
        session.step({ images, labels: labels.with(0, program.network.classes) }, 0.1),
      ),
      await refused('statistics of fewer labels', 'labels', () =>
        session.batchStatistics({ images, labels: labels.subarray(1) }),
      ),
      await refused('a part of an image', 'images', () => session.run('predict', { images: short })),
      await refused('responses to a part of a batch', 'images', () =>
        session.run('responses', { images: short }),
      ),
      await refused('a state of another length', 'velocity', () => session.setState(cut)),
    ];
    return [...withoutState, ...wrong, ...states('afterwards', await session.getState(), before, identical)];
  });
}

/** Closing again does nothing; anything else is refused from then on. */
async function closing(subject: Subject): Promise<Comparison[]> {
  const { program, before, batches } = setting('closing', any);
  const [batch] = batches;
  const session = await subject.open(program);
  await session.setState(before);
  await session.step(batch, 0.1);
  await session.close();
  await session.close();
  const calls = {
    setState: () => session.setState(before),
    getState: () => session.getState(),
    step: () => session.step(batch, 0.1),
    run: () => session.run('predict', { images: batch.images }),
    batchStatistics: () => session.batchStatistics(batch),
  };
  const comparisons: Comparison[] = [];
  for (const [name, call] of Object.entries(calls)) {
    comparisons.push(await refused(`${name} after close`, 'closed', call));
  }
  return comparisons;
}

function setting(name: string, problem: Problem) {
  const program: Program = programOf(problem);
  const draw = new Draw(name);
  const before = randomState(program, draw);
  const batches: [Batch, Batch] = [randomBatch(program, draw), randomBatch(program, draw)];
  return { program, before, batches };
}

/** All that a session computes without changing its state. */
async function evaluateAll(session: Session, batch: Batch): Promise<Float32Array[]> {
  const { images } = batch;
  return [
    await session.run('predict', { images }),
    await session.run('responses', { images }),
    await session.batchStatistics(batch),
  ];
}

/** 0 where a call fails with a `BackendError` that says the word, else 1. */
async function refused(what: string, word: string, call: () => Promise<unknown>): Promise<Comparison> {
  try {
    await call();
  } catch (error) {
    const explained = error instanceof BackendError && error.message.includes(word);
    return { what, kind: 'rule', error: explained ? 0 : 1, tolerance: 0 };
  }
  return { what, kind: 'rule', error: 1, tolerance: 0 };
}

function states(what: string, a: ModelState, b: ModelState, compareAs: typeof identical): Comparison[] {
  return (['parameters', 'velocity', 'statistics'] as const).map(k => compareAs(`${k} ${what}`, a[k], b[k]));
}

function closely(what: string, received: Float32Array, expected: Float32Array): Comparison {
  return compare(what, received, expected, tolerances.exact);
}

function clone(state: ModelState): ModelState {
  const { parameters, velocity, statistics } = state;
  return { parameters: parameters.slice(), velocity: velocity.slice(), statistics: statistics.slice() };
}

function overwrite(...vectors: Float32Array[]): void {
  for (const vector of vectors) vector.fill(7);
}
