import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cifarNetwork, type ResidualNetwork } from '../nets/spec.ts';
import { buildProgram } from '../program.ts';
import { initialState } from './init.ts';

const resnet20 = cifarNetwork(3, 'A');

function program(network: ResidualNetwork) {
  const sgd = { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' } as const;
  return buildProgram({ network, imageSize: 32, sgd, trainBatch: 128, evaluationBatch: 100 });
}

function values(network: ResidualNetwork, seed: number, name: string): Float32Array {
  const p = program(network);
  const state = initialState(p, seed);
  const parameter = p.parameters.find(slot => slot.name === name);
  if (parameter) return state.parameters.slice(parameter.offset, parameter.offset + parameter.size);
  const statistic = p.statistics.find(slot => slot.name === name)!;
  return state.statistics.slice(statistic.offset, statistic.offset + statistic.size);
}

const digest = (x: Float32Array) => createHash('sha256').update(x).digest('hex');
const mean = (x: Float32Array) => x.reduce((a, b) => a + b, 0) / x.length;
const deviation = (x: Float32Array) => Math.sqrt(x.reduce((a, b) => a + b * b, 0) / x.length - mean(x) ** 2);

describe('initialState', () => {
  it('draws convolutions from N(0, 2 / fan-in)', () => {
    for (const [name, fanIn] of [
      ['conv2_1a.weight', 16 * 9],
      ['conv3_1a.weight', 16 * 9],
      ['conv4_2b.weight', 64 * 9],
    ] as const) {
      const weights = values(resnet20, 1, name);
      const expected = Math.sqrt(2 / fanIn);
      expect(Math.abs(mean(weights))).toBeLessThan((4 * expected) / Math.sqrt(weights.length));
      expect(Math.abs(deviation(weights) / expected - 1)).toBeLessThan(4 / Math.sqrt(2 * weights.length));
    }
  });

  it('draws the classifier as the spec says', () => {
    const he = values(resnet20, 1, 'fc.weight');
    const small = values({ ...resnet20, init: { convolution: 'he', classifier: 0.01 } }, 1, 'fc.weight');
    expect(deviation(he)).toBeCloseTo(Math.sqrt(2 / 64), 1.5);
    expect(Math.abs(deviation(small) / 0.01 - 1)).toBeLessThan(0.12);
    small.forEach((x, i) => {
      expect(x / 0.01).toBeCloseTo(he[i]! / Math.sqrt(2 / 64), 4);
    });
  });

  it('starts everything else at its neutral value', () => {
    const only = (name: string) => [...new Set(values(resnet20, 1, name))];
    expect(only('fc.bias')).toEqual([0]);
    expect(only('conv3_2a.bn.scale')).toEqual([1]);
    expect(only('conv3_2a.bn.shift')).toEqual([0]);
    expect(only('conv3_2a.bn.mean')).toEqual([0]);
    expect(only('conv3_2a.bn.variance')).toEqual([1]);
    const { parameters, velocity } = initialState(program(resnet20), 1);
    expect(velocity.length).toBe(parameters.length);
    expect(velocity.every(v => v === 0)).toBe(true);
  });

  it('is a function of the seed', () => {
    const state = (seed: number) => digest(initialState(program(resnet20), seed).parameters);
    expect(state(3)).toBe(state(3));
    expect(state(3)).not.toBe(state(4));
    expect(() => state(2 ** 32 - 1)).not.toThrow();
  });

  it('gives a parameter values that do not depend on the size of the others', () => {
    const wider = { ...resnet20, widths: [16, 48, 64] } as const;
    expect(values(wider, 1, 'conv2_3b.weight')).toEqual(values(resnet20, 1, 'conv2_3b.weight'));
    expect(values(wider, 1, 'conv4_3b.weight')).toEqual(values(resnet20, 1, 'conv4_3b.weight'));
  });

  it('is the same to the bit on every machine', () => {
    expect([...values(resnet20, 1, 'conv1.weight').subarray(0, 4)]).toEqual([
      0.117583267390728, 0.23267269134521484, 0.1643664538860321, 0.012043177150189877,
    ]);
    expect(digest(initialState(program(resnet20), 1).parameters)).toBe(
      '3f978059d2dd291d0f804bd60cd626045b43c75ee2b27a7e0c3dafe2b012360a',
    );
  });
});
