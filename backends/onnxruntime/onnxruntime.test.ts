import { describe, expect, it } from 'vitest';
import { Graph, type InputKind, type Value } from '../../ml/graph/graph.ts';
import { elements, type Shape } from '../../ml/graph/ops.ts';
import { compare, firstDeparture, tolerances } from '../conformance/comparison.ts';
import { conformanceCases, formatReport, runConformance } from '../conformance/conformance.ts';
import { Draw } from '../conformance/random.ts';
import type { RunGraph } from '../conformance/subject.ts';
import { runGraph64 } from '../reference/run-graph.ts';
import { exampleBatch, exampleProgram, exampleState } from './examples.ts';
import { onnxruntime } from './index.ts';
import { standardOn } from './lowering/accelerated.ts';
import { blocked } from './lowering/blocked.ts';
import { BlockedBuilder } from './lowering/kernels.ts';
import { standard } from './lowering/standard.ts';
import { createSession } from './onnx-session.ts';
import { checkBlocked, examine } from './probe.ts';
import { runGraph } from './run-graph.ts';
import { threadsFor } from './threads.ts';

const { block, lowering: available } = await examine();
const program = exampleProgram({ imageSize: 8, batch: 4 });

describe.each(onnxruntime.capabilities.variants)('%s lowering', lowering => {
  const skipped = lowering === 'blocked' && available !== 'blocked';

  it.skipIf(skipped)(
    'agrees with the reference in every operator, step and training',
    async () => {
      const report = await runConformance(onnxruntime, {
        variant: lowering,
        steps: 6,
        runGraph: (graph, feeds) =>
          lowering === 'blocked' ? runGraph(graph, feeds, blocked(block)) : runGraph(graph, feeds, standard),
      });
      expect(report.passed, formatReport(report)).toBe(true);
      expect(report.results).toHaveLength(conformanceCases({ runGraph: async () => new Map() }).length);
    },
    300_000,
  );

  it.skipIf(skipped)('continues from a state of the other lowering', async () => {
    const [one, other] = await Promise.all(
      [lowering, lowering === 'blocked' && available === 'blocked' ? 'standard' : lowering].map(name =>
        onnxruntime.open(program, { threads: 1, variant: name }),
      ),
    );
    const state = exampleState(program);
    await one!.setState(state);
    expect(await one!.getState()).toEqual(state);
    await one!.step(exampleBatch(program, 0), 0.1);
    await other!.setState(await one!.getState());
    const batch = exampleBatch(program, 1);
    const [a, c] = [await one!.step(batch, 0.1), await other!.step(batch, 0.1)];
    expect(Math.abs(a.loss - c.loss)).toBeLessThan(1e-5 * a.loss);
    await Promise.all([one!.close(), other!.close()]);
  });

  it.skipIf(skipped)('predicts any number of images as it predicts each', async () => {
    const session = await onnxruntime.open(program, { threads: 1, variant: lowering });
    await session.setState(exampleState(program));
    const { images } = exampleBatch(exampleProgram({ imageSize: 8, batch: 9 }), 0);
    const together = await session.run('predict', { images });
    const pixels = images.length / 9;
    for (const i of [0, 5, 8]) {
      const alone = await session.run('predict', { images: images.subarray(i * pixels, (i + 1) * pixels) });
      expect(alone).toEqual(together.subarray(i * 10, (i + 1) * 10));
    }
    await session.close();
  });
});

it('what a card is given is the same computation, in nodes of few tensors', async () => {
  const info = { backend: 'onnxruntime', version: '', variant: 'standard', hardware: '', threads: 1 };
  const states = [];
  for (const lowering of [standard, standardOn('webgpu')]) {
    const session = await createSession(program, { ...info, device: 'cpu' }, lowering);
    await session.setState(exampleState(program));
    await session.step(exampleBatch(program, 0), 0.1);
    states.push(await session.getState());
    await session.close();
  }
  expect(states[1]).toEqual(states[0]);
});

it.each(onnxruntime.capabilities.variants)(
  'a bias has the same gradient on more threads than it has channels: %s',
  async lowering => {
    if (lowering === 'blocked' && available !== 'blocked') return;
    const graph = new Graph();
    const dy = graph.input('images', 'dy', [4, 4, 32, 32]);
    const { db } = graph.apply('biasGradient', { dy }, {}, 'bias');
    const feeds = new Map([[dy.id, new Draw('bias').normals(elements(dy.shape))]]);
    const found = [1, 2, 8].map(async threads =>
      (await onnxruntime.runGraph!(graph, feeds, { threads, variant: lowering })).get(db.id),
    );
    const [one, ...more] = await Promise.all(found);
    for (const each of more) expect(each).toEqual(one);
  },
);

it.skipIf(available !== 'blocked').each([
  [64, 2 * block],
  [128, 4 * block],
])(
  'weights have the same gradient on any number of threads: %i images of %i channels',
  async (images, channels) => {
    const graph = new Graph();
    const x = graph.input('images', 'x', [images, channels, 8, 8]);
    const dy = graph.input('images', 'dy', [images, channels, 8, 8]);
    const { dw } = graph.apply(
      'convWeightGradient',
      { x, dy },
      { stride: 1, pad: 1, kernel: [3, 3] },
      'conv',
    );
    const feeds = new Map([x, dy].map(each => [each.id, new Draw(each.name).normals(elements(each.shape))]));
    const found = [];
    for (const threads of [1, 2, 3, 8])
      found.push((await onnxruntime.runGraph!(graph, feeds, { threads, variant: 'blocked' })).get(dw.id));
    for (const each of found.slice(1)) expect(each).toEqual(found[0]);
  },
);

// Of each the numbers of threads that it may have of 64, and that are known to give other bits if it gets more.
it.each([
  ['dense', [256, 2048], [1000, 2048], 12],
  ['dense', [4, 25], [400, 25], 64],
  ['dense', [32, 300], [70, 300], 1],
  ['denseInputGradient', [32, 300], [300, 1000], 12],
  ['denseInputGradient', [64, 512], [512, 96], 1],
  ['denseWeightGradient', [512, 200], [512, 8], 2],
  ['denseWeightGradient', [128, 64], [128, 10], 64],
] as const)('%s of %j and %j has the same bits on any number of threads', async (op, a, b, most) => {
  const graph = new Graph();
  const [x, w] = [graph.input('images', 'a', a), graph.input('images', 'b', b)];
  const inputs = {
    dense: () => graph.apply('dense', { x, w, b: graph.input('images', 'c', [b[0]]) }, {}, 'it').y,
    denseInputGradient: () => graph.apply('denseInputGradient', { dy: x, w }, {}, 'it').dx,
    denseWeightGradient: () => graph.apply('denseWeightGradient', { x, dy: w }, {}, 'it').dw,
  } as const;
  const { id } = inputs[op]();
  expect(threadsFor(graph, 64, 'blocked')).toBe(most);
  const feeds = new Map(
    graph.inputs.map(({ value }) => [value.id, new Draw(value.name).normals(elements(value.shape))]),
  );
  for (const variant of onnxruntime.capabilities.variants) {
    if (variant === 'blocked' && available !== 'blocked') continue;
    const found = [];
    for (const threads of [1, 3, 16])
      found.push((await onnxruntime.runGraph!(graph, feeds, { threads, variant })).get(id));
    for (const each of found.slice(1)) expect(each).toEqual(found[0]);
  }
});

it('a training step has the same bits on more threads than a layer has channels, in the standard lowering', async () => {
  const states = [];
  for (const threads of [1, 20]) {
    const session = await onnxruntime.open(program, { threads, variant: 'standard' });
    await session.setState(exampleState(program));
    await session.step(exampleBatch(program, 0), 0.1);
    states.push(await session.getState());
    await session.close();
  }
  expect(states[1]).toEqual(states[0]);
});

it('max pooling without the places of its maxima has the same gradient', async () => {
  const run: RunGraph = (graph, feeds) => runGraph(graph, feeds, standardOn('cuda'));
  const only = (name: string) => name.startsWith('operator: maxPoolGradient');
  const report = await runConformance(onnxruntime, { runGraph: run, only });
  expect(report.passed, formatReport(report)).toBe(true);
  expect(report.results).toHaveLength(5);
});

describe('blocked kernels', () => {
  it.skipIf(available !== 'blocked').each([
    { what: 'images of several windows, several blocks of channels', x: [2, 24, 40, 52], filters: 40 },
    { what: 'fewer channels than a block', x: [3, 6, 9, 7], filters: 5 },
  ])('agree with the reference on batch norm and convolution gradients: $what', async ({ x, filters }) => {
    const { graph, feeds, mean, inverseStd } = gradientsOf(x as [number, number, number, number], filters);
    const received = await runGraph(graph, feeds, blocked(block));
    const expected = runGraph64(graph, feeds);
    // The mean may come close to 0; what reads it sees its error next to the deviation.
    const deviation = expected.get(inverseStd.id)!.map(v => 1 / v);
    const scaleOf = ({ id }: Value) => (id === mean.id ? deviation : expected.get(id)!);
    const comparisons = graph.nodes.flatMap(node =>
      Object.values<Value>(node.outputs).map(value => {
        const { id, name } = value;
        return compare(name, received.get(id)!, expected.get(id)!, tolerances.operator, scaleOf(value));
      }),
    );
    expect(comparisons).toHaveLength(11);
    expect(firstDeparture(comparisons)).toBeNull();
  });
});

describe('probe', () => {
  it('finds the engine', async () => {
    const probe = await onnxruntime.probe();
    expect(probe).toMatchObject({ available: true, version: 'onnxruntime-node 1.30.0', device: 'cpu' });
  });

  it('says why there is no blocked lowering', async () => {
    expect(await checkBlocked(0)).toBe('this ONNX Runtime has no blocked kernels');
  });

  it.skipIf(available !== 'blocked')('rejects a wrong block size by its results', async () => {
    expect(await checkBlocked(block * 2)).toMatch(/off by/);
  });
});

describe('what cannot be', () => {
  it('a variant or a device of another name', async () => {
    await expect(onnxruntime.open(program, { threads: 1, variant: 'fast' })).rejects.toMatchObject({
      message: 'onnxruntime has no variant fast; it has blocked and standard',
      fix: '--variant blocked',
    });
    await expect(onnxruntime.open(program, { threads: 1, device: 'tpu' })).rejects.toMatchObject({
      message: 'onnxruntime has no device tpu; it has cpu and cuda and webgpu',
      fix: '--device cpu',
    });
  });

  it('a variant that a device does not have', async () => {
    const refused = onnxruntime.open(program, { threads: 1, device: 'webgpu', variant: 'blocked' });
    await expect(refused).rejects.toMatchObject({
      message: 'onnxruntime on webgpu has no variant blocked; it has standard',
      fix: '--variant standard',
    });
  });

  it('a blocked kernel on a channel count that is no multiple of the block', () => {
    const b = new BlockedBuilder(16);
    b.scope = 'conv1.y';
    const x = b.input('x', [1, 24, 4, 4]);
    expect(() => b.convolution({ x, w: x, filters: [16, 24, 3, 3] })).toThrow(
      'blocked lowering: convolution inputs of a group at conv1.y: expected a multiple of 16 channels, received 24',
    );
    expect(() => b.convolution({ x, w: x, filters: [24, 16, 3, 3] })).toThrow(
      'convolution outputs at conv1.y',
    );
    expect(() => b.convolution({ x, w: x, filters: [48, 4, 3, 3], group: 2 })).toThrow('outputs of a group');
    expect(() => b.reorderInput(x, 24)).toThrow('ReorderInput');
    expect(() => b.averagePool(x, 24)).toThrow('GlobalAveragePool');
  });
});

/** Batch norm of a convolution's output, its gradient, and the convolution's gradients from that. */
function gradientsOf([n, channels, height, width]: [number, number, number, number], filters: number) {
  const graph = new Graph();
  const draw = new Draw('gradients');
  const feeds = new Map<number, Float32Array>();
  const input = (kind: InputKind, name: string, shape: Shape, mean = 0) => {
    const value = graph.input(kind, name, shape);
    feeds.set(value.id, draw.normals(elements(shape), 0.2, mean));
    return value;
  };
  const x = input('images', 'x', [n, channels, height, width]);
  const dy = input('images', 'dy', [n, filters, height, width]);
  const w = input('parameter', 'w', [filters, channels, 3, 3]);
  const vector = (kind: InputKind, name: string) => input(kind, name, [filters], 1);
  const [gamma, beta] = [vector('parameter', 'gamma'), vector('parameter', 'beta')];
  const runningMean = vector('statistic', 'mean');
  const runningVariance = vector('statistic', 'variance');
  const y = graph.apply('conv', { x, w }, { stride: 1, pad: 1 }, 'conv').y;
  const inputs = { x: y, gamma, beta, runningMean, runningVariance };
  const { mean, inverseStd } = graph.apply('batchNorm', inputs, { epsilon: 1e-5, momentum: 0.1 }, 'norm');
  const { dx } = graph.apply('batchNormGradient', { dy, x: y, gamma, mean, inverseStd }, {}, 'normGradient');
  graph.apply('convWeightGradient', { x, dy: dx }, { stride: 1, pad: 1, kernel: [3, 3] }, 'weightGradient');
  graph.apply('convInputGradient', { dy: dx, w }, { stride: 1, pad: 1, size: [height, width] }, 'gradient');
  return { graph, feeds, mean, inverseStd };
}
