import { describe, expect, it } from 'vitest';
import { randomBatch, randomState } from '../backends/conformance/problems.ts';
import { Draw } from '../backends/conformance/random.ts';
import { feedsOf } from '../backends/reference/feeds.ts';
import { runGraph } from '../backends/reference/run-graph.ts';
import { fromPlain } from './graph/plain.ts';
import { cifarNetwork, imageNetNetwork, type NetworkSpec } from './nets/spec.ts';
import { buildProgram, type ForwardGraph, partOf, totalSize } from './program.ts';

const programOf = (network: NetworkSpec, imageSize: number) =>
  buildProgram({
    network,
    imageSize,
    sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
    trainBatch: 4,
    evaluationBatch: 6,
  });
const programs = {
  'ResNet-8': programOf(cifarNetwork(1, 'A', [4, 6, 10]), 8),
  'ResNet-50 with projections': programOf({ ...imageNetNetwork(50, 'B'), widths: [2, 3, 4, 5] }, 40),
};
const program = programs['ResNet-8'];

describe('a program', () => {
  it('says what a training step takes', () => {
    expect(program.inputs).toEqual({
      images: { type: 'float32', shape: [4, 3, 8, 8] },
      labels: { type: 'int32', shape: [4], below: 10 },
    });
  });

  it('says what its evaluations take and give, at any size', () => {
    const { predict, responses } = program.evaluations;
    expect(predict.inputs()).toEqual({ images: { type: 'float32', shape: [6, 3, 8, 8] } });
    expect(predict.inputs(13)).toEqual({ images: { type: 'float32', shape: [6, 3, 13, 13] } });
    const logits = [...predict.build(13).outputs].map(([name, { shape }]) => [name, shape]);
    expect(logits).toEqual([['logits', [6, 10]]]);
    expect([...responses!.build().outputs.keys()]).toEqual(program.responseLayers.map(l => `response.${l}`));
    expect(program.responseLayers).toHaveLength(7);
  });

  it('lays its state out without gaps, in network order', () => {
    const { parameters, statistics } = program;
    expect(parameters.slice(0, 4).map(({ name, role }) => [name, role])).toEqual([
      ['conv1.weight', 'convolution'],
      ['conv1.bn.scale', 'scale'],
      ['conv1.bn.shift', 'shift'],
      ['conv2_1a.weight', 'convolution'],
    ]);
    for (const slots of [parameters, statistics]) {
      let end = 0;
      for (const { offset, size } of slots) {
        expect(offset).toBe(end);
        end += size;
      }
      expect(totalSize(slots)).toBe(end);
    }
    expect(totalSize([])).toBe(0);
    const vector = Float32Array.from({ length: totalSize(statistics) }, (_, i) => i);
    expect([...partOf(vector, statistics[1]!)]).toEqual([4, 5, 6, 7]);
  });

  it('differentiates once', () => {
    expect(program.train()).toBe(program.train());
    expect(program.train().gradients).toHaveLength(program.parameters.length);
  });

  it.each(Object.entries(programs))('gives its forward pass as plain data: %s', (name, program) => {
    const draw = new Draw(`forward ${name}`);
    const state = randomState(program, draw);
    const batch = randomBatch(program, draw);
    const forward = JSON.parse(JSON.stringify(program.forward())) as ForwardGraph;
    expect(forward).toEqual(program.forward());
    expect(forward.nodes.some(({ op }) => op.endsWith('Gradient'))).toBe(false);
    const { graph } = fromPlain(forward);
    const found = runGraph(graph, feedsOf(program, graph, state, batch));
    const trained = program.train();
    const expected = runGraph(trained.graph, feedsOf(program, trained.graph, state, batch));
    expect(found.get(forward.outputs.loss)).toEqual(expected.get(trained.loss.id));
    expect(found.get(forward.outputs.logits)).toEqual(expected.get(trained.logits.id));
    expect(forward.nextStatistics).toHaveLength(program.statistics.length);
    for (const [i, id] of forward.nextStatistics.entries()) {
      expect(forward.values[id]!.shape).toEqual(program.statistics[i]!.shape);
      expect(found.get(id)).toEqual(expected.get(trained.nextStatistics[i]!.id));
    }
  });
});
