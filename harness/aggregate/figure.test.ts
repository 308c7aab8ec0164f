import { describe, expect, test } from 'vitest';
import { viewTarget } from './aggregate.ts';
import { type Errors, jobsFor, runsFor } from './records.fixture.ts';
import { runsOf } from './runs.ts';
import { smallFigure } from './targets.fixture.ts';
import type { FigureView } from './types.ts';

const options = { command: 'npm run reproduce figure6' };

async function figure(
  kind: 'errors' | 'responses',
  errors: Errors,
  profile = 'mini',
  target = smallFigure(profile, kind),
): Promise<FigureView> {
  return (await viewTarget(target, runsFor(profile, errors), [], options)) as FigureView;
}

describe('a figure', () => {
  test('ours is the mean over seeds with their span, stretched to the paper’s iterations', async () => {
    const { panels } = await figure('errors', {
      'plain-20': [
        [40, 38],
        [42, 39],
      ],
    });
    const ours = panels[0]!.lines.filter(({ source }) => source === 'ours');
    expect(ours.map(({ line, seeds }) => [line, seeds])).toEqual([
      ['train', 2],
      ['test', 2],
    ]);
    const last = ours[1]!.points.at(-1)!;
    expect(last).toEqual({ at: 800, x: 6.4, y: 41, low: 40, high: 42, images: 10_000 });
    expect(ours[1]!.points[0]).toMatchObject({ at: 50, x: 0.4, images: 2000 });
    expect(ours[0]!.points[0]).toMatchObject({ at: 20, images: 20 * 128 });
    const published = panels[0]!.lines.find(({ source }) => source === 'published')!;
    expect(published.points[0]).toMatchObject({ at: 4000, x: 0.4, images: null });
    expect(panels[0]!.stretched).toEqual([{ iterations: 800, networks: ['plain-20'] }]);
    expect(panels[1]!.stretched).toEqual([]);
  });

  test('a token has no curve, and is named with the reason', async () => {
    const target = smallFigure('mini', 'errors');
    const token = { reason: 'a few iterations' };
    const networks = target.networks.map(config =>
      config.name === 'plain-56' ? { ...config, token } : config,
    );
    const { panels } = await figure('errors', { 'plain-56': [[90, 90]] }, 'mini', { ...target, networks });
    expect(panels[0]!.lines.filter(({ source }) => source === 'ours')).toEqual([]);
    expect(panels[0]!.missing.at(-1)).toEqual({
      ...{ label: 'plain-56', network: 'plain-56' },
      absence: { kind: 'token', network: 'plain-56', reason: 'a few iterations' },
    });
  });

  test('under the paper’s iterations nothing is stretched', async () => {
    const { panels } = await figure('errors', { 'plain-20': [[9, 4]] }, 'paper');
    expect(panels[0]!.stretched).toEqual([]);
    expect(panels[0]!.lines.at(-1)!.points[0]!.x).toBe(0.1);
  });

  test('x counts what the panel says: iterations one by one where it says nothing', async () => {
    const target = smallFigure('paper', 'errors');
    const panels = target.panels.map(panel => ({ ...panel, x: { label: 'iterations' } }));
    const view = await figure('errors', { 'plain-20': [[9, 4]] }, 'paper', { ...target, panels });
    expect(view.panels[0]!.lines.at(-1)!.points[0]!.x).toBe(1000);
    expect(view.panels[0]!.x).toEqual({ label: 'iterations' });
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
      {
        label: 'ResNet-20',
        network: 'ResNet-20',
        absence: { kind: 'not finished' },
      },
      {
        label: 'ResNet-1202',
        network: 'ResNet-1202',
        absence: { kind: 'skipped', reason: 'the net needs 5 GB of memory' },
      },
    ]);
  });

  test('lines say what they show, and of which family and depth their networks are', async () => {
    const { shows, panels } = await figure('errors', { 'plain-56': [[40, 38]] });
    expect(shows).toEqual({
      train: { short: 'training', name: 'training error', unit: '%', over: 'iterations' },
      test: { short: 'test', name: 'test error', unit: '%', over: 'iterations' },
    });
    expect(panels[0]!.lines.at(-1)!.network).toEqual({ name: 'plain-56', family: 'plain', depth: 56 });
    expect(panels[1]!.lines[0]!.network).toEqual({ name: 'ResNet-20', family: 'ResNet', depth: 20 });
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
    expect(panels[0]!.stretched).toEqual([]);
  });

  test('a run without responses leaves a named gap, not a broken line', async () => {
    const [job] = jobsFor('mini', { 'plain-20': [[40, 38]] });
    const { responses: _, ...curves } = job!.record.result.curves;
    const record = { ...job!.record, result: { ...job!.record.result, curves } };
    const runs = runsOf([{ network: 'plain-20', record }], () => null);
    const view = (await viewTarget(smallFigure('mini', 'responses'), runs, [], options)) as FigureView;
    expect(view.panels[0]!.lines.every(({ source }) => source === 'published')).toBe(true);
    expect(view.panels[0]!.missing[0]).toEqual({
      label: 'plain-20',
      network: 'plain-20',
      absence: { kind: 'no curve', lines: ['original'], iterations: 800 },
    });
  });

  test('a point that not every seed has is not drawn', async () => {
    const [first, second] = jobsFor('mini', {
      'plain-20': [
        [40, 38],
        [42, 39],
      ],
    });
    const { curves } = second!.record.result;
    const shorter = { ...curves, test: curves.test!.slice(0, -1) };
    const record = { ...second!.record, result: { ...second!.record.result, curves: shorter } };
    const runs = runsOf([first!, { network: 'plain-20', record }], () => null);
    const view = (await viewTarget(smallFigure('mini', 'errors'), runs, [], options)) as FigureView;
    const ours = view.panels[0]!.lines.filter(({ source }) => source === 'ours');
    expect(ours.map(({ points }) => points.length)).toEqual([40, 15]);
  });
});
