import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../ml/graph/graph.ts';
import { conformanceCases, formatReport, runConformance } from '../conformance/conformance.ts';
import { problems, programOf, randomBatch, randomState } from '../conformance/problems.ts';
import { Draw } from '../conformance/random.ts';
import { runGraph64 } from '../reference/run-graph.ts';
import { tfjs } from './index.ts';
import { loadEngine } from './load.ts';

const probe = await tfjs.probe();
if (!probe.available) console.warn(`tfjs: skipped, ${probe.missing}; to enable it: ${probe.fix}`);

/** The engines that are set up; the one that the probe prefers goes through the whole suite. */
const preferred = probe.available ? probe.variant : 'none';
const engines = probe.available ? tfjs.capabilities.variants.slice(variantAt(preferred)) : [];
const others = engines.filter(each => each !== preferred);

/** Large nets take plain JavaScript minutes. */
const quick = (name: string) => /^operator|^known answer/.test(name);

const program = programOf(problems[2]!);
const draw = new Draw('tfjs');
const state = randomState(program, draw);
const batches = [randomBatch(program, draw), randomBatch(program, draw)];

describe.skipIf(!probe.available)('tfjs', { timeout: 600_000 }, () => {
  it(`agrees with the reference on every rung: ${preferred}`, async () => {
    const report = await runConformance(tfjs, { steps: 6 });
    expect(report.passed, formatReport(report)).toBe(true);
    expect(report.variant).toBe(preferred);
  });

  it.each(others)('agrees with the reference in every operator and known answer: %s', async variant => {
    const report = await runConformance(tfjs, { variant, steps: 6, only: quick });
    expect(report.passed, formatReport(report)).toBe(true);
    expect(report.results).toHaveLength(
      conformanceCases({ runGraph: async () => new Map(), only: quick }).length,
    );
  });

  it.each(engines)('frees every tensor that it makes: %s', async variant => {
    const { tf } = await loadEngine({ threads: 1, variant });
    const before = tf.memory().numTensors;
    const session = await tfjs.open(program, { threads: 1, variant });
    await session.setState(state);
    const open = tf.memory().numTensors;
    expect(open).toBe(before + 3);
    for (const batch of batches) {
      await session.step(batch, 0.1);
      await session.run('predict', batch);
      await session.run('responses', batch);
      await session.batchStatistics(batch);
      await session.getState();
      expect(tf.memory().numTensors).toBe(open);
    }
    await session.setState(state);
    expect(tf.memory().numTensors).toBe(open);
    await session.close();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(engines)('gives the same bits twice, and engines do not disturb each other: %s', async variant => {
    const [one, two] = await Promise.all([
      tfjs.open(program, { threads: 1, variant }),
      tfjs.open(program, { threads: 1, variant: 'javascript' }),
    ]);
    const train = async (between: () => Promise<unknown>) => {
      await one.setState(state);
      for (const batch of batches) {
        await one.step(batch, 0.1);
        await between();
      }
      return one.getState();
    };
    await two.setState(state);
    const alone = await train(async () => {});
    expect(await train(() => two.step(batches[0]!, 0.1))).toEqual(alone);
    await one.close();
    await two.close();
  });

  /** As a strided convolution this ends the process, or gives other numbers each time (TensorFlow 2.21, oneDNN, AVX2). */
  it.each(engines)(
    'has the weight gradient of a strided 1x1 convolution of few channels: %s',
    async variant => {
      const graph = new Graph();
      const x = graph.input('images', 'x', [16, 4, 8, 8]);
      const dy = graph.input('images', 'dy', [16, 8, 4, 4]);
      const { dw } = graph.apply(
        'convWeightGradient',
        { x, dy },
        { stride: 2, pad: 0, kernel: [1, 1] },
        'conv',
      );
      const feeds = new Map(
        [x, dy].map(({ id, shape }) => [id, draw.normals(shape.reduce((a, b) => a * b))]),
      );
      const expected = runGraph64(graph, feeds).get(dw.id)!;
      for (let again = 0; again < 6; again++) {
        const found = (await tfjs.runGraph!(graph, feeds, { threads: 1, variant })).get(dw.id)!;
        for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
      }
    },
  );

  /** If results are meant to change: raise `numerics` in index.ts and put the new values here. */
  const golden = {
    numerics: 1,
    digests: { wasm: '75800d5b4a139d35', javascript: 'cb26b13be9aad763' },
  };

  it.each(['wasm', 'javascript'] as const)(
    'has the first steps of this version of the numerics: %s',
    async variant => {
      const own = new Draw('golden');
      const session = await tfjs.open(program, { threads: 1, variant });
      await session.setState(randomState(program, own));
      for (let step = 0; step < 3; step++) await session.step(randomBatch(program, own), 0.05);
      const hash = createHash('sha256');
      const { parameters, velocity, statistics } = await session.getState();
      for (const vector of [parameters, velocity, statistics]) hash.update(vector);
      await session.close();
      const found = { numerics: tfjs.numerics, digest: hash.digest('hex').slice(0, 16) };
      expect(found).toEqual({ numerics: golden.numerics, digest: golden.digests[variant] });
    },
  );

  it('has no GPU but through TensorFlow', async () => {
    const open = tfjs.open(program, { threads: 1, device: 'cuda', variant: 'wasm' });
    await expect(open).rejects.toMatchObject({
      message: 'the variant wasm computes on the cpu only',
      fix: '--device cpu',
    });
  });
});

function variantAt(name: string): number {
  return (tfjs.capabilities.variants as readonly string[]).indexOf(name);
}
