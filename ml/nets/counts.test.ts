import { describe, expect, it } from 'vitest';
import { buildForward } from './build.ts';
import { countNetwork, multiplyAdds } from './counts.ts';
import { type CifarNetwork, depth, networkName } from './spec.ts';

function cifar(family: CifarNetwork['family'], n: number): CifarNetwork {
  return {
    family,
    n,
    widths: [16, 32, 64],
    shortcut: family === 'resnet' ? 'A' : 'none',
    classes: 10,
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    init: { convolution: 'he', classifier: 'he' },
  };
}

/** Depth parameter n, parameters and multiply-adds; ResNet-20, 56, 110 and 1202 are 0.27M, 0.85M, 1.7M and 19.4M in Table 6. */
const parameters = { 3: 269_722, 5: 464_154, 7: 658_586, 9: 853_018, 18: 1_727_962, 200: 19_421_274 };
const costs = { 3: 40_551_040, 9: 125_485_696, 18: 252_887_680, 200: 2_829_238_912 };

describe('counts of the CIFAR-10 networks with option A', () => {
  it.each(Object.entries(parameters))('n = %s has %i parameters', (n, expected) => {
    expect(countNetwork(cifar('resnet', Number(n)), 32).parameters).toBe(expected);
  });

  it.each(Object.entries(costs))('n = %s takes %i multiply-adds on 32x32 images', (n, expected) => {
    expect(countNetwork(cifar('resnet', Number(n)), 32).multiplyAdds).toBe(expected);
  });

  it.each([3, 5, 7, 9])('a plain net of n = %i costs what its ResNet twin costs', n => {
    expect(countNetwork(cifar('plain', n), 32)).toEqual(countNetwork(cifar('resnet', n), 32));
  });

  it('counts the whole batch of a graph', () => {
    const one = countNetwork(cifar('resnet', 3), 32).multiplyAdds;
    expect(multiplyAdds(buildForward(cifar('resnet', 3), 'predict', 4, 32).graph)).toBe(4 * one);
  });

  it.each([3, 200])('n = %i is named after its weighted layers', n => {
    const weights = buildForward(cifar('resnet', n), 'predict', 1, 32).parameters.filter(
      p => p.role === 'convolution' || p.role === 'classifierWeight',
    );
    expect(weights).toHaveLength(depth(cifar('resnet', n)));
    expect(networkName(cifar('resnet', n))).toBe(`ResNet-${weights.length}`);
  });
});
