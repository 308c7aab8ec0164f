import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../ml/graph/graph.ts';
import {
  type Attributes,
  elements,
  type Inputs,
  type OpName,
  type Outputs,
  type Shape,
} from '../../ml/graph/ops.ts';
import { problems, programOf, randomBatch, randomState } from '../conformance/problems.ts';
import { Draw } from '../conformance/random.ts';
import { BackendError } from '../contract.ts';
import { reference } from './index.ts';
import { runGraph } from './run-graph.ts';

describe('operators, worked out by hand', () => {
  it('convolves with stride 2 and padding 1', () => {
    const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const { y } = apply(
      'conv',
      { x: [[1, 1, 3, 3], image], w: [[1, 1, 3, 3], image] },
      { stride: 2, pad: 1 },
    );
    // corner: 5*1 + 6*2 + 8*4 + 9*5; the kernel is not flipped
    expect(y).toEqual([94, 106, 106, 94]);
  });

  it('sums a convolution over input channels', () => {
    const x = [1, 2, 3, 4, 5, 6, 7, 8]; // two channels of 2x2
    const { y } = apply(
      'conv',
      {
        x: [[1, 2, 2, 2], x],
        w: [
          [2, 2, 1, 1],
          [1, 10, 0, -1],
        ],
      },
      { stride: 1, pad: 0 },
    );
    expect(y).toEqual([51, 62, 73, 84, -5, -6, -7, -8]);
  });

  it('normalises with the biased variance and keeps the unbiased one', () => {
    const one: Shape = [1];
    const inputs: Tensors<'batchNorm'> = {
      x: [
        [2, 1, 1, 2],
        [1, 3, 5, 7],
      ], // mean 4, variance 20 / 4
      gamma: [one, [2]],
      beta: [one, [1]],
      runningMean: [one, [0]],
      runningVariance: [one, [1]],
    };
    const out = apply('batchNorm', inputs, { epsilon: 4, momentum: 0.25 });
    expectClose(out.y, [-1, 1 / 3, 5 / 3, 3]);
    expectClose(out.inverseStd, [1 / 3]);
    expectClose(out.nextRunningMean, [1]);
    expectClose(out.nextRunningVariance, [0.75 + 0.25 * (20 / 3)]);
  });

  it('normalises with the given statistics in inference', () => {
    const one: Shape = [1];
    const inputs: Tensors<'batchNormInference'> = {
      x: [
        [1, 1, 1, 2],
        [1, 7],
      ],
      gamma: [one, [2]],
      beta: [one, [1]],
      mean: [one, [4]],
      variance: [one, [5]],
    };
    expectClose(apply('batchNormInference', inputs, { epsilon: 4 }).y, [-1, 3]);
  });

  it('takes every second pixel and adds zero channels at the end in option A', () => {
    const { y } = apply(
      'shortcutA',
      {
        x: [
          [1, 1, 3, 3],
          [1, 2, 3, 4, 5, 6, 7, 8, 9],
        ],
      },
      { stride: 2, channels: 2 },
    );
    expect(y).toEqual([1, 3, 7, 9, 0, 0, 0, 0]);
  });

  it('takes the mean cross-entropy of a softmax', () => {
    const logits = [0, Math.log(3), Math.log(2), 0];
    const out = apply('softmaxCrossEntropy', { logits: [[2, 2], logits], labels: [[2], [1, 1]] }, {});
    expectClose(out.probabilities, [1 / 4, 3 / 4, 2 / 3, 1 / 3]);
    expectClose(out.loss, [(Math.log(4 / 3) + Math.log(3)) / 2]);
  });

  it('survives logits whose exponential overflows', () => {
    const out = apply(
      'softmaxCrossEntropy',
      {
        logits: [
          [1, 2],
          [1000, 0],
        ],
        labels: [[1], [1]],
      },
      {},
    );
    expect(out.probabilities).toEqual([1, 0]);
    expect(out.loss).toEqual([1000]);
  });

  it('refuses inputs of another size, naming the input', () => {
    const graph = new Graph();
    const x = graph.input('images', 'images', [1, 3, 2, 2]);
    graph.apply('relu', { x }, {}, 'relu');
    const feed = () => runGraph(graph, new Map([[x.id, new Float32Array(7)]]));
    expect(feed).toThrow(new BackendError('images: expected 12 numbers for [1,3,2,2], received 7 numbers'));
  });
});

describe('session', () => {
  const program = programOf(problems[2]!);
  const draw = new Draw('reference session');
  const state = randomState(program, draw);
  const size = elements(program.inputs.images!.shape) / program.trainBatch;

  it('learns a separable set', async () => {
    const session = await reference.open(program, { threads: 1 });
    await session.setState(state);
    const labels = Int32Array.from({ length: 16 }, (_, i) => i % 2);
    const losses: number[] = [];
    for (let step = 0; step < 15; step++) {
      const images = draw.normals(16 * size).map((v, i) => v + (labels[Math.floor(i / size)] === 0 ? -1 : 1));
      losses.push((await session.step({ images, labels }, 0.02)).loss);
    }
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]!);
  });

  it.each([1, 5, 16, 19])('predicts %i images as it predicts them one by one', async count => {
    const session = await reference.open(program, { threads: 1 });
    await session.setState(state);
    const images = draw.normals(count * size);
    const together = await session.run('predict', { images });
    expect(together).toHaveLength(count * 10);
    for (let i = 0; i < count; i++) {
      const alone = await session.run('predict', { images: images.slice(i * size, (i + 1) * size) });
      expect(together.slice(10 * i, 10 * i + 10)).toEqual(alone);
    }
  });

  it('says what is wrong with what it is given', async () => {
    await expect(reference.open(program, { threads: 1, variant: 'blocked' })).rejects.toMatchObject({
      message: 'reference has no variant blocked; it has loops',
      fix: '--variant loops',
    });
    await expect(reference.open(program, { threads: 1, device: 'cuda' })).rejects.toMatchObject({
      ...{ message: 'reference has no device cuda; it has cpu', fix: '--device cpu', exitCode: 2 },
    });
    const session = await reference.open(program, { threads: 1 });
    await expect(session.getState()).rejects.toThrow('call setState first');
    await expect(session.setState({ ...state, velocity: new Float32Array(3) })).rejects.toThrow(
      `velocity: expected ${state.velocity.length} values, received 3`,
    );
    await session.setState(state);
    const batch = randomBatch(program, draw);
    batch.labels[3] = 10;
    await expect(session.step(batch, 0.1)).rejects.toThrow(
      new BackendError('labels: expected classes from 0 to 9, received 10'),
    );
    await expect(session.step({ images: batch.images }, 0.1)).rejects.toThrow(
      new BackendError('labels: expected 16 int32 values of shape [16], received nothing'),
    );
    const images = batch.images.subarray(1);
    await expect(session.run('predict', { images })).rejects.toThrow(
      'images: expected 192 float32 values for each image of shape [3, 8, 8], received 3071 float32 values',
    );
    await expect(session.run('responses', { images })).rejects.toThrow(
      'images: expected 3072 float32 values of shape [16, 3, 8, 8], received 3071 float32 values',
    );
  });
});

describe('the exact session', () => {
  it('keeps what float32 cannot hold, and rounds its state only when it is asked for it', async () => {
    const program = programOf(problems[2]!);
    const draw = new Draw('exact session');
    const [state, batch] = [randomState(program, draw), randomBatch(program, draw)];
    const exact = reference.openExact(program);
    const single = await reference.open(program, { threads: 1 });
    expect([exact.info.variant, single.info.variant]).toEqual(['float64', 'loops']);
    const losses: number[][] = [];
    for (const session of [exact, single]) {
      await session.setState(state);
      const first = await session.step(batch, 0.01);
      losses.push([first.loss, (await session.step(batch, 0.01)).loss]);
    }
    const [[a, b], [c, d]] = losses as [[number, number], [number, number]];
    for (const [precise, coarse] of [
      [a, c],
      [b, d],
    ] as const) {
      expect(Math.fround(precise)).not.toBe(precise);
      expect(Math.abs(coarse / precise - 1)).toBeLessThan(1e-5);
    }
    // Steps of 1e-9 of a weight are lost in float32, and add up in float64.
    await exact.setState({ ...state, velocity: new Float32Array(state.velocity.length) });
    await single.setState({ ...state, velocity: new Float32Array(state.velocity.length) });
    for (let step = 0; step < 20; step++) {
      await exact.step(batch, 1e-10);
      await single.step(batch, 1e-10);
    }
    const moved = async (session: typeof single) =>
      (await session.getState()).parameters.filter((value, i) => value !== state.parameters[i]).length;
    expect(await moved(exact)).toBeGreaterThan(await moved(single));
  });
});

describe('numerics', () => {
  /** If results are meant to change: raise `numerics` in index.ts and put both new values here. */
  const golden = { numerics: 1, digest: '9d52bd06c18f3ada' };

  it('the first three steps of a training are those recorded for this version of the numerics', async () => {
    const program = programOf(problems[2]!);
    const draw = new Draw('golden');
    const session = await reference.open(program, { threads: 1 });
    await session.setState(randomState(program, draw));
    for (let step = 0; step < 3; step++) await session.step(randomBatch(program, draw), 0.05);
    const hash = createHash('sha256');
    const { parameters, velocity, statistics } = await session.getState();
    for (const vector of [parameters, velocity, statistics]) hash.update(vector);
    expect({ numerics: reference.numerics, digest: hash.digest('hex').slice(0, 16) }).toEqual(golden);
  });
});

type Tensors<K extends OpName> = Inputs<K, readonly [shape: Shape, data: readonly number[]]>;

function apply<K extends OpName>(
  op: K,
  tensors: Tensors<K>,
  attributes: Attributes[K],
): Outputs<K, number[]> {
  const graph = new Graph();
  const feeds = new Map<number, Float32Array>();
  const inputs = Object.entries<readonly [Shape, readonly number[]]>(tensors).map(([name, [shape, data]]) => {
    const value = graph.input('images', name, shape);
    feeds.set(value.id, Float32Array.from(data));
    return [name, value];
  });
  const outputs = graph.apply(op, Object.fromEntries(inputs), attributes, 'node');
  const values = runGraph(graph, feeds);
  const entries = Object.entries<{ id: number }>(outputs).map(([name, { id }]) => [
    name,
    [...values.get(id)!],
  ]);
  return Object.fromEntries(entries);
}

function expectClose(received: number[], expected: number[]): void {
  expect(received).toHaveLength(expected.length);
  received.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 6);
  });
}
