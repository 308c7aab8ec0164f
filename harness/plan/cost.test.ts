import { describe, expect, it } from 'vitest';
import { loadTargets } from '../manifest/load.ts';
import { networksOf } from '../manifest/types.ts';
import { recordOf as recordWith } from '../record/records.fixture.ts';
import { type Provenance, type TrainIdentity, version } from '../record/types.ts';
import type { TrainSpec } from '../tasks/task.ts';
import { assumedSpeed, costModel } from './cost.ts';

const cpu = 'test CPU';

async function identityOf(network: string, profile = 'mini'): Promise<TrainIdentity> {
  const [target] = await loadTargets(['figure6'], profile);
  return identityFor(networksOf(target!).find(({ name }) => name === network)!.spec);
}

function identityFor(spec: TrainSpec): TrainIdentity {
  const inputs = { data: 'd' };
  return {
    version,
    kind: 'train',
    task: 'classification',
    spec,
    seed: 1,
    inputs,
    backend: 'reference',
    numerics: 1,
  };
}

function recordOf(network: string, identity: TrainIdentity, provenance: Partial<Provenance> = {}) {
  return recordWith(identity, {
    network,
    provenance: { cpu, unitMilliseconds: 50, peakMemoryMiB: 321, ...provenance },
  });
}

/** mini: 16 points of 2,000 images, and all 10,000 for the error and for the responses. */
const miniImages = 16 * 2000 + 2 * 10_000;

describe('measured costs', () => {
  it('are what the recorded run took', async () => {
    const identity = await identityOf('ResNet-20');
    const record = recordOf('ResNet-20', identity, { seconds: 60, unitMilliseconds: 50 });
    const cost = costModel([record], { cpu })({ ...identity, seed: 2 }, 0);
    expect(cost.seconds).toBeCloseTo(60);
    expect(cost).toMatchObject({ basis: 'measured', memoryMiB: 321 });
  });

  it('say which records they rest on', async () => {
    const identity = await identityOf('ResNet-20');
    const record = recordOf('ResNet-20', identity);
    const { hardware } = record.provenance.session;
    const source = { records: 1, stores: ['/store'], thisCpu: true, hardware: [hardware] };
    const storeOf = () => '/store';
    expect(costModel([record], { cpu }, storeOf)(identity, 0).source).toEqual(source);
    const other = costModel([record], { cpu: 'another CPU' }, storeOf)(identity, 0);
    expect(other).toMatchObject({ basis: 'estimated', source: { ...source, thisCpu: false } });
    const none = { records: 0, stores: [], thisCpu: false, hardware: [] };
    expect(costModel([], { cpu })(identity, 0).source).toEqual(none);
  });

  it('count threads: two of them for half as long cost the same', async () => {
    const identity = await identityOf('ResNet-20');
    const session = {
      backend: 'reference',
      version: '1',
      device: 'cpu',
      variant: 'loops',
      hardware: 'any',
      threads: 2,
    };
    const record = recordOf('ResNet-20', identity, { seconds: 30, unitMilliseconds: 25, session });
    expect(costModel([record], { cpu })(identity, 0).seconds).toBeCloseTo(60);
  });

  it('of a half-done run are what remains of steps and test images', async () => {
    const identity = await identityOf('ResNet-20');
    const record = recordOf('ResNet-20', identity, { seconds: 800 * 0.05 + 52, unitMilliseconds: 50 });
    const remaining = 400 * 0.05 + ((8 * 2000 + 20_000) / miniImages) * 52;
    expect(costModel([record], { cpu })(identity, 400).seconds).toBeCloseTo(remaining);
  });

  it('carry over to another number of iterations, not to another size', async () => {
    const record = recordOf('ResNet-20', await identityOf('ResNet-20', 'paper'));
    const costs = costModel([record], { cpu });
    expect(costs(await identityOf('ResNet-20', 'overnight'), 0).basis).toBe('measured');
    expect(costs(await identityOf('ResNet-20', 'mini'), 0).basis).toBe('estimated');
    expect(costs(await identityOf('plain-20', 'paper'), 0).basis).toBe('estimated');
  });

  it('are not taken from another kind of CPU', async () => {
    const identity = await identityOf('ResNet-20');
    const record = recordOf('ResNet-20', identity, { cpu: 'another CPU' });
    expect(costModel([record], { cpu })(identity, 0)).toMatchObject({ basis: 'estimated', memoryMiB: 321 });
  });
});

describe('estimated costs', () => {
  it('count the views of test protocols, each by its area', async () => {
    const identity = await identityOf('ResNet-20', 'paper');
    const { spec } = identity;
    const tests = [
      { name: 'tenCrop', pad: 4 } as const,
      { name: 'multiScale', sizes: [16, 32], flip: true } as const,
    ];
    const tested = identityFor({ ...spec, evaluation: { ...spec.evaluation, tests } } as TrainSpec);
    const costs = costModel([], { cpu });
    const more = costs(tested, 0).seconds - costs(identity, 0).seconds;
    expect(more).toBeCloseTo((10_000 * (10 + 2 * 0.25 + 2) * 2 * 40_551_040) / assumedSpeed, 6);
  });

  it('without any record follow from the multiply-adds at the assumed speed', async () => {
    const cost = costModel([], { cpu })(await identityOf('ResNet-20', 'paper'), 0);
    const images = 64_000 * 128 * 3 + 64 * 10_000 + 20_000;
    expect(cost.basis).toBe('estimated');
    expect(cost.seconds).toBeCloseTo((images * 2 * 40_551_040) / assumedSpeed, 6);
  });

  it('go with the speed of the records of this CPU', async () => {
    const slow = recordOf('ResNet-20', await identityOf('ResNet-20'), { unitMilliseconds: 100 });
    const fast = recordOf('ResNet-20', await identityOf('ResNet-20'), {
      unitMilliseconds: 50,
      cpu: 'another CPU',
    });
    const other = await identityOf('ResNet-56');
    const seconds = (records: (typeof slow)[]) => costModel(records, { cpu })(other, 0).seconds;
    expect(seconds([slow, fast])).toBeCloseTo(2 * seconds([fast]));
  });

  it('go with the speed of the records of the same profile, where there are some', async () => {
    const narrow = recordOf('ResNet-20', await identityOf('ResNet-20'), { unitMilliseconds: 100 });
    const wide = recordOf('ResNet-20', await identityOf('ResNet-20', 'overnight'), { unitMilliseconds: 400 });
    const records = [
      { ...narrow, asked: { experiment: 'resnet-2015', profile: 'mini' } },
      { ...wide, asked: { experiment: 'resnet-2015', profile: 'overnight' } },
    ];
    const deeper = await identityOf('ResNet-56', 'overnight');
    const seconds = (from: typeof records, profile: string) =>
      costModel(from, { cpu, profile })(deeper, 0).seconds;
    expect(seconds(records, 'overnight')).toBe(seconds([records[1]!], ''));
    expect(seconds(records, 'mini')).toBe(seconds([records[0]!], ''));
    expect(seconds(records, 'overnight')).not.toBe(seconds(records, 'mini'));
  });

  it('of memory are of the order of what was measured', async () => {
    const memory = async (network: string, profile: string) =>
      costModel([], { cpu })(await identityOf(network, profile), 0).memoryMiB;
    expect(await memory('ResNet-20', 'paper')).toBeGreaterThan(450);
    expect(await memory('ResNet-20', 'paper')).toBeLessThan(900);
    expect(await memory('ResNet-1202', 'mini')).toBeGreaterThan(4000);
    expect(await memory('ResNet-1202', 'mini')).toBeLessThan(7000);
    const [table3] = await loadTargets(['table3'], 'mini');
    const peaks = { 'plain-34': 747, 'ResNet-34 C': 787, 'ResNet-50': 1218, 'ResNet-152': 2058 };
    for (const [name, peak] of Object.entries(peaks)) {
      const identity = identityFor(networksOf(table3!).find(network => network.name === name)!.spec);
      const { memoryMiB } = costModel([], { cpu })(identity, 0);
      expect(Math.abs(memoryMiB / peak - 1), name).toBeLessThan(0.15);
    }
  });
});

describe('costs of another kind of device', () => {
  it('are not taken from what a GPU elsewhere took, nor for a GPU from a CPU', async () => {
    const identity = await identityOf('ResNet-20');
    const onGpu = { ...recordOf('ResNet-20', identity).provenance.session, device: 'cuda' };
    const elsewhere = recordOf('ResNet-20', identity, { cpu: 'another CPU', session: onGpu });
    const basisOf = (record: typeof elsewhere, device?: string) =>
      costModel([record], { cpu, ...(device && { device }) })(identity, 0);
    expect(basisOf(elsewhere).source.records).toBe(0);
    expect(basisOf(elsewhere, 'cuda').source.records).toBe(1);
    expect(basisOf(recordOf('ResNet-20', identity), 'cuda').source.records).toBe(0);
    expect(basisOf(recordOf('ResNet-20', identity, { session: onGpu })).basis).toBe('measured');
  });
});

describe('costs of another backend', () => {
  it('are not taken from the records of this one', async () => {
    const identity = await identityOf('ResNet-20');
    const record = recordOf('ResNet-20', identity, { seconds: 60 });
    const cost = costModel([record], { cpu })({ ...identity, backend: 'onnxruntime' }, 0);
    expect(cost.basis).toBe('estimated');
    expect(cost.seconds).toBeCloseTo(costModel([], { cpu })(identity, 0).seconds);
  });
});
