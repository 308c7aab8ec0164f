import { beforeEach, describe, expect, it } from 'vitest';
import { elements } from '../graph/ops.ts';
import { buildProgram, type Program } from '../program.ts';
import { type KerasTensor, stateFromKeras } from './keras.ts';
import { imageNetNetwork } from './spec.ts';

const network = { ...imageNetNetwork(50, 'B'), widths: [1, 2, 3, 4], classes: 5 };
const program = buildProgram({
  network,
  imageSize: 32,
  sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
  trainBatch: 1,
  evaluationBatch: 1,
});

/** Every element of the Keras model is a number of its own. */
let tensors: Map<string, KerasTensor>;
beforeEach(() => {
  tensors = kerasModel(network);
});

describe('the state from tensors of Keras', () => {
  it('takes every element of the model once, and no other, but for the biases', () => {
    const { parameters, statistics } = stateFromKeras(program, withoutBiases(tensors));
    const expected = [...withoutBiases(tensors)]
      .filter(([name]) => !name.endsWith('/bias') || name === 'fc1000/bias')
      .flatMap(([, { data }]) => [...data]);
    expect([...parameters, ...statistics].sort(ascending)).toEqual(expected.sort(ascending));
  });

  it('begins without velocity', () => {
    const { parameters, velocity } = stateFromKeras(program, tensors);
    expect(velocity).toEqual(new Float32Array(parameters.length));
  });

  it('reads convolutions from HWIO to OIHW', () => {
    const { shape, data } = tensors.get('res3b_branch2b/kernel')!;
    const [height, width, inputs, outputs] = shape as [number, number, number, number];
    const found = slot('conv3_2b.weight');
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++)
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            expect(found[((o * inputs + i) * height + y) * width + x]).toBe(
              data[((y * width + x) * inputs + i) * outputs + o],
            );
  });

  it("reverses the first convolution's input channels, from BGR to RGB, and no other's", () => {
    const { data } = tensors.get('conv1/kernel')!;
    expect([0, 49, 98].map(at => slot('conv1.weight')[at])).toEqual([data[2], data[1], data[0]]);
    const projection = tensors.get('res2a_branch1/kernel')!;
    expect([...slot('conv2_1.projection.weight')]).toEqual([...projection.data]); // [1, 1, 1, 4]: any order but reversed
  });

  it('reads dense weights from IO to OI', () => {
    const { data } = tensors.get('fc1000/kernel')!;
    expect(slot('fc.weight')[16 + 3]).toBe(data[3 * 5 + 1]);
  });

  it('puts the bias of a convolution into the running mean of its batch norm', () => {
    const mean = tensors.get('bn4f_branch2c/moving_mean')!.data;
    const bias = tensors.get('res4f_branch2c/bias')!.data;
    expect([...statistic('conv4_6c.bn.mean')]).toEqual([...mean].map((m, c) => Math.fround(m - bias[c]!)));
    expect(statistic('conv4_6c.bn.variance')).toEqual(tensors.get('bn4f_branch2c/moving_variance')!.data);
  });

  it('names a tensor that is missing or has another shape', () => {
    const misshapen = new Map(tensors).set('bn5a_branch1/beta', { shape: [3], data: new Float32Array(3) });
    expect(() => stateFromKeras(program, misshapen)).toThrow(
      'tensor bn5a_branch1/beta: expected shape [16], found [3]',
    );
    tensors.delete('res2c_branch2b/kernel');
    expect(() => stateFromKeras(program, tensors)).toThrow('no tensor res2c_branch2b/kernel');
  });

  it('refuses a network with layers that the model has not', () => {
    const optionC = buildProgram({ ...program, network: { ...network, shortcut: 'C' } });
    expect(() => stateFromKeras(optionC, tensors)).toThrow('no tensor res2b_branch1/kernel');
  });
});

function slot(name: string): Float32Array {
  return slice(program.parameters, stateFromKeras(program, tensors).parameters, name);
}

function statistic(name: string): Float32Array {
  return slice(program.statistics, stateFromKeras(program, tensors).statistics, name);
}

function slice(slots: Program['statistics'], values: Float32Array, name: string): Float32Array {
  const { offset, size } = slots.find(each => each.name === name)!;
  return values.subarray(offset, offset + size);
}

/** The layers as Keras lists them: 50 = 1 + 3 * (3 + 4 + 6 + 3) + 1 and the four projections. */
function kerasModel({ widths, classes }: typeof network): Map<string, KerasTensor> {
  const model = new Map<string, KerasTensor>();
  let next = 1;
  const add = (name: string, shape: number[]) => {
    const size = elements(shape);
    model.set(name, { shape, data: Float32Array.from({ length: size }, () => next++) });
  };
  const layer = (conv: string, bn: string, kernel: number, inputs: number, outputs: number) => {
    add(`${conv}/kernel`, [kernel, kernel, inputs, outputs]);
    add(`${conv}/bias`, [outputs]);
    for (const field of ['gamma', 'beta', 'moving_mean', 'moving_variance']) add(`${bn}/${field}`, [outputs]);
  };
  layer('conv1', 'bn_conv1', 7, 3, widths[0]!);
  let channels = widths[0]!;
  for (const [i, letters] of ['abc', 'abcd', 'abcdef', 'abc'].entries()) {
    const width = widths[i]!;
    for (const letter of letters) {
      const both = (branch: string): [string, string] => [
        `res${i + 2}${letter}_branch${branch}`,
        `bn${i + 2}${letter}_branch${branch}`,
      ];
      layer(...both('2a'), 1, channels, width);
      layer(...both('2b'), 3, width, width);
      layer(...both('2c'), 1, width, 4 * width);
      if (letter === 'a') layer(...both('1'), 1, channels, 4 * width);
      channels = 4 * width;
    }
  }
  add('fc1000/kernel', [channels, classes]);
  add('fc1000/bias', [classes]);
  return model;
}

function withoutBiases(model: Map<string, KerasTensor>): Map<string, KerasTensor> {
  const zero = ([name, { shape, data }]: [string, KerasTensor]): [string, KerasTensor] =>
    /^res.*\/bias$|^conv1\/bias$/.test(name)
      ? [name, { shape, data: new Float32Array(data.length) }]
      : [name, { shape, data }];
  return new Map([...model].map(zero));
}

function ascending(a: number, b: number): number {
  return a - b;
}
