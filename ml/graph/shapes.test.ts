import { describe, expect, it } from 'vitest';
import { Graph } from './graph.ts';
import type { Attributes, Inputs, OpName, Shape } from './ops.ts';
import { convSize, poolSize, shapeRules } from './shapes.ts';

function apply<K extends OpName>(op: K, shapes: Inputs<K, Shape>, attributes: Attributes[K]) {
  const graph = new Graph();
  const inputs = Object.entries<Shape>(shapes).map(([name, shape]) => [
    name,
    graph.input('images', name, shape),
  ]);
  return graph.apply(op, Object.fromEntries(inputs), attributes, 'node');
}

const image: Shape = [2, 3, 8, 8];
const channels: Shape = [3];

describe('a mismatch is an error that names the operator', () => {
  const conv = { stride: 1, pad: 1 };
  const pool = { kernel: 3, stride: 2, pads: [0, 1] } as const;
  const mismatches: [OpName, () => unknown][] = [
    ['conv', () => apply('conv', { x: [2, 3, 8], w: [4, 3, 3, 3] }, conv)],
    ['conv', () => apply('conv', { x: image, w: [4, 5, 3, 3] }, conv)],
    ['conv', () => apply('conv', { x: image, w: [4, 3, 9, 9] }, { stride: 1, pad: 0 })],
    [
      'convInputGradient',
      () => apply('convInputGradient', { dy: image, w: [4, 3, 3, 3] }, { ...conv, size: [8, 8] }),
    ],
    [
      'convWeightGradient',
      () => apply('convWeightGradient', { x: image, dy: [3, 4, 8, 8] }, { ...conv, kernel: [3, 3] }),
    ],
    [
      'batchNorm',
      () => apply('batchNorm', { ...batchNormShapes(), beta: [4] }, { epsilon: 1e-5, momentum: 0.1 }),
    ],
    [
      'batchNorm',
      () => apply('batchNorm', { ...batchNormShapes(), runningMean: [1] }, { epsilon: 1e-5, momentum: 0.1 }),
    ],
    [
      'batchNormGradient',
      () => apply('batchNormGradient', { ...batchNormGradientShapes(), dy: [2, 3, 8, 7] }, {}),
    ],
    [
      'batchNormInference',
      () => {
        const shapes = { x: image, gamma: channels, beta: channels, mean: channels, variance: [4] };
        return apply('batchNormInference', shapes, { epsilon: 1e-5 });
      },
    ],
    ['reluGradient', () => apply('reluGradient', { dy: image, y: [2, 3, 8, 4] }, {})],
    ['add', () => apply('add', { a: image, b: [2, 6, 4, 4] }, {})],
    ['shortcutA', () => apply('shortcutA', { x: image }, { stride: 2, channels: 2 })],
    ['shortcutA', () => apply('shortcutA', { x: [2, 3] }, { stride: 2, channels: 6 })],
    ['maxPool', () => apply('maxPool', { x: [2, 3] }, pool)],
    ['maxPoolGradient', () => apply('maxPoolGradient', { dy: image, x: image, y: [2, 3, 4, 4] }, pool)],
    ['maxPoolGradient', () => apply('maxPoolGradient', { dy: [2, 3, 4, 4], x: image, y: image }, pool)],
    ['flatten', () => apply('flatten', { x: [2, 3] }, {})],
    ['bias', () => apply('bias', { x: image, b: [4] }, {})],
    ['globalAveragePool', () => apply('globalAveragePool', { x: [2, 3] }, {})],
    ['globalAveragePoolGradient', () => apply('globalAveragePoolGradient', { dy: image }, { size: [8, 8] })],
    ['dense', () => apply('dense', { x: [2, 5], w: [10, 4], b: [10] }, {})],
    ['dense', () => apply('dense', { x: [2, 5], w: [10, 5], b: [5] }, {})],
    ['softmaxCrossEntropy', () => apply('softmaxCrossEntropy', { logits: [2, 10], labels: [3] }, {})],
  ];

  it.each(mismatches)('%s (%#)', (op, build) => {
    expect(build).toThrow(new RegExp(`^${op}\\b`));
  });

  it('says what was expected and what was received', () => {
    const shapes = { x: [2, 5], w: [10, 5], b: [5] };
    expect(() => apply('dense', shapes, {})).toThrow('dense b: expected [10], received [5]');
  });
});

describe('output shapes', () => {
  it.each([
    [32, 3, 1, 1, 32],
    [32, 3, 2, 1, 16],
    [7, 3, 2, 1, 4],
    [224, 7, 2, 3, 112],
    [8, 1, 2, 0, 4],
  ])('size %i, kernel %i, stride %i, pad %i gives %i', (size, kernel, stride, pad, expected) => {
    expect(convSize(size, kernel, stride, pad)).toBe(expected);
  });

  it.each([
    [112, 3, 2, [0, 1], 56],
    [112, 3, 2, [1, 1], 56],
    [113, 3, 2, [0, 1], 56],
    [224, 2, 2, [0, 0], 112],
    [7, 2, 2, [0, 0], 3],
  ] as const)(
    'size %i, window %i, stride %i, pads %j pools to %i',
    (size, kernel, stride, pads, expected) => {
      expect(poolSize(size, kernel, stride, pads)).toBe(expected);
    },
  );

  it('flattens all but the batch', () => {
    expect(shapeRules.flatten({ x: [2, 512, 7, 7] }, {})).toEqual({ y: [2, 25088] });
  });

  it('option A meets the residual branch at any size, even or odd', () => {
    for (let size = 1; size <= 33; size++) {
      const { y } = shapeRules.shortcutA({ x: [1, 16, size, size] }, { stride: 2, channels: 32 });
      const branch = shapeRules.conv({ x: [1, 16, size, size], w: [32, 16, 3, 3] }, { stride: 2, pad: 1 }).y;
      expect(y).toEqual(branch);
    }
  });
});

function batchNormShapes() {
  return { x: image, gamma: channels, beta: channels, runningMean: channels, runningVariance: channels };
}

function batchNormGradientShapes() {
  return { dy: image, x: image, gamma: channels, mean: channels, inverseStd: channels };
}
