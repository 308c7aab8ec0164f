import { describe, expect, it } from 'vitest';
import { countNetwork } from '../../ml/nets/counts.ts';
import { imageNetNetwork } from '../../ml/nets/spec.ts';
import { isOfOtherImages } from './images.ts';
import { loadTargets, targetNames } from './load.ts';
import { type NetworkConfig, networksOf, type PublishedValue, type TableTarget } from './types.ts';

const tables = ['table2', 'table3', 'table4', 'table5', 'figure4'];

async function networks(profile: string): Promise<Map<string, NetworkConfig>> {
  const targets = await loadTargets(tables, profile);
  return new Map(targets.flatMap(target => networksOf(target).map(network => [network.name, network])));
}

describe('the nets of sec. 4.1', () => {
  it('are those of Table 1 under paper, and those of its footnotes', async () => {
    const plans = await networks('paper');
    const expected = {
      'plain-18': imageNetNetwork(18, 'none'),
      'plain-34': imageNetNetwork(34, 'none'),
      'plain-18 x3': imageNetNetwork(18, 'none'),
      'plain-34 x3': imageNetNetwork(34, 'none'),
      'plain-34 signals': imageNetNetwork(34, 'none'),
      'plain-50': imageNetNetwork(50, 'none'),
      'plain-101': imageNetNetwork(101, 'none'),
      'ResNet-18': imageNetNetwork(18, 'A'),
      'ResNet-34 A': imageNetNetwork(34, 'A'),
      'ResNet-34 B': imageNetNetwork(34, 'B'),
      'ResNet-34 C': imageNetNetwork(34, 'C'),
      'ResNet-66 B': { ...imageNetNetwork(34, 'B'), blocks: [6, 8, 12, 6] },
      'ResNet-50': imageNetNetwork(50, 'B'),
      'ResNet-101': imageNetNetwork(101, 'B'),
      'ResNet-152': imageNetNetwork(152, 'B'),
    };
    const specs = [...plans].map(([name, { spec }]) => [name, spec.network]);
    expect(Object.fromEntries(specs)).toEqual(expected);
    for (const { spec, paper } of plans.values()) expect(spec).toEqual(paper);
  });

  it('keep blocks and shortcuts under mini, at an eighth of the width, on CIFAR-10', async () => {
    for (const [name, { spec, paper }] of await networks('mini')) {
      expect(spec.network, name).toEqual({
        ...paper.network,
        widths: [8, 16, 32, 64],
        stem: 'small',
        classes: 10,
        init: { convolution: 'he', classifier: 0.01 },
      });
      const cifar10 = { set: 'cifar10', downsample: 1, trainImages: 50_000, testImages: 5000 };
      expect(spec.data).toMatchObject(cifar10);
      expect(countNetwork(spec.network, 32).multiplyAdds).toBeLessThan(60e6);
    }
  });
});

describe('nets that train three times longer', () => {
  it.each(['paper', 'overnight', 'mini'])('do so under %s, with drops at the same parts', async profile => {
    const all = await networks(profile);
    for (const name of ['plain-18', 'plain-34']) {
      const [usual, longer] = [name, `${name} x3`].map(each => all.get(each)!.spec.schedule);
      expect(longer!.iterations).toBe(3 * usual!.iterations);
      expect(longer!.drops).toEqual(usual!.drops.map(drop => 3 * drop));
    }
  });
});

describe('what Tables 2 to 5 and Figure 4 show', () => {
  it('are nine networks, shared, and the six that section 4.1 and footnotes 3 and 4 speak of', async () => {
    expect((await networks('mini')).size).toBe(15);
    const shown = (await loadTargets(tables, 'mini')).map(target => [target.name, networksOf(target).length]);
    expect(Object.fromEntries(shown)).toEqual({ table2: 4, table3: 7, table4: 8, table5: 6, figure4: 7 });
  });

  it('is judged where the images are equal: Table 5 is of the test set, whose labels are not known', async () => {
    const [three, five] = (await loadTargets(['table3', 'table5'], 'paper')) as TableTarget[];
    expect(three!.family).toEqual(five!.family);
    expect(three!.family.length).toBeGreaterThan(20);
    for (const { published } of three!.family) expect(published.images).toBe('validation');
    const ours = five!.rows.at(-1)!;
    expect(ours.published.top5).toMatchObject({ estimator: 'ensemble', models: 6, images: 'test' });
    expect(isOfOtherImages(ours.published.top5 as PublishedValue, five!.networks[0]!)).toBe(true);
  });

  it('is told apart from the paper by assumptions of its own', async () => {
    const [table2, table5] = await loadTargets(['table2', 'table5'], 'paper');
    const shared = table2!.assumptions.map(({ text }) => text);
    const own = table5!.assumptions.map(({ text }) => text).filter(text => !shared.includes(text));
    expect(own.join('\n')).toMatch(/six models[\s\S]*test set[\s\S]*square/);
  });

  it('has one margin under a profile for every order, so that none is spared by what was known of it', async () => {
    const [target] = (await loadTargets(['table3'], 'mini')) as [TableTarget];
    const tests = target.argument.claims
      .filter(({ protocol }) => protocol === 'imagenet')
      .flatMap(({ tests }) => tests.map(({ test }) => test));
    const orders = tests.flatMap(test => (test.kind === 'order' ? [test.thresholds] : []));
    expect(orders.length).toBeGreaterThan(6);
    for (const { paper, mini, overnight } of orders)
      expect([paper?.value, mini?.value, overnight?.value]).toEqual([0, 1, 0]);
  });
});

it('every target has every profile, but for a night of detection; one that nobody has is refused', async () => {
  for (const profile of ['paper', 'mini', 'smoke'])
    expect(await targetNames({ profile })).toEqual(await targetNames());
  // Detectors at the paper's sizes take more than a night.
  const trained = (await targetNames()).filter(name => !/^table([789]|1\d)$/.test(name));
  expect(await targetNames({ profile: 'overnight' })).toEqual(trained);
  await expect(targetNames({ profile: 'mniature' })).rejects.toThrow('no profile "mniature"');
});
