import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PublishedValue, TableTarget } from '../manifest/types.ts';
import type { ImageSet } from '../tasks/task.ts';
import { viewTarget } from './aggregate.ts';
import { type Errors, evaluationFor, jobsFor, runsFor } from './records.fixture.ts';
import { runsOf } from './runs.ts';
import { experiment, smallTable, tolerance } from './targets.fixture.ts';
import type { TableView } from './types.ts';

const options = { command: 'npm run reproduce table6' };

async function table(profile: string, errors: Errors): Promise<TableView> {
  return (await viewTarget(smallTable(profile), runsFor(profile, errors), [], options)) as TableView;
}

describe('a table under mini', () => {
  test('every measured cell is scaled-down or not-run, and none is subtracted from a published value', async () => {
    const view = await table('mini', { 'ResNet-20': [[38, 35]], 'ResNet-110': [[44.61, 40]] });
    const cells = view.rows.map(({ cells }) => cells[2]!);
    expect(cells.map(({ residual }) => residual)).toEqual([null, null, null, null, null]);
    expect(cells[0]).toMatchObject({ verdict: null, absence: { kind: 'by others' }, ours: null });
    expect(cells[1]).toMatchObject({ verdict: 'scaled-down', ours: { n: 1, sd: null, values: [38] } });
    expect(cells[2]!.absence).toEqual({ kind: 'not finished' });
    expect(cells[2]!.verdict).toBe('not-run');
    expect(cells[3]).toMatchObject({ verdict: 'scaled-down', evidence: null, best: null });
    expect(cells[4]!.absence).toEqual({ kind: 'skipped', reason: 'the net needs 5 GB of memory' });
    expect(cells[4]!.verdict).toBe('not-run');
  });

  test('counts are of the network that is run', async () => {
    const [others, resnet20] = (await table('mini', {})).rows;
    expect(resnet20!.cells[0]!.count).toEqual({ value: 20, printed: '20', agrees: true });
    expect(resnet20!.cells[1]!.count).toMatchObject({ printed: '0.07M', agrees: false });
    expect(others!.cells[1]).toMatchObject({ published: { kind: 'none' }, count: null, verdict: null });
    const [, full] = (await table('paper', {})).rows;
    expect(full!.cells[1]).toMatchObject({ count: { value: 269722, agrees: true }, verdict: 'reproduced' });
  });

  test('columns say what answers them', async () => {
    const { columns } = await table('mini', {});
    expect(columns.map(({ answers }) => answers)).toEqual(['count', 'count', 'measure']);
  });

  test('names the deviations that touch its networks, and which those are', async () => {
    expect((await table('mini', {})).deviations).toEqual([
      {
        kind: 'assumption',
        text: 'The paper does not say how large the images of a batch are',
        networks: [],
      },
      { kind: 'deviation', text: '16x16 images, the 2x2 means of the originals', networks: [] },
      { kind: 'deviation', text: 'warmed up at rate 0.003', networks: ['ResNet-110'] },
    ]);
  });

  test('says that there are fewer seeds than in the paper by the runs shown, under every profile', async () => {
    const run: [number, number] = [44.61, 40];
    const seedsOf = async (profile: string, count: number) => {
      const errors = { 'ResNet-20': [run], 'ResNet-110': Array.from({ length: count }, () => run) };
      const { deviations } = await table(profile, errors);
      return deviations.filter(({ kind }) => kind === 'seeds');
    };
    for (const profile of ['mini', 'paper']) {
      expect(await seedsOf(profile, 0)).toEqual([]);
      expect(await seedsOf(profile, 3)).toEqual([
        { kind: 'seeds', network: 'ResNet-110', seeds: 3, paper: 5 },
      ]);
      expect(await seedsOf(profile, 5)).toEqual([]);
    }
  });

  test('a token has neither value nor SD, and an ensemble with one has none either', async () => {
    const target = smallTable('mini');
    const token = { reason: 'a few iterations' };
    const networks = target.networks.map(config =>
      config.name === 'ResNet-56' ? { ...config, token } : config,
    );
    const runs = runsFor('mini', {
      'ResNet-56': [
        [88, 88],
        [90, 90],
      ],
    });
    const { rows } = (await viewTarget({ ...target, networks }, runs, [], options)) as TableView;
    expect(rows[2]!.cells[2]).toMatchObject({
      ...{ ours: null, residual: null, evidence: null, verdict: 'token' },
      absence: { kind: 'token', network: 'ResNet-56', reason: 'a few iterations' },
    });
    const none = (await viewTarget({ ...target, networks }, runsFor('mini', {}), [], options)) as TableView;
    expect(none.rows[2]!.cells[2]).toMatchObject({ verdict: 'not-run', absence: { kind: 'not finished' } });
  });

  test('names the runs that it rests on', async () => {
    const { runs } = await table('mini', {
      'ResNet-110': [[44.61, 40]],
      'ResNet-20': [
        [38, 35],
        [37, 34],
      ],
    });
    expect(runs.map(({ network, kind, seed }) => [network, kind, seed])).toEqual([
      ['ResNet-110', 'train', 1],
      ['ResNet-20', 'train', 1],
      ['ResNet-20', 'train', 2],
    ]);
  });

  test('methods that the paper quotes are told from networks', async () => {
    const { rows } = await table('mini', {});
    expect(rows.map(({ quoted }) => quoted)).toEqual([true, false, false, false, false]);
  });

  test('never says that a value was reproduced, whatever the values are', async () => {
    const error = fc.double({ min: 0, max: 90, noNaN: true });
    const seeds = fc.array(fc.tuple(error, error), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(seeds, seeds, fc.constantFrom('mini', 'overnight', 'smoke'), async (a, b, profile) => {
        const view = await table(profile, { 'ResNet-20': a, 'ResNet-110': b });
        for (const { cells } of view.rows) {
          for (const { verdict } of cells) expect([null, 'scaled-down', 'not-run']).toContain(verdict);
        }
        expect(JSON.stringify(view)).not.toMatch(/NaN|Infinity/);
        expect(view.testing).toBeNull();
      }),
      { numRuns: 30 },
    );
  });
});

describe('a table under paper', () => {
  const five = (centre: number): [number, number][] =>
    [-0.15, 0.08, -0.02, 0.12, -0.03].map(away => [centre + away, 0.5]);

  test('sets single runs and means against what is published, each by its own bound', async () => {
    const view = await table('paper', {
      'ResNet-20': five(8.75),
      'ResNet-56': [[6.9, 0.5]],
      'ResNet-110': five(6.6),
      'ResNet-1202': five(9.5),
    });
    const cells = view.rows.map(({ cells }) => cells[2]!);
    expect(cells.map(({ verdict }) => verdict)).toEqual([
      null,
      'consistent',
      'inconclusive',
      'reproduced',
      'differs',
    ]);
    expect(cells.map(({ evidence }) => evidence?.method)).toEqual([
      undefined,
      'prediction',
      'prediction',
      'equivalence',
      'prediction',
    ]);
    expect(cells[3]!.residual).toBeCloseTo(-0.01, 12);
    expect(cells[3]!.best).toEqual({ value: expect.closeTo(6.45, 12), runs: 5 });
    expect(cells[3]!.evidence).toMatchObject({ reference: 6.61, bound: 0.3, margin: 0.3, family: 4 });
    expect(view.testing).toMatchObject({
      family: 4,
      tolerances: [{ measures: ['test error'], unit: '%', margin: { value: 0.3 }, resolution: { value: 1 } }],
      repeated: true,
      lastLook: 8,
    });
    // ResNet-56 has a single seed.
    expect(view.claims[0]!.verdict).toBe('inconclusive');
  });

  test('the tolerance is the measure’s', async () => {
    const strict = { ...tolerance, margin: { value: 0.05, why: 'made up' } };
    const target: TableTarget = { ...smallTable('paper'), tolerances: { testError: strict } };
    const runs = runsFor('paper', { 'ResNet-110': five(6.6) });
    const { rows } = (await viewTarget(target, runs, [], options)) as TableView;
    expect(rows[3]!.cells[2]).toMatchObject({ verdict: 'inconclusive', evidence: { bound: 0.05 } });
  });

  test('whether a profile is faithful is the target’s to say', async () => {
    const target: TableTarget = { ...smallTable('mini'), faithful: true, family: smallTable('paper').family };
    const runs = runsFor('mini', { 'ResNet-20': five(8.75) });
    const { rows } = (await viewTarget(target, runs, [], options)) as TableView;
    expect(rows[1]!.cells[2]).toMatchObject({ verdict: 'consistent' });
  });

  test('a cell has one verdict, whichever rows are shown and whatever else has been run', async () => {
    const errors = { 'ResNet-20': five(9.9), 'ResNet-1202': five(9.5) };
    const whole = await table('paper', errors);
    const target = smallTable('paper');
    const runs = runsFor('paper', errors);
    const rows = target.rows.slice(1, 2);
    const one = (await viewTarget({ ...target, rows }, runs, [], options)) as TableView;
    expect(one.rows[0]!.cells[2]).toEqual(whole.rows[1]!.cells[2]);
    expect(whole.rows[1]!.cells[2]!.evidence!.family).toBe(4);
  });

  test('a value outside the family has a residual and the reason why it is not judged', async () => {
    const target: TableTarget = { ...smallTable('paper'), family: [] };
    const runs = runsFor('paper', { 'ResNet-20': five(8.75) });
    const { rows, testing } = viewTarget(target, runs, [], options) as TableView;
    expect(rows[1]!.cells[2]).toMatchObject({ verdict: null, evidence: null, unjudged: 'other training' });
    expect(rows[1]!.cells[2]!.residual).toBeCloseTo(0, 12);
    expect(testing).toBeNull();
  });

  test('a value of other images is not judged, though the same measure is elsewhere', () => {
    const target = smallTable('paper');
    const unjudgedWith = (images: ImageSet) => {
      const error = {
        ...(target.rows[1]!.published.error as PublishedValue),
        kind: 'value',
        images,
      } as const;
      const rows = [{ ...target.rows[1]!, published: { error } }];
      const runs = runsFor('paper', { 'ResNet-20': five(8.75) });
      const view = viewTarget({ ...target, rows }, runs, [], options) as TableView;
      const { verdict, unjudged, residual } = view.rows[0]!.cells[2]!;
      expect(residual).toBeCloseTo(0, 12);
      return { verdict, unjudged };
    };
    expect(unjudgedWith('test')).toEqual({ verdict: 'consistent', unjudged: null });
    expect(unjudgedWith('validation')).toEqual({ verdict: null, unjudged: 'other images' });
  });

  test('has the standard error over images of each mean whose runs say which images were wrong', () => {
    const target = smallTable('mini');
    const bits = Buffer.from([0b0000_0111]);
    const left = Buffer.concat([Buffer.from('{"measures":["testError"],"images":8}\n'), bits]);
    const jobs = runsFor('mini', { 'ResNet-20': five(8.75), 'ResNet-56': five(7).slice(0, 1) }, () => left);
    const { overImages } = viewTarget(target, jobs, [], options) as TableView;
    // Every seed has the same three of eight wrong; a single seed tells nothing of what seeds do.
    expect(overImages).toEqual([
      {
        row: 'ResNet-20',
        column: 'error (%)',
        error: expect.closeTo(100 * Math.sqrt((15 / 64 / 7) * 1), 6),
        images: 8,
      },
    ]);
  });

  test('the best of fewer than five is not set against the best of five', async () => {
    const view = await table('paper', { 'ResNet-110': five(6.6).slice(0, 4) });
    expect(view.rows[3]!.cells[2]!.best).toBeNull();
    expect(view.rows[3]!.cells[2]!.evidence!.reference).toBe(6.61);
  });

  test('says how large the error of the test set itself is', async () => {
    const view = await table('paper', { 'ResNet-110': five(6.6) });
    expect(view.testing!.sampling).toEqual({
      error: expect.closeTo(0.248, 3),
      images: 10000,
      rate: expect.closeTo(6.6, 10),
    });
  });
});

describe('an evaluation of released weights', () => {
  const [released] = Object.values(experiment.released);

  async function evaluated(measures: Record<string, number>): Promise<TableView> {
    const record = evaluationFor('ResNet-56', released!.integrity, measures);
    const jobs = [...jobsFor('paper', { 'ResNet-56': [[7, 1]] }), { network: 'ResNet-56', record }];
    const target = smallTable('paper');
    const columns = target.columns.map(column =>
      column.key === 'error' ? { ...column, measures: 'tenCrop.top1' } : column,
    );
    const runs = runsOf(jobs, () => null);
    return (await viewTarget({ ...target, columns }, runs, [], options)) as TableView;
  }

  test('stands in the row of its network, without a verdict, and with its own deviations', async () => {
    const view = await evaluated({ 'tenCrop.top1': 80, 'single.top1': 70, 'single.top5': 20 });
    expect(view.rows[2]!.cells[2]).toMatchObject({
      ours: null,
      evaluated: { value: 80, network: 'ResNet-56' },
      residual: null,
      verdict: null,
    });
    expect(view.evaluations).toEqual([
      {
        network: 'ResNet-56',
        key: 'e'.repeat(64),
        images: 10,
        of: 10000,
        origin: 'an example',
        package: 'weights@1.0.0',
        integrity: released!.integrity,
        published: [
          { name: 'top-1 error, centre crop', unit: '%', decimals: 2, published: 24.7, ours: 70 },
          { name: 'top-5 error, centre crop', unit: '%', decimals: 2, published: 7.8, ours: 20 },
        ],
        where: 'https://example.org',
      },
    ]);
    expect(view.deviations.slice(1)).toEqual([
      { kind: 'evaluation', text: released!.deviations[0], networks: ['ResNet-56'] },
    ]);
    expect(view.claims[0]).toMatchObject({
      verdict: 'not-run',
      obstacle: { kind: 'not finished', networks: ['ResNet-20', 'ResNet-56'] },
    });
    expect(view.runs).toEqual([{ network: 'ResNet-56', kind: 'evaluate', seed: null, key: 'e'.repeat(64) }]);
    expect(view.machines).toMatchObject([{ kind: 'evaluate', jobs: 1 }]);
  });

  test('a measure that it has not taken is missing, not taken from a training', async () => {
    const view = await evaluated({ 'single.top1': 70 });
    expect(view.rows[2]!.cells[2]).toMatchObject({ evaluated: null, ours: null, verdict: 'not-run' });
  });
});

test('a record without a measure is no sample', async () => {
  const jobs = jobsFor('mini', {
    'ResNet-20': [
      [38, 35],
      [37, 34],
    ],
  });
  const { record } = jobs[1]!;
  jobs[1] = { network: 'ResNet-20', record: { ...record, result: { ...record.result, measures: {} } } };
  const runs = runsOf(jobs, () => null);
  const { rows } = (await viewTarget(smallTable('mini'), runs, [], options)) as TableView;
  expect(rows[1]!.cells[2]).toMatchObject({
    verdict: 'not-run',
    absence: { kind: 'not measured', measure: 'testError' },
  });
});
