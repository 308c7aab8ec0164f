import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../checkout.ts';
import { UserError } from '../errors.ts';
import { loadTargets } from '../manifest/load.ts';
import { recordOf } from '../record/records.fixture.ts';
import { openStore } from '../record/store.ts';
import { makePlan, type PlanOptions } from './plan.ts';
import type { Plan, PlannedJob } from './types.ts';

const all = ['table6', 'figure1', 'figure6', 'figure7'];
const temporary = mkdtempSync(join(tmpdir(), 'residuals-plan-'));
const cacheBefore = process.env.RESIDUALS_CACHE;
beforeAll(() => {
  process.env.RESIDUALS_CACHE = join(temporary, 'cache');
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.RESIDUALS_CACHE;
  else process.env.RESIDUALS_CACHE = cacheBefore;
  rmSync(temporary, { recursive: true });
});

let stores = 0;
const newStore = () => join(temporary, `store-${stores++}`);

async function plan(
  names: string[],
  options: Partial<PlanOptions> & { profile?: string; experiment?: string } = {},
): Promise<Plan> {
  const { profile = 'mini', experiment, ...rest } = options;
  const targets = await loadTargets(names, profile, experiment === undefined ? {} : { experiment });
  return makePlan({
    targets,
    backend: { id: 'reference', numerics: 1 },
    data: new Map([['cifar10', { digest: 'digest' }]]),
    store: newStore(),
    ...rest,
  });
}

const seedOf = ({ identity }: PlannedJob) => (identity.kind === 'train' ? identity.seed : 0);
const keys = ({ jobs }: Plan) => new Map(jobs.map(job => [`${job.network} seed ${seedOf(job)}`, job.key]));
const networks = ({ jobs }: Plan) => jobs.map(job => job.network).sort();

describe('the runs of a plan', () => {
  it('are shared by the tables and figures that show them', async () => {
    const together = await plan(all);
    expect(together.jobs).toHaveLength(13);
    expect(new Set(together.jobs.map(run => run.key)).size).toBe(13);
    const targets = (network: string) => together.jobs.find(run => run.network === network)!.targets;
    expect(targets('ResNet-20')).toEqual(['table6', 'figure6', 'figure7']);
    // A claim about shortcuts stands beside Table 6.
    expect(targets('plain-56')).toEqual(['table6', 'figure1', 'figure6', 'figure7']);

    const figure6 = [...keys(await plan(['figure6'])).values()];
    for (const name of ['figure1', 'figure7'])
      expect(figure6).toEqual(expect.arrayContaining([...keys(await plan([name])).values()]));
  });

  it('have the same names in a table whatever else is asked for, a network its own before what it is to another', async () => {
    const data = new Map(
      ['digits', 'digits-voc', 'digits-coco'].map(set => [set, { digest: `digest of ${set}` }] as const),
    );
    const namesIn = ({ jobs }: Plan) =>
      new Map(jobs.filter(({ names }) => names.table9).map(({ key, names }) => [key, names.table9!]));
    const alone = namesIn(await plan(['table9'], { data, seeds: [1, 2, 3] }));
    const among = namesIn(await plan(['table7', 'table8', 'table9'], { data, seeds: [1, 2, 3] }));
    expect(among).toEqual(alone);
    const names = [...alone.values()];
    expect(names.filter(name => name === 'ResNet-101 COCO context')).toHaveLength(3);
    expect(names.filter(name => name.startsWith('ResNet-101 COCO ensemble, detector'))).toHaveLength(6);
  });

  it('are one for each seed: five of ResNet-110 in the paper, and what --seeds says', async () => {
    expect(
      networks(await plan(['table6'], { profile: 'paper' })).filter(name => name === 'ResNet-110'),
    ).toHaveLength(5);
    const three = await plan(['figure1'], { seeds: [1, 2, 3] });
    expect(three.jobs.map(seedOf).sort()).toEqual([1, 1, 2, 2, 3, 3]);
    expect(keys(three)).toEqual(new Map([...keys(three), ...keys(await plan(['figure1']))]));
  });

  it('are all that are recorded besides those of the profile, and never more to train', async () => {
    const store = newStore();
    const many = await plan(['figure1'], { store, seeds: [2, 7] });
    const [some] = many.jobs.filter(job => job.network === 'plain-56' && seedOf(job) === 7);
    openStore(store).write(recordOf(some!.identity));
    // Another profile's run is of another family.
    const other = await plan(['figure1'], { store, seeds: [5], profile: 'smoke' });
    openStore(store).write(recordOf(other.jobs[0]!.identity));
    const seedsOf = async (options: object) =>
      (await plan(['figure1'], { store, ...options })).jobs.map(job => [
        job.network,
        seedOf(job),
        job.state.is,
      ]);
    expect((await seedsOf({})).sort()).toEqual([
      ['plain-20', 1, 'not started'],
      ['plain-56', 1, 'not started'],
      ['plain-56', 7, 'finished'],
    ]);
    expect((await seedsOf({ force: true })).sort()).toEqual([
      ['plain-20', 1, 'not started'],
      ['plain-56', 1, 'not started'],
    ]);
    expect((await seedsOf({ seeds: [1] })).sort()).toEqual([
      ['plain-20', 1, 'not started'],
      ['plain-56', 1, 'not started'],
    ]);
    const record = join(openStore(store).jobFolder(some!.key), 'record.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace('"measures"', '"measured"'));
    expect(await seedsOf({})).toHaveLength(2);
  });

  it('leave out what the profile does not run', async () => {
    expect(networks(await plan(['table6'], { profile: 'smoke' }))).not.toContain('ResNet-1202');
  });

  it('come longest first', async () => {
    const { jobs } = await plan(all, { profile: 'paper' });
    const seconds = jobs.map(({ cost }) => cost.seconds);
    expect(jobs[0]!.network).toBe('ResNet-1202');
    expect(seconds).toEqual(seconds.toSorted((a, b) => b - a));
  });
});

describe('--rows', () => {
  it('selects by label, by network, and whatever the case', async () => {
    expect(networks(await plan(['table6'], { rows: ['resnet-20', 'ResNet-56'] }))).toEqual([
      'ResNet-20',
      'ResNet-56',
    ]);
    expect(networks(await plan(['figure1'], { rows: ['56-layer'] }))).toEqual(['plain-56']);
    expect(networks(await plan(['figure1'], { rows: ['plain-20'] }))).toEqual(['plain-20']);
  });

  it('selects nothing to run for a row that is only published', async () => {
    expect((await plan(['table6'], { rows: ['Maxout'] })).jobs).toEqual([]);
  });

  it('refuses an unknown label with the nearest ones', async () => {
    const error = await plan(['table6'], { rows: ['ResNet-65'] }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(/table6: no row "ResNet-65"\. Did you mean .*ResNet-56/);
    expect((error as UserError).fix).toContain('Maxout');
  });
});

describe('the state of a run', () => {
  it('is what the store holds, and new when forced', async () => {
    const store = newStore();
    const { jobs } = await plan(['figure1'], { store });
    expect(jobs.map(({ state }) => state.is)).toEqual(['not started', 'not started']);
    const [first] = jobs;
    openStore(store).write(
      recordOf(first!.identity, { network: first!.network, provenance: { peakMemoryMiB: 321 } }),
    );

    const after = await plan(['figure1'], { store });
    expect(after.jobs.map(({ state }) => state.is)).toEqual(['not started', 'finished']);
    expect(after.jobs[1]).toMatchObject({ key: first!.key, cost: { seconds: 0, memoryMiB: 321 } });
    const forced = await plan(['figure1'], { store, force: true });
    expect(forced.jobs.map(({ state }) => state.is)).toEqual(['not started', 'not started']);
  });

  it('is unusable where the record is half-written: the file is named, nothing is lost, force goes not over it', async () => {
    const store = newStore();
    const [first] = (await plan(['figure1'], { store })).jobs;
    openStore(store).write(
      recordOf(first!.identity, { network: first!.network, provenance: { peakMemoryMiB: 321 } }),
    );
    const file = join(store, 'runs', first!.key, 'record.json');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
    for (const force of [false, true]) {
      const { jobs } = await plan(['figure1'], { store, force });
      const { state } = jobs.find(({ key }) => key === first!.key)!;
      expect(state).toEqual({
        is: 'unusable',
        problem: expect.stringContaining(`${file}: cannot be used as a record, it is half-written`),
        fix: expect.stringContaining(`mv ${file} ${file}.bad`),
      });
      expect(jobs.filter(({ state }) => state.is === 'not started')).toHaveLength(1);
    }
    expect(readFileSync(file, 'utf8')).toHaveLength(100);
  });

  it('is unusable where the checkpoint is, unless it is thrown away by force', async () => {
    const store = newStore();
    const [first] = (await plan(['figure1'], { store })).jobs;
    mkdirSync(join(store, 'runs', first!.key), { recursive: true });
    writeFileSync(join(store, 'store.json'), '{"version": 2}');
    writeFileSync(join(store, 'runs', first!.key, 'checkpoint.bin'), 'x');
    const states = async (options: object) =>
      (await plan(['figure1'], { store, ...options })).jobs.map(({ state }) => state.is).sort();
    expect(await states({})).toEqual(['not started', 'unusable']);
    expect(await states({ force: true })).toEqual(['not started', 'not started']);
  });

  it('of others does not stop a plan, even where their records are damaged', async () => {
    const store = newStore();
    const other = (await plan(['figure1'], { store })).jobs.find(({ network }) => network === 'plain-20');
    openStore(store).write(recordOf(other!.identity, { network: other!.network }));
    writeFileSync(join(store, 'runs', other!.key, 'record.json'), '{');
    expect((await plan(['table6'], { store })).jobs).toHaveLength(8);
  });
});

describe('what an edit of the manifests runs again', () => {
  const cifar = 'protocols/cifar10.yaml';
  const edits: [what: string, file: string, from: string, to: string, rerun: (name: string) => boolean][] = [
    [
      'a title',
      'paper.json',
      '"title": "Classification error on the CIFAR-10 test set',
      '"title": "Errors on the CIFAR-10 test set',
      () => false,
    ],
    ['a comment', cifar, 'spec: # the', '# a remark\nspec: # the', () => false],
    ['what a deviation says', cifar, 'Half the filters', 'Fifty per cent of the filters', () => false],
    [
      'the order of keys',
      cifar,
      '    drops: [32000, 48000]\n    divisor: 10',
      '    divisor: 10\n    drops: [32000, 48000]',
      () => false,
    ],
    ['the threshold of a claim', 'claims.yaml', '{ value: 5, why', '{ value: 6, why', () => false],
    ['another profile', cifar, 'schedule.drops: [4, 6]', 'schedule.drops: [4, 7]', () => false],
    ['the learning rate', cifar, 'schedule.rate: 0.03', 'schedule.rate: 0.02', () => true],
    [
      'the learning rate of the warm-up',
      cifar,
      'schedule.warmup.rate: 0.003',
      'schedule.warmup.rate: 0.002',
      name => /^ResNet-(110|1202)$/.test(name),
    ],
    [
      'the learning rate of one network',
      cifar,
      'set: { network.blocks: *n5 } }',
      'set: { network.blocks: *n5, schedule.divisor: 5 } }',
      name => name === 'ResNet-32',
    ],
  ];

  it.each(edits)('%s', async (_, file, from, to, rerun) => {
    const experiment = mkdtempSync(join(temporary, 'experiment-'));
    cpSync(join(root, 'experiments', 'resnet-2015'), experiment, { recursive: true });
    const before = keys(await plan(all, { experiment }));
    const text = readFileSync(join(experiment, file), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(experiment, file), text.replace(from, to));
    const after = keys(await plan(all, { experiment }));
    expect([...after.keys()]).toEqual(expect.arrayContaining([...before.keys()]));
    const changed = [...before.keys()].filter(run => before.get(run) !== after.get(run));
    expect(changed.sort()).toEqual(
      [...before.keys()].filter(run => rerun(run.replace(/ seed \d+$/, ''))).sort(),
    );
  });
});
