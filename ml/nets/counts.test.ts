import { describe, expect, it } from 'vitest';
import { elements } from '../graph/ops.ts';
import { buildForward } from './build.ts';
import { countNetwork, multiplyAdds } from './counts.ts';
import { cifarNetwork, depth, imageNetNetwork, networkName, vggNetwork } from './spec.ts';

/** Depth parameter n, parameters and multiply-adds; ResNet-20, 56, 110 and 1202 are 0.27M, 0.85M, 1.7M and 19.4M in Table 6. */
const parameters = { 3: 269_722, 5: 464_154, 7: 658_586, 9: 853_018, 18: 1_727_962, 200: 19_421_274 };
const costs = { 3: 40_551_040, 9: 125_485_696, 18: 252_887_680, 200: 2_829_238_912 };

describe('counts of the CIFAR-10 networks with option A', () => {
  it.each(Object.entries(parameters))('n = %s has %i parameters', (n, expected) => {
    expect(countNetwork(cifarNetwork(Number(n), 'A'), 32).parameters).toBe(expected);
  });

  it.each(Object.entries(costs))('n = %s takes %i multiply-adds on 32x32 images', (n, expected) => {
    expect(countNetwork(cifarNetwork(Number(n), 'A'), 32).multiplyAdds).toBe(expected);
  });

  it.each([3, 5, 7, 9])('a plain net of n = %i costs what its ResNet twin costs', n => {
    expect(countNetwork(cifarNetwork(n, 'none'), 32)).toEqual(countNetwork(cifarNetwork(n, 'A'), 32));
  });

  it.each([
    [1, 2, 3],
    [4, 1, 5],
  ])('stages of %i, %i and %i blocks cost what their graph costs', (...blocks) => {
    for (const shortcut of ['A', 'B', 'C', 'none'] as const)
      for (const block of ['basic', 'bottleneck'] as const)
        for (const stem of ['small', 'imagenet'] as const) {
          const network = { ...cifarNetwork(1, 'A'), blocks, shortcut, block, stem };
          const { graph, parameters } = buildForward(network, 'predict', 1, 32);
          expect(countNetwork(network, 32)).toEqual({
            parameters: parameters.reduce((sum, { value }) => sum + elements(value.shape), 0),
            multiplyAdds: multiplyAdds(graph),
          });
        }
  });

  it('counts the whole batch of a graph', () => {
    const one = countNetwork(cifarNetwork(3, 'A'), 32).multiplyAdds;
    expect(multiplyAdds(buildForward(cifarNetwork(3, 'A'), 'predict', 4, 32).graph)).toBe(4 * one);
  });

  it.each([3, 200])('n = %i is named after its weighted layers', n => {
    const weights = buildForward(cifarNetwork(n, 'A'), 'predict', 1, 32).parameters.filter(
      p => p.role === 'convolution' || p.role === 'classifierWeight',
    );
    expect(weights).toHaveLength(depth(cifarNetwork(n, 'A')));
    expect(networkName(cifarNetwork(n, 'A'))).toBe(`ResNet-${weights.length}`);
  });
});

describe('counts of the ImageNet networks at 224x224', () => {
  // Table 1 and sec. 3.3 print 1.8, 3.6, 3.8, 7.6 and 11.3 billion multiply-adds.
  it.each([
    [18, 'none', 1_794_805_760, 11_515_688],
    [18, 'A', 1_794_805_760, 11_515_688],
    [18, 'B', 1_814_073_344, 11_689_512],
    [34, 'none', 3_644_493_824, 21_623_848],
    [34, 'A', 3_644_493_824, 21_623_848],
    [34, 'B', 3_663_761_408, 21_797_672],
    [34, 'C', 3_830_747_136, 22_716_840],
    [50, 'B', 3_857_973_248, 25_557_032],
    [50, 'C', 6_324_224_000, 40_128_552],
    [101, 'B', 7_570_194_432, 44_549_160],
    [152, 'B', 11_282_415_616, 60_192_808],
  ] as const)(
    '%i layers, shortcut %s: %i multiply-adds, %i parameters',
    (layers, shortcut, multiplyAdds, parameters) => {
      expect(countNetwork(imageNetNetwork(layers, shortcut), 224)).toEqual({ multiplyAdds, parameters });
    },
  );

  it('ResNet-50 that strides in its 3x3 layers costs more and has as many parameters', () => {
    const network = { ...imageNetNetwork(50, 'B'), strideIn: '3x3' } as const;
    const expected = { multiplyAdds: 4_089_184_256, parameters: 25_557_032 };
    expect(countNetwork(network, 224)).toEqual(expected);
  });

  // Printed: 15.3 billion for VGG-16, its convolutions alone, and 19.6 for VGG-19, with the fully connected layers.
  it.each([
    [16, 15_346_630_656, 138_357_544],
    [19, 19_508_428_800, 143_667_240],
  ] as const)(
    'VGG-%i: %i multiply-adds in convolutions, %i parameters',
    (depth, convolutions, parameters) => {
      const connected = 123_633_664;
      const counts = countNetwork(vggNetwork(depth), 224);
      expect(counts).toEqual({ multiplyAdds: convolutions + connected, parameters });
    },
  );

  it.each([18, 34, 50, 101, 152] as const)(
    'ResNet-%i has as many weighted layers, projections aside',
    layers => {
      const network = imageNetNetwork(layers, 'B');
      const weights = buildForward(network, 'predict', 1, 224).parameters.filter(
        p => p.value.name.endsWith('.weight') && !p.value.name.includes('projection'),
      );
      expect(weights).toHaveLength(layers);
      expect(networkName(network)).toBe(`ResNet-${layers}`);
    },
  );
});
