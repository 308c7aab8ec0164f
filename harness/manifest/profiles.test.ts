import { describe, expect, it } from 'vitest';
import { depth, type ResidualNetwork } from '../../ml/nets/spec.ts';
import { loadTargets } from './load.ts';
import type { FigureTarget, NetworkConfig } from './types.ts';

async function figure6(profile: string): Promise<FigureTarget> {
  return (await loadTargets(['figure6'], profile))[0] as FigureTarget;
}

function network(target: FigureTarget, name: string): NetworkConfig {
  return target.networks.find(network => network.name === name)!;
}

/** Dotted paths and values of everything inside. */
function leaves(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, path ? `${path}.${key}` : key)]),
  );
}

describe('the profile paper', () => {
  it('is sections 3.4 and 4.2 to the letter', async () => {
    const target = await figure6('paper');
    expect(network(target, 'ResNet-20').spec).toEqual({
      data: {
        set: 'cifar10',
        downsample: 1,
        trainImages: 50_000,
        testImages: 10_000,
        augmentation: { pad: 4, flip: true },
      },
      network: {
        family: 'residual',
        block: 'basic',
        blocks: [3, 3, 3],
        widths: [16, 32, 64],
        shortcut: 'A',
        strideIn: 'first1x1',
        stem: 'small',
        classes: 10,
        batchNorm: { epsilon: 1e-5, momentum: 0.1 },
        init: { convolution: 'he', classifier: 'he' },
      },
      optimiser: { batch: 128, replicas: 1, sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' } },
      schedule: { iterations: 64_000, rate: 0.1, drops: [32_000, 48_000], divisor: 10, warmup: null },
      evaluation: {
        trainErrorEvery: 1000,
        testErrorEvery: 1000,
        testErrorImages: 10_000,
        responses: true,
        gradients: false,
        state: false,
        statisticsBatches: 0,
        tests: [],
      },
    });
    for (const { spec, paper } of target.networks) expect(spec).toEqual(paper);
  });

  it('warms up 110 and 1202 layers, and runs 110 layers five times', async () => {
    const { networks } = await figure6('paper');
    for (const { name, spec, seeds } of networks) {
      const warm = name === 'ResNet-110' || name === 'ResNet-1202';
      expect(spec.schedule.warmup).toEqual(warm ? { rate: 0.01, untilTrainError: 0.8, window: 100 } : null);
      expect(seeds).toBe(name === 'ResNet-110' ? 5 : 1);
    }
  });

  it('tells what the paper leaves open', async () => {
    const told = (await figure6('paper')).assumptions;
    expect(told).toHaveLength(6);
    for (const { set } of told) expect(set).toEqual({});
    const texts = told.map(({ text }) => text).join('\n');
    expect(texts).toMatch(/mean of the training images[\s\S]*padded with zeros[\s\S]*two GPUs[\s\S]*epsilon/);
    expect(texts).toMatch(/unbiased variance[\s\S]*end of an epoch[\s\S]*last twentieth[\s\S]*ResNet-1202/);
  });
});

describe.each(['mini', 'overnight', 'smoke'])('the profile %s', profile => {
  it('departs from the paper exactly where a deviation says so', async () => {
    const { networks, deviations } = await figure6(profile);
    for (const { name, spec, paper, seeds } of networks) {
      const ours = leaves({ ...spec, seeds });
      const theirs = leaves({ ...paper, seeds: name === 'ResNet-110' ? 5 : 1 });
      const departed = [...ours.keys()].filter(path => ours.get(path) !== theirs.get(path));
      const told = deviations
        .filter(deviation => deviation.for?.includes(name) ?? true)
        .flatMap(({ set }) => Object.keys(set));
      expect(departed.sort(), name).toEqual([...new Set(told)].sort());
    }
  });

  it('keeps topology, batch and optimiser, and one seed each', async () => {
    for (const { spec, paper, seeds } of (await figure6(profile)).networks) {
      expect(depth(spec.network)).toBe(depth(paper.network));
      const shortcutOf = ({ network }: typeof spec) => (network as ResidualNetwork).shortcut;
      expect(shortcutOf(spec)).toBe(shortcutOf(paper));
      expect(spec.optimiser).toEqual(paper.optimiser);
      expect(seeds).toBe(1);
    }
  });
});

describe('what a profile runs', () => {
  it('is everything under paper and mini; 1202 layers need reasons not to be run elsewhere', async () => {
    const skipped = async (profile: string) =>
      (await figure6(profile)).networks.filter(network => network.skipped);
    expect(await skipped('paper')).toEqual([]);
    expect(await skipped('mini')).toEqual([]);
    for (const profile of ['overnight', 'smoke']) {
      expect((await skipped(profile)).map(({ name }) => name)).toEqual(['ResNet-1202']);
    }
  });

  it('is a token of 1202 layers under mini, and says so', async () => {
    const target = await figure6('mini');
    expect(network(target, 'ResNet-1202').spec.schedule.iterations).toBe(10);
    const tokens = target.networks.filter(({ token }) => token);
    expect(tokens).toMatchObject([
      { name: 'ResNet-1202', token: { reason: expect.stringMatching(/can be built and trained/) } },
    ]);
    for (const profile of ['paper', 'overnight', 'smoke'])
      expect((await figure6(profile)).networks.filter(({ token }) => token)).toEqual([]);
  });
});

describe('the claims', () => {
  it('are those of the paper, in its order, and none is missing', async () => {
    const { argument, claims } = await figure6('mini');
    expect(argument.claims.map(({ id }) => id)).toEqual(
      Array.from({ length: 48 }, (_, i) => `C${String(i + 1).padStart(2, '0')}`),
    );
    expect(claims).toEqual(['C01', 'C02', 'C24', 'C27', 'C33']);
    for (const { where } of argument.claims) expect(where).not.toBe('');
  });

  it('have bounds under paper, overnight and mini; smoke has none', async () => {
    const { argument } = await figure6('mini');
    const bounds = argument.claims.flatMap(({ tests }) =>
      tests.flatMap(({ test }) => ('thresholds' in test ? [Object.keys(test.thresholds)] : [])),
    );
    for (const profiles of bounds) {
      expect(profiles).toContain('paper');
      expect(profiles).not.toContain('smoke');
    }
  });

  it('are in the paper’s direction: the better network comes first in an order', async () => {
    const { argument } = await figure6('mini');
    for (const { tests } of argument.claims) {
      for (const { test } of tests) {
        if (test.kind !== 'order' || !/\blower\b/.test(test.statement)) continue;
        const { statement, better, worse } = test;
        expect(statement.indexOf(better), statement).toBeGreaterThanOrEqual(0);
        expect(statement.indexOf(better), statement).toBeLessThan(statement.lastIndexOf(worse));
      }
    }
  });

  it('bring the networks that they need with them, where the profile has bounds for them', async () => {
    const namesOf = async (profile: string) => (await figure6(profile)).networks.map(({ name }) => name);
    for (const profile of ['paper', 'overnight', 'mini'])
      expect(await namesOf(profile)).toEqual(expect.arrayContaining(['plain-110', 'ResNet-20 single']));
    expect(await namesOf('smoke')).not.toContain('plain-110');
  });
});
