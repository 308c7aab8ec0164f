import { describe, expect, it } from 'vitest';
import { buildForward } from '../nets/build.ts';
import { cifarNetwork, imageNetNetwork, type NetworkSpec, vggNetwork } from '../nets/spec.ts';
import { Graph } from './graph.ts';
import { fromPlain, type PlainGraph, toPlain } from './plain.ts';

const nets: Record<string, { network: NetworkSpec; size: number }> = {
  'ResNet-8': { network: cifarNetwork(1, 'A'), size: 16 },
  'ResNet-50 with projections': { network: imageNetNetwork(50, 'C'), size: 33 },
  'VGG-16': { network: vggNetwork(16, { filters: [2, 3, 4, 4, 4], hidden: 8 }), size: 32 },
};

/** A convolution and a ReLU, as plain data. */
function small(): PlainGraph {
  const graph = new Graph();
  const x = graph.input('images', 'images', [2, 3, 4, 4]);
  const w = graph.input('parameter', 'conv1.weight', [5, 3, 3, 3]);
  const { y } = graph.apply('conv', { x, w }, { stride: 1, pad: 1 }, 'conv1');
  graph.output('y', graph.apply('relu', { x: y }, {}, 'conv1.y.relu').y);
  return toPlain(graph);
}

describe('a graph as plain data', () => {
  it('says in a few words what is computed', () => {
    expect(small()).toEqual({
      values: [
        { name: 'images', shape: [2, 3, 4, 4] },
        { name: 'conv1.weight', shape: [5, 3, 3, 3] },
        { name: 'conv1.y', shape: [2, 5, 4, 4] },
        { name: 'conv1.y.relu.y', shape: [2, 5, 4, 4] },
      ],
      inputs: [
        { kind: 'images', id: 0 },
        { kind: 'parameter', id: 1 },
      ],
      nodes: [
        { op: 'conv', inputs: { x: 0, w: 1 }, attributes: { stride: 1, pad: 1 }, outputs: { y: 2 } },
        { op: 'relu', inputs: { x: 2 }, attributes: {}, outputs: { y: 3 } },
      ],
      outputs: { y: 3 },
    });
  });

  it.each(Object.entries(nets))('is the same graph again after JSON: %s', (_name, { network, size }) => {
    const { graph } = buildForward(network, 'train', 2, size);
    const again = fromPlain(JSON.parse(JSON.stringify(toPlain(graph))) as PlainGraph);
    expect(again.graph.nodes).toEqual(graph.nodes);
    expect(again.graph.inputs).toEqual(graph.inputs);
    expect(again.graph.outputs).toEqual(graph.outputs);
    expect(again.values.map(({ id }) => id)).toEqual([...again.values.keys()]);
  });

  it('is refused when its shapes are not those of its operators', () => {
    const plain = small();
    const values = plain.values.with(2, { name: 'conv1.y', shape: [2, 5, 2, 2] });
    expect(() => fromPlain({ ...plain, values })).toThrow(
      'value 2: expected conv1.y [2,5,2,2], received conv1.y [2,5,4,4]',
    );
  });

  it('is refused when a value comes from nowhere', () => {
    const plain = small();
    expect(() => fromPlain({ ...plain, nodes: plain.nodes.slice(0, 1) })).toThrow(
      'conv1.y.relu.y is neither an input of the graph nor an output of a node',
    );
  });
});
