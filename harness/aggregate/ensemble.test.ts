import { describe, expect, it } from 'vitest';
import type { PublishedValue, Target } from '../manifest/types.ts';
import type { Scores } from '../record/scores.ts';
import type { RunRecord } from '../record/types.ts';
import { viewTarget } from './aggregate.ts';
import { ensembleSample } from './ensemble.ts';
import { recordsFor, smallTable } from './fixtures.ts';
import type { TableView } from './types.ts';

const nets = ['ResNet-20', 'ResNet-56'];
const records = recordsFor('mini', {
  'ResNet-20': [
    [38, 35],
    [37, 36],
  ],
  'ResNet-56': [[36, 33]],
});

/** Two images of class 0. Alone each network errs on one of them; their average errs on none. */
function scoresOf({ network }: RunRecord): Scores {
  const right = [0.9, 0.1];
  const wrong = [0.4, 0.6];
  const scores = network === 'ResNet-20' ? [...right, ...wrong] : [...wrong, ...right];
  return {
    classes: 2,
    labels: Uint16Array.of(0, 0),
    tests: new Map([['tenCrop', Float32Array.from(scores)]]),
  };
}

describe('an ensemble', () => {
  it('averages the scores of its members, for every seed that all of them have', () => {
    const sample = ensembleSample(nets, 'tenCrop.top1', records, scoresOf);
    const runs = nets.map(name => records.get(name)![0]!.key);
    expect(sample).toEqual({ mean: 0, sd: null, n: 1, values: [0], runs });
    const alone = ensembleSample(['ResNet-20'], 'tenCrop.top1', records, scoresOf);
    expect(alone).toMatchObject({ values: [50, 50], sd: 0 });
  });

  it('says what is missing', () => {
    expect(ensembleSample([...nets, 'plain-20'], 'tenCrop.top1', records, scoresOf)).toBe(
      'no finished run of plain-20',
    );
    expect(ensembleSample(nets, 'multiScale.top1', records, scoresOf)).toMatch(
      /^scores\.bin of ResNet-20, run resnet201.*, is not there$/,
    );
    const others = new Map([
      ...records,
      ['ResNet-56', [{ ...records.get('ResNet-20')![1]!, network: 'ResNet-56' }]],
    ]);
    others.set('ResNet-20', [records.get('ResNet-20')![0]!]);
    expect(ensembleSample(nets, 'tenCrop.top1', others, scoresOf)).toBe(
      'no seed that all of ResNet-20, ResNet-56 have finished',
    );
  });
});

describe('a table whose cells have networks of their own', () => {
  const published = (value: number): PublishedValue => ({
    value,
    printed: String(value),
    unit: '%',
    page: 5,
    direction: 'lower',
    estimator: 'single run',
  });
  const target: Target = {
    ...smallTable('mini', []),
    columns: [
      { key: 'shallow', label: 'shallow', measures: 'testError' },
      { key: 'deep', label: 'deep', measures: 'tenCrop.top5' },
    ],
    rows: [
      {
        label: 'nets',
        networks: { shallow: 'ResNet-20', deep: 'ResNet-56' },
        published: { shallow: published(30), deep: published(10) },
      },
      { label: 'both', ensemble: nets, published: { shallow: null, deep: published(9) } },
      { label: 'others', published: { shallow: null, deep: published(8) } },
    ],
  };

  it('shows each network in its column, the ensemble under its test, and nothing where there is nothing', async () => {
    const tested = new Map(records);
    const [record] = records.get('ResNet-56')!;
    const tests = { tenCrop: { top1: 41, top5: 12 } };
    tested.set('ResNet-56', [{ ...record!, result: { ...record!.result, tests } }]);
    const options = { command: 'npm run reproduce table2', scoresOf };
    const { rows } = (await viewTarget(target, tested, options)) as TableView;
    const [own, both, others] = rows.map(({ cells }) => cells);
    expect(own!.map(cell => cell.ours?.mean)).toEqual([37.5, 12]);
    expect(own!.map(cell => cell.residual)).toEqual([7.5, 2]);
    expect(both![0]).toMatchObject({ ours: null, verdict: null });
    expect(both![1]).toMatchObject({ ours: { mean: 0, n: 1 }, verdict: 'scaled-down', residual: -9 });
    expect(others![0]).toMatchObject({ ours: null, verdict: null, note: null });
    expect(others![1]).toMatchObject({ ours: null, verdict: 'not-run' });
  });

  it('says why a network or an ensemble was not run', async () => {
    const why = 'it needs what is not there';
    const networks = target.networks.map(plan => ({ ...plan, notRun: why }));
    const view = await viewTarget({ ...target, networks }, new Map(), { command: '' });
    const cells = (view as TableView).rows.flatMap(row => row.cells).filter(cell => cell.note === why);
    expect(cells.map(cell => cell.verdict)).toEqual(['not-run', 'not-run', 'not-run']);
  });
});
