import { describe, expect, it } from 'vitest';
import { countNetwork } from './counts.ts';
import { type Description, describeNetwork, type Layer } from './describe.ts';
import { cifarNetwork, depth, imageNetNetwork, type NetworkSpec, networkName, vggNetwork } from './spec.ts';

const cifar = cifarNetwork(3, 'A');

const networks: [NetworkSpec, number][] = [
  [imageNetNetwork(18, 'none'), 224],
  [imageNetNetwork(34, 'A'), 224],
  [imageNetNetwork(34, 'C'), 224],
  [imageNetNetwork(50, 'B'), 224],
  [{ ...imageNetNetwork(50, 'B'), strideIn: '3x3', stem: 'small' }, 64],
  [imageNetNetwork(152, 'B'), 224],
  [vggNetwork(16), 224],
  [vggNetwork(19), 224],
  [cifar, 32],
  [cifarNetwork(3, 'none'), 32],
];

function block(description: Description, name: string): Layer[] {
  return description.layers.filter(layer => layer.block === name);
}

function sum(items: readonly { multiplyAdds: number }[]): number {
  return items.reduce((total, item) => total + item.multiplyAdds, 0);
}

describe('describeNetwork', () => {
  it.each(networks.map(([spec, size]) => [networkName(spec), spec, size] as const))(
    'shares all of the cost of %s out among layers and shortcuts',
    (_, spec, size) => {
      const { layers, shortcuts } = describeNetwork(spec, size);
      expect(sum([...layers, ...shortcuts])).toBe(countNetwork(spec, size).multiplyAdds);
      const weighted = layers.filter(({ weights }) => weights > 0);
      expect(weighted).toHaveLength(depth(spec));
    },
  );

  it('follows the channels from each layer to the next', () => {
    for (const [spec, size] of networks.filter(([{ family }]) => family !== 'vgg')) {
      const { layers } = describeNetwork(spec, size);
      expect(layers[0]!.inputs).toBe(3);
      layers.slice(1).forEach((layer, i) => {
        expect(layer.inputs, layer.name).toBe(layers[i]!.filters);
      });
    }
  });

  it('tells kernels, strides and sizes of ResNet-50', () => {
    const description = describeNetwork(imageNetNetwork(50, 'B'), 224);
    const shown = block(description, 'conv3_1').map(({ name, stage, kernel, stride, filters, size }) => [
      ...[name, stage, kernel, stride, filters, size],
    ]);
    expect(shown).toEqual([
      ['conv3_1a', 'conv3_x', 1, 2, 128, 28],
      ['conv3_1b', 'conv3_x', 3, 1, 128, 28],
      ['conv3_1c', 'conv3_x', 1, 1, 512, 28],
    ]);
    expect(
      description.layers.filter(layer => layer.block === null).map(({ kind, size }) => [kind, size]),
    ).toEqual([
      ['convolution', 112],
      ['maxPool', 56],
      ['averagePool', 1],
      ['dense', 1],
    ]);
  });

  it.each(['A', 'B', 'C'] as const)('tells the shortcuts of option %s', option => {
    const { shortcuts } = describeNetwork(imageNetNetwork(34, option), 224);
    expect(shortcuts).toHaveLength(16);
    const changing = shortcuts.filter(({ changes }) => changes);
    expect(changing.map(({ block }) => block)).toEqual(['conv3_1', 'conv4_1', 'conv5_1']);
    const kinds = new Set(shortcuts.filter(({ changes }) => !changes).map(({ kind }) => kind));
    expect([...kinds]).toEqual([option === 'C' ? 'projection' : 'identity']);
    expect(new Set(changing.map(({ kind }) => kind))).toEqual(
      new Set([option === 'A' ? 'zero-padded' : 'projection']),
    );
  });

  it('sees that the first bottleneck grows without striding', () => {
    const [first] = describeNetwork(imageNetNetwork(50, 'B'), 224).shortcuts;
    expect(first).toMatchObject({
      block: 'conv2_1',
      kind: 'projection',
      changes: true,
      inputs: 64,
      inputSize: 56,
    });
    expect(first!.weights).toBe(64 * 256);
  });

  it('finds no shortcuts in nets that have none', () => {
    expect(describeNetwork(imageNetNetwork(34, 'none'), 224).shortcuts).toEqual([]);
    expect(describeNetwork(vggNetwork(19), 224).shortcuts).toEqual([]);
  });

  it('costs the blocks of Figure 5 exactly', () => {
    const cost = (layers: 34 | 50, option: 'A' | 'B') => {
      const inside = block(describeNetwork(imageNetNetwork(layers, option), 224), 'conv2_2');
      return [sum(inside), inside.reduce((total, { weights }) => total + weights, 0)];
    };
    expect(cost(34, 'A')).toEqual([231_211_008, 73_728]);
    expect(cost(50, 'B')).toEqual([218_365_952, 69_632]);
  });
});
