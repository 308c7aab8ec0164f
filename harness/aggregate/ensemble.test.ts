import { describe, expect, it } from 'vitest';
import type { PublishedCell, TableTarget } from '../manifest/types.ts';
import type { Task } from '../tasks/task.ts';
import { viewTarget } from './aggregate.ts';
import { ensembleSample } from './ensemble.ts';
import { jobsFor, runsFor } from './records.fixture.ts';
import { type Runs, runsOf } from './runs.ts';
import { cell, published, smallTable } from './targets.fixture.ts';
import type { TableView } from './types.ts';

const nets = ['ResNet-20', 'ResNet-56'];
const errors = {
  'ResNet-20': [
    [38, 35],
    [37, 36],
  ],
  'ResNet-56': [[36, 33]],
} as const;

/** Each run has left a file with its key. */
const artefact: Runs['artefact'] = (key, file) =>
  file === 'scores.bin' ? new TextEncoder().encode(key) : null;

/** Averages what the members have left: as many percent as there are of them, and one for the first seed. */
const task: Pick<Task, 'ensemble'> = {
  ensemble(measure, members) {
    if (measure !== 'tenCrop.top1') return `${measure} was not taken`;
    const keys = members.map(member => new TextDecoder().decode(member('scores.bin')!));
    return 10 * keys.length + Number(/1$/.test(keys[0]!.replace(/0+$/, '')));
  },
};

describe('an ensemble', () => {
  const runs = runsFor('mini', errors, artefact);

  it('averages what its members have left, for every seed that all of them have', () => {
    const sample = ensembleSample(nets, 'tenCrop.top1', runs, task);
    const keys = nets.map(name => runs.trainings.get(name)![0]!.key);
    expect(sample).toMatchObject({ mean: 21, sd: null, n: 1, values: [21], runs: keys });
    const alone = ensembleSample(['ResNet-20'], 'tenCrop.top1', runs, task);
    expect(alone).toMatchObject({ values: [11, 10] });
  });

  it('says what is missing', () => {
    expect(ensembleSample([...nets, 'plain-20'], 'tenCrop.top1', runs, task)).toEqual({
      kind: 'members not finished',
      networks: ['plain-20'],
    });
    expect(ensembleSample(nets, 'multiScale.top1', runs, task)).toEqual({
      kind: 'no ensemble',
      reason: 'multiScale.top1 was not taken',
    });
    const jobs = jobsFor('mini', errors).filter(
      ({ network, record }) => (network === 'ResNet-20') === (record.identity.seed === 2),
    );
    expect(ensembleSample(nets, 'tenCrop.top1', runsOf(jobs, artefact), task)).toEqual({
      kind: 'no common seed',
      networks: nets,
    });
  });
});

describe('a table whose cells have networks of their own', () => {
  const value = (number: number): PublishedCell => cell({ ...published(number), page: 5 });
  const target: TableTarget = {
    ...smallTable('mini', []),
    columns: [
      { key: 'shallow', label: 'shallow', measures: 'testError' },
      { key: 'deep', label: 'deep', measures: 'trainError' },
    ],
    rows: [
      {
        label: 'nets',
        networks: { shallow: 'ResNet-20', deep: 'ResNet-56' },
        published: { shallow: value(30), deep: value(10) },
      },
      { label: 'both', ensemble: nets, published: { shallow: { kind: 'none' }, deep: value(9) } },
      { label: 'nobody', published: { shallow: { kind: 'none' }, deep: value(8) } },
    ],
  };

  it('shows each network in its column, and nothing where there is nothing', async () => {
    const view = await viewTarget(target, runsFor('mini', errors), [], { command: '' });
    const [own, both, nobody] = (view as TableView).rows.map(({ cells }) => cells);
    expect(own!.map(cell => cell.ours?.mean)).toEqual([37.5, 33]);
    expect(both![0]).toMatchObject({ ours: null, verdict: null, absence: null });
    expect(both![1]).toMatchObject({ ours: null, verdict: 'not-run', absence: { kind: 'no ensemble' } });
    expect(nobody![0]).toMatchObject({ ours: null, verdict: null, absence: null });
    expect(nobody![1]).toMatchObject({ ours: null, verdict: 'not-run', absence: { kind: 'no network' } });
  });

  it('says why a network or an ensemble was not run', async () => {
    const reason = 'it needs what is not there';
    const networks = target.networks.map(config => ({ ...config, skipped: { reason } }));
    const view = await viewTarget({ ...target, networks }, runsFor('mini', {}), [], { command: '' });
    const cells = (view as TableView).rows.flatMap(row => row.cells);
    const skipped = cells.filter(({ absence }) => absence?.kind === 'skipped' && absence.reason === reason);
    expect(skipped.map(cell => cell.verdict)).toEqual(['not-run', 'not-run', 'not-run']);
  });
});
