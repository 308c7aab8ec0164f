import { elements } from '../../ml/graph/ops.ts';
import { partOf } from '../../ml/program.ts';
import type { Session } from '../contract.ts';
import { type Comparison, compare, identical, tolerances } from './comparison.ts';
import { type Problem, problems, programOf, randomBatch, randomState } from './problems.ts';
import { Draw } from './random.ts';
import { both, type ConformanceCase, oracle, type Subject, withSession } from './subject.ts';

/** What reads the state and changes nothing: evaluations against those of the reference, and batch statistics. */
export const evaluationCases: readonly ConformanceCase[] = [
  ...problems.map(p => ({
    rung: 'evaluation' as const,
    name: `predict: ${p.name}`,
    run: (subject: Subject) => predict(subject, p),
  })),
  ...problems.map(p => ({
    rung: 'evaluation' as const,
    name: `responses: ${p.name}`,
    run: (subject: Subject) => responses(subject, p),
  })),
  ...problems.map(p => ({
    rung: 'statistics' as const,
    name: `batch statistics: ${p.name}`,
    run: (subject: Subject) => batchStatistics(subject, p),
  })),
];

/** Logits of one image, of a count that is no multiple of the batch, after a step has moved the state, at another size. */
async function predict(subject: Subject, problem: Problem): Promise<Comparison[]> {
  const program = programOf(problem);
  const draw = new Draw(`predict ${problem.name}`);
  const before = randomState(program, draw);
  const batches = [randomBatch(program, draw), randomBatch(program, draw), randomBatch(program, draw)];
  const images = Float32Array.from(batches.flatMap(b => [...b.images]));
  const imageLength = (size?: number) =>
    elements(program.evaluations.predict.inputs(size).images!.shape.slice(1));
  const first = images.slice(0, imageLength());
  const count = 2 * program.evaluationBatch + 3;
  const full = 2 * program.evaluationBatch * program.network.classes;
  const otherSize = program.imageSize + 5; // odd, so that strides do not divide it
  const larger = draw.normals(2 * imageLength(otherSize));
  const evaluated = async (session: Session, move: () => Promise<unknown>) => {
    await session.setState(before);
    const one = await session.run('predict', { images: first });
    const many = await session.run('predict', { images: images.slice(0, count * first.length) });
    await move();
    const moved = await session.run('predict', { images: first });
    const other = await session.run('predict', { images: larger }, { size: otherSize });
    const after = await session.getState();
    return { one, full: many.slice(0, full), partial: many.slice(full), moved, other, after };
  };
  const received = await withSession(subject, program, session =>
    evaluated(session, () => session.step(batches[0]!, 0.1)),
  );
  // The reference does not take the step: whether it was right is another rung's business.
  const expected = await withSession(oracle, program, session =>
    evaluated(session, () => session.setState(received.after)),
  );
  return [
    compare('logits of one image', received.one, expected.one, tolerances.step),
    compare('logits of full batches', received.full, expected.full, tolerances.step),
    compare('logits of the last, partial batch', received.partial, expected.partial, tolerances.step),
    compare('logits after a step', received.moved, expected.moved, tolerances.step),
    compare('logits at another image size', received.other, expected.other, tolerances.step),
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
    return session.run('responses', { images });
  });
  return program.responseLayers.map((layer, i) => {
    const moments = (all: Float32Array) => all.subarray(2 * i, 2 * i + 2);
    return compare(`response of ${layer}`, moments(received), moments(expected), tolerances.step);
  });
}

/** To the bit what a step that begins with statistics of zero leaves, at whatever rate; and nothing else changes. */
async function batchStatistics(subject: Subject, problem: Problem): Promise<Comparison[]> {
  const program = programOf(problem);
  const draw = new Draw(`batch statistics ${problem.name}`);
  const before = randomState(program, draw);
  const batch = randomBatch(program, draw);
  const { found, kept, left } = await withSession(subject, program, async session => {
    await session.setState(before);
    const found = await session.batchStatistics(batch);
    const kept = await session.getState();
    await session.setState({ ...before, statistics: new Float32Array(before.statistics.length) });
    await session.step(batch, 0);
    return { found, kept, left: (await session.getState()).statistics };
  });
  return [
    ...program.statistics.map(slot => identical(slot.name, partOf(found, slot), partOf(left, slot))),
    identical('parameters afterwards', kept.parameters, before.parameters),
    identical('velocity afterwards', kept.velocity, before.velocity),
    identical('statistics afterwards', kept.statistics, before.statistics),
  ];
}
