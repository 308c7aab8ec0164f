import { describe, expect, it } from 'vitest';
import { Graph, type Value } from '../../../ml/graph/graph.ts';
import { elements } from '../../../ml/graph/ops.ts';
import { goldenNets } from '../first-steps.ts';
import { blocked } from './blocked.ts';
import { emitGraph, readersOf } from './lowering.ts';
import { evaluationModel, stateStorage, statisticsModel, trainingModel } from './program.ts';
import type { Tensor } from './tensor.ts';

const lowering = blocked(16);

/** A convolution of 16 channels. */
function convolution(graph: Graph, x: Value, name: string): Value {
  const w = graph.input('parameter', `${name}.w`, [16, 16, 3, 3]);
  return graph.apply('conv', { x, w }, { stride: 1, pad: 1 }, name).y;
}

function norm(graph: Graph, x: Value): Value {
  const [gamma, beta] = ['gamma', 'beta'].map(name => graph.input('parameter', name, [16]));
  const [mean, variance] = ['mean', 'variance'].map(name => graph.input('statistic', name, [16]));
  const inputs = { x, gamma: gamma!, beta: beta!, runningMean: mean!, runningVariance: variance! };
  return graph.apply('batchNorm', inputs, { epsilon: 1e-5, momentum: 0.1 }, 'bn').y;
}

function emit(graph: Graph): (value: Value) => Tensor {
  const b = lowering.builder();
  const readers = readersOf(graph);
  return emitGraph(lowering, graph, b, value =>
    lowering.fromCanonical(b, b.input(value.name, value.shape), value, readers.get(value.id) ?? []),
  );
}

describe('blocked lowering', () => {
  it('joins batch norm, shortcut and ReLU into one convolution', () => {
    const graph = new Graph();
    const x = graph.input('images', 'x', [2, 16, 4, 4]);
    const y = graph.apply('add', { a: norm(graph, convolution(graph, x, 'conv')), b: x }, {}, 'sum').y;
    const relu = graph.apply('relu', { x: y }, {}, 'relu').y;
    const tensor = emit(graph);
    expect(tensor(relu).pending).toMatchObject({ group: 16, relu: true, sum: tensor(x).blocked() });
  });

  it('leaves the running mean out of a convolution that only batch norm reads, and of no other', () => {
    const graph = new Graph();
    const x = graph.input('images', 'x', [2, 16, 4, 4]);
    const alone = convolution(graph, x, 'alone');
    const shared = convolution(graph, x, 'shared');
    norm(graph, alone);
    norm(graph, shared);
    graph.apply('relu', { x: shared }, {}, 'relu');
    const tensor = emit(graph);
    expect(tensor(alone).pending!.bias).toBeDefined();
    expect(tensor(alone).shift).toBeDefined();
    expect(tensor(shared).pending!.bias).toBeUndefined();
    expect(tensor(shared).shift).toBeUndefined();
  });

  it('adds to a value that another node reads by itself', () => {
    const graph = new Graph();
    const x = graph.input('images', 'x', [2, 16, 4, 4]);
    const y = convolution(graph, x, 'conv');
    const sum = graph.apply('add', { a: x, b: y }, {}, 'sum').y;
    graph.apply('relu', { x: y }, {}, 'relu');
    expect(emit(graph)(sum).pending).toBeUndefined();
  });

  it('adds the gradient of a shortcut in the phases of a strided convolution', () => {
    const graph = new Graph();
    const dy = graph.input('images', 'dy', [2, 32, 4, 4]);
    const w = graph.input('parameter', 'w', [32, 16, 3, 3]);
    const a = graph.apply(
      'shortcutAGradient',
      { dy },
      { stride: 2, channels: 16, size: [8, 8] },
      'shortcut',
    ).dx;
    const b = graph.apply('convInputGradient', { dy, w }, { stride: 2, pad: 1, size: [8, 8] }, 'conv').dx;
    const { y } = graph.apply('add', { a, b }, {}, 'sum');
    expect(emit(graph)(y).pending).toMatchObject({
      stride: 2,
      filters: [64, 32, 2, 2],
      sum: expect.any(String),
    });
  });

  describe('the input gradient of a 1x1 convolution that skips pixels', () => {
    const attributes = { stride: 2, pad: 0, size: [8, 8] } as const;
    const gradient = (graph: Graph, name: string) => {
      const dy = graph.input('images', `${name}.dy`, [2, 32, 4, 4]);
      const w = graph.input('parameter', `${name}.w`, [32, 16, 1, 1]);
      return graph.apply('convInputGradient', { dy, w }, attributes, name).dx;
    };

    it('computes one phase of four, and adds another one to it', () => {
      const graph = new Graph();
      const { y } = graph.apply('add', { a: gradient(graph, 'a'), b: gradient(graph, 'b') }, {}, 'sum');
      const expected = { stride: 2, sparse: true, filters: [16, 32, 1, 1], sum: expect.any(String) };
      expect(emit(graph)(y).pending).toMatchObject(expected);
    });

    it.each([true, false])('is added to all phases of a larger kernel (it comes first: %s)', first => {
      const graph = new Graph();
      const one = gradient(graph, 'one');
      const dy = graph.input('images', 'dy', [2, 32, 4, 4]);
      const w = graph.input('parameter', 'w', [32, 16, 3, 3]);
      const all = graph.apply('convInputGradient', { dy, w }, { ...attributes, pad: 1 }, 'all').dx;
      const terms = first ? { a: one, b: all } : { a: all, b: one };
      const { y } = graph.apply('add', terms, {}, 'sum');
      const { pending } = emit(graph)(y);
      expect(pending).toMatchObject({ filters: [64, 32, 2, 2], sum: expect.any(String) });
      expect(pending).not.toHaveProperty('sparse');
    });
  });

  it('puts a bias into the convolution that it alone reads', () => {
    const graph = new Graph();
    const x = graph.input('images', 'x', [2, 16, 4, 4]);
    const b = graph.input('parameter', 'b', [16]);
    const { y } = graph.apply('bias', { x: convolution(graph, x, 'conv'), b }, {}, 'bias');
    const tensor = emit(graph);
    expect(tensor(y).pending).toMatchObject({ filters: [16, 16, 3, 3], bias: tensor(b).blocked() });
  });

  it('leaves the factor of a batch norm gradient to convolution gradients, and to nothing else', () => {
    const graph = new Graph();
    const x = graph.input('images', 'x', [2, 16, 4, 4]);
    const w = graph.input('parameter', 'w', [16, 16, 3, 3]);
    const gradient = (name: string) => {
      const [gamma, mean] = ['gamma', 'mean'].map(v => graph.input('parameter', `${name}.${v}`, [16]));
      const inputs = { dy: x, x, gamma: gamma!, mean: mean!, inverseStd: mean! };
      const { dx } = graph.apply('batchNormGradient', inputs, {}, name);
      graph.apply('convWeightGradient', { x, dy: dx }, { stride: 1, pad: 1, kernel: [3, 3] }, `${name}.w`);
      graph.apply('convInputGradient', { dy: dx, w }, { stride: 1, pad: 1, size: [4, 4] }, `${name}.x`);
      return dx;
    };
    const [alone, shared] = [gradient('alone'), gradient('shared')];
    graph.apply('relu', { x: shared }, {}, 'relu');
    const tensor = emit(graph);
    expect(tensor(alone).scale).toBeDefined();
    expect(tensor(shared).scale).toBeUndefined();
  });

  it.each([8, 16])('gives each element of the state a place of its own in blocks of %i', block => {
    for (const program of Object.values(goldenNets)) {
      const graph = program().evaluations.predict.build();
      for (const kind of ['parameter', 'statistic'] as const) {
        const { size, forEach } = stateStorage(graph, blocked(block), kind);
        const places: number[] = [];
        let inOrder = true;
        forEach((canonical, stored) => {
          inOrder &&= canonical === places.length;
          places.push(stored);
        });
        expect(inOrder).toBe(true);
        const inputs = graph.inputs.filter(input => input.kind === kind);
        expect(places.length).toBe(inputs.reduce((sum, { value }) => sum + elements(value.shape), 0));
        expect(new Set(places).size).toBe(places.length);
        expect(places.every(place => place >= 0 && place < size)).toBe(true);
      }
    }
  });

  it.each([8, 16])('lays out whole models for blocks of %i', block => {
    for (const program of Object.values(goldenNets)) {
      expect(trainingModel(program(), blocked(block)).length).toBeGreaterThan(0);
      expect(statisticsModel(program(), blocked(block)).length).toBeGreaterThan(0);
      expect(evaluationModel(program().evaluations.predict.build(), blocked(block)).length).toBeGreaterThan(
        0,
      );
      expect(
        evaluationModel(program().evaluations.responses!.build(), blocked(block)).length,
      ).toBeGreaterThan(0);
    }
  });
});
