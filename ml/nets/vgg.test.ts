import { describe, expect, it } from 'vitest';
import { Draw } from '../../backends/conformance/random.ts';
import { runGraph64 } from '../../backends/reference/run-graph.ts';
import type { Value } from '../graph/graph.ts';
import { elements } from '../graph/ops.ts';
import { initialState } from '../optim/init.ts';
import { buildProgram, partOf } from '../program.ts';
import { vggNetwork } from './spec.ts';

const narrow = vggNetwork(16, { filters: [2, 3, 3, 4, 4], hidden: 6, classes: 3 });
const programOf = (network = narrow, imageSize = 32, trainBatch = 4) =>
  buildProgram({
    network,
    imageSize,
    sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
    ...{ trainBatch, evaluationBatch: 2 },
  });

describe('VGG as a program', () => {
  const program = programOf();

  it('takes masks of dropout in training, in the order of its graph, and none in evaluations', () => {
    const mask = { type: 'float32', shape: [4, 6], dropout: 0.5 };
    expect(program.inputs).toMatchObject({ 'fc6.mask': mask, 'fc7.mask': mask });
    const fed = program.train().graph.inputs.filter(({ kind }) => kind !== 'parameter');
    expect(fed.map(({ value }) => value.name)).toEqual(Object.keys(program.inputs));
    const graph = program.evaluations.predict.build();
    expect(graph.nodes.some(({ op }) => op === 'dropout')).toBe(false);
    expect(graph.inputs.some(({ kind }) => kind === 'masks')).toBe(false);
    const without = programOf({ ...narrow, dropout: 0 });
    expect(Object.keys(without.inputs)).toEqual(['images', 'labels']);
  });

  it('has no batch norm: neither statistics nor responses', () => {
    expect(program.statistics).toEqual([]);
    expect(program.responseLayers).toEqual([]);
    expect(program.evaluations.responses).toBeUndefined();
  });

  it('is for images of its own size alone', () => {
    expect(() => program.evaluations.predict.build(64)).toThrow(
      'VGG-16 has weights for every position of 32x32 pixels, received 64x64',
    );
  });

  it('begins with convolutions as in [13] and fully connected layers from N(0, .01^2)', () => {
    const wide = programOf(vggNetwork(16, { filters: [8, 16, 16, 32, 32], hidden: 64, classes: 10 }));
    const { parameters } = initialState(wide, 1);
    const deviation = (name: string) => {
      const values = partOf(parameters, wide.parameters.find(slot => slot.name === name)!);
      return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    };
    expect(deviation('conv5_3.weight')).toBeCloseTo(Math.sqrt(2 / (32 * 9)), 2);
    for (const name of ['fc6', 'fc7', 'fc8']) expect(deviation(`${name}.weight`)).toBeCloseTo(0.01, 2.5);
    for (const name of ['conv1_1', 'conv5_3', 'fc6', 'fc8']) expect(deviation(`${name}.bias`)).toBe(0);
  });
});

it('gradients of VGG, through dropout, agree with central differences', () => {
  const program = programOf(narrow, 32, 2);
  const { graph, loss, gradients } = program.train();
  const draw = new Draw('gradients of VGG');
  const feeds = new Map<number, Float64Array | Int32Array>();
  for (const { kind, value } of graph.inputs) feeds.set(value.id, drawn(kind, value, draw));
  const values = runGraph64(graph, feeds);
  const h = 1e-5;
  for (const [place, { name }] of program.parameters.entries()) {
    const { value } = graph.inputs.find(input => input.value.name === name)!;
    const data = feeds.get(value.id) as Float64Array;
    const at = Math.floor(data.length / 2);
    const lossAt = (moved: number) => {
      const other = new Map(feeds).set(value.id, data.slice().fill(moved, at, at + 1));
      return runGraph64(graph, other).get(loss.id)![0]!;
    };
    const numeric = (lossAt(data[at]! + h) - lossAt(data[at]! - h)) / (2 * h);
    const gradient = values.get(gradients[place]!.id)![at]!;
    expect(Math.abs(gradient - numeric), name).toBeLessThan(1e-7);
  }
}, 30_000);

function drawn(kind: string, { name, shape }: Value, draw: Draw): Float64Array | Int32Array {
  const count = elements(shape);
  if (kind === 'labels') return draw.labels(count, 3);
  if (kind === 'masks') return Float64Array.from(draw.labels(count, 3), word => (word === 0 ? 0 : 1.5));
  const scale = name.endsWith('.weight') ? Math.sqrt(2 / elements(shape.slice(1))) : 1;
  return Float64Array.from(draw.normals(count), value => (name.endsWith('.bias') ? 0.1 : scale) * value);
}
