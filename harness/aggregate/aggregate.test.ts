import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { viewTarget } from './aggregate.ts';
import { claimRule } from './claims.ts';
import { depthClaim, recordsFor, smallFigure, smallTable } from './fixtures.ts';
import type { FigureView, TableView } from './types.ts';

const options = { command: 'npm run reproduce table6' };
const byOthers = { verdict: 'not-run', note: 'published by others', ours: null, residual: null };

async function table(profile: string, errors: Parameters<typeof recordsFor>[1]): Promise<TableView> {
  return (await viewTarget(smallTable(profile), recordsFor(profile, errors), options)) as TableView;
}

async function figure(
  kind: 'errors' | 'responses',
  errors: Parameters<typeof recordsFor>[1],
  profile = 'mini',
) {
  return (await viewTarget(smallFigure(profile, kind), recordsFor(profile, errors), options)) as FigureView;
}

describe('a table under mini', () => {
  test('every measured cell is scaled-down or not-run, with its residual', async () => {
    const view = await table('mini', { 'ResNet-20': [[38, 35]], 'ResNet-110': [[44.61, 40]] });
    const cells = view.rows.map(({ cells }) => cells[2]!);
    expect(cells[0]).toMatchObject(byOthers);
    expect(cells[1]).toMatchObject({ verdict: 'scaled-down', residual: 29.25, ours: { n: 1, sd: null } });
    expect(cells[2]).toMatchObject({ verdict: 'not-run', note: 'no finished run' });
    expect(cells[3]!.residual).toBeCloseTo(44.61 - 6.61, 12);
    expect(cells[4]).toMatchObject({ verdict: 'not-run', note: 'the net needs 5 GB of memory' });
  });

  test('counts are of the network that is run', async () => {
    const [, resnet20] = (await table('mini', {})).rows;
    expect(resnet20!.cells[0]!.count).toEqual({ value: 20, printed: '20', agrees: true });
    expect(resnet20!.cells[1]!.count).toMatchObject({ printed: '0.07M', agrees: false });
    const [, full] = (await table('paper', {})).rows;
    expect(full!.cells[1]).toMatchObject({ count: { value: 269722, agrees: true }, verdict: 'reproduced' });
  });

  test('names the deviations that touch its networks, and which those are', async () => {
    expect((await table('mini', {})).deviations).toEqual([
      '16x16 images, the 2x2 means of the originals',
      'ResNet-110: warmed up at rate 0.003',
    ]);
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
        expect(view.remarks).toEqual([claimRule]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a table under paper', () => {
  const five = (centre: number): [number, number][] =>
    [-0.15, 0.08, -0.02, 0.12, -0.03].map(away => [centre + away, 0.5]);

  test('sets single runs against prediction intervals, and means against means', async () => {
    const view = await table('paper', {
      'ResNet-20': five(8.75),
      'ResNet-56': [[6.9, 0.5]],
      'ResNet-110': five(6.6),
      'ResNet-1202': five(9.5),
    });
    const cells = view.rows.map(({ cells }) => cells[2]!);
    expect(cells.map(({ verdict }) => verdict)).toEqual([
      'not-run',
      'consistent',
      'inconclusive',
      'reproduced',
      'differs',
    ]);
    expect(cells[3]!.residual).toBeCloseTo(-0.01, 12);
    expect(cells[3]!.note).toContain('best of our first 5 runs: 6.45, of theirs: 6.43');
    expect(view.remarks.join(' ')).toMatch(/Holm's correction over 3 cells/);
    expect(view.claims[0]!.verdict).toBe('confirmed');
  });

  test('the best of fewer than five is not set against the best of five', async () => {
    const view = await table('paper', { 'ResNet-110': five(6.6).slice(0, 4) });
    expect(view.rows[3]!.cells[2]!.note).not.toContain('best of our');
    expect(view.rows[3]!.cells[2]!.note).toContain('against the mean of the 5 published runs, 6.61');
  });

  test('says how large the error of the test set itself is', async () => {
    const view = await table('paper', { 'ResNet-110': five(6.6) });
    expect(view.remarks.join(' ')).toContain('0.25 points (one standard error, 10000 images, 6.6 % error)');
  });
});

describe('a figure', () => {
  test('ours is the mean over seeds with their span, stretched to the paper’s iterations', async () => {
    const { panels } = await figure('errors', {
      'plain-20': [
        [40, 38],
        [42, 39],
      ],
    });
    const ours = panels[0]!.lines.filter(({ source }) => source === 'ours');
    expect(ours.map(({ kind, seeds }) => [kind, seeds])).toEqual([
      ['train', 2],
      ['test', 2],
    ]);
    const last = ours[1]!.points.at(-1)!;
    expect(last).toEqual({ x: 6.4, y: 41, low: 40, high: 42 });
    expect(panels[0]!.x.label).toBe('iter. (1e4), ours: 800 iterations stretched');
    expect(panels[1]!.x.label).toBe('iter. (1e4)');
  });

  test('under the paper’s iterations nothing is stretched', async () => {
    const { panels } = await figure('errors', { 'plain-20': [[9, 4]] }, 'paper');
    expect(panels[0]!.x.label).toBe('iter. (1e4)');
    expect(panels[0]!.lines.at(-1)!.points[0]!.x).toBe(0.1);
  });

  test('published lines come first and curves without runs are named', async () => {
    const { panels } = await figure('errors', { 'ResNet-56': [[40, 38]] });
    expect(panels[1]!.lines.map(({ label, source }) => `${source} ${label}`)).toEqual([
      ...Array(2).fill('published ResNet-20'),
      ...Array(2).fill('published ResNet-56'),
      ...Array(2).fill('published ResNet-1202'),
      ...Array(2).fill('ours ResNet-56'),
    ]);
    expect(panels[1]!.missing).toEqual([
      { label: 'ResNet-20', what: 'not-run', why: 'no finished run' },
      { label: 'ResNet-1202', what: 'not-run', why: 'the net needs 5 GB of memory' },
    ]);
  });

  test('responses: in network order by layer, and sorted per seed', async () => {
    const { panels } = await figure('responses', {
      'plain-20': [
        [40, 38],
        [41, 38],
      ],
    });
    const [original, sorted] = panels.map(({ lines }) => lines.find(({ source }) => source === 'ours')!);
    expect(original!.points.map(({ x }) => x)).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
    const stds = sorted!.points.map(({ y }) => y);
    expect(stds).toEqual(stds.toSorted((a, b) => b - a));
    expect(panels[0]!.x.label).toBe('layer index (original)');
  });

  test('a run without responses leaves a named gap, not a broken line', async () => {
    const records = recordsFor('mini', { 'plain-20': [[40, 38]] });
    records.get('plain-20')![0]!.result.responses = null;
    const view = (await viewTarget(smallFigure('mini', 'responses'), records, options)) as FigureView;
    expect(view.panels[0]!.lines.every(({ source }) => source === 'published')).toBe(true);
    expect(view.panels[0]!.missing[0]).toEqual({
      label: 'plain-20',
      what: 'no original curve',
      why: 'its 800 iterations recorded no two points',
    });
  });
});

test('machines: one line per distinct machine and backend', async () => {
  const records = recordsFor('mini', {
    'ResNet-20': [
      [38, 35],
      [38, 35],
    ],
    'ResNet-56': [[38, 35]],
  });
  records.get('ResNet-56')![0]!.provenance.cpu = 'Other CPU';
  const { machines } = await viewTarget(smallTable('mini', [depthClaim]), records, options);
  expect(machines).toEqual([
    'Example CPU, 2 cores, 8 GiB, linux x64; Node 20.19.0; onnxruntime-node 1.30.0, blocked lowering, avx512, 1 thread a run (2 runs)',
    'Other CPU, 2 cores, 8 GiB, linux x64; Node 20.19.0; onnxruntime-node 1.30.0, blocked lowering, avx512, 1 thread a run (1 run)',
  ]);
});
