import { describe, expect, it } from 'vitest';
import { viewByBackend } from './by-backend.ts';
import { type Errors, jobsFor } from './records.fixture.ts';
import { runsOf } from './runs.ts';
import { smallTable } from './targets.fixture.ts';
import type { TableView } from './types.ts';

/** Test errors of each seed, by network. */
type TestErrors = Readonly<Record<string, readonly number[]>>;

/** Runs of a backend; `skip`: seeds that it has not finished. */
function side(backend: string, profile: string, errors: TestErrors, skip: readonly number[] = []) {
  const both: Errors = Object.fromEntries(
    Object.entries(errors).map(([network, values]) => [network, values.map(value => [value, 30] as const)]),
  );
  const jobs = jobsFor(profile, both).flatMap(({ network, record }) => {
    if (skip.includes(record.identity.seed)) return [];
    return [{ network, record: { ...record, key: `${backend}-${record.key}` } }];
  });
  return { backend, runs: runsOf(jobs, () => null) };
}

function view(profile: string, ...sides: ReturnType<typeof side>[]): TableView {
  return viewByBackend(smallTable(profile), sides, [], { command: 'npm run reproduce table6' });
}

describe('a table by backend', () => {
  it('has a column for each backend where there was one for a measure, and no claims', () => {
    const found = view(
      'mini',
      side('first', 'mini', { 'ResNet-20': [38, 39, 40] }),
      side('other', 'mini', { 'ResNet-20': [48] }),
      side('third', 'mini', {}),
    );
    expect(found.columns.map(({ key, backend }) => [key, backend?.id, backend?.first])).toEqual([
      ['layers', undefined, undefined],
      ['params', undefined, undefined],
      ['error:first', 'first', true],
      ['error:other', 'other', false],
      ['error:third', 'third', false],
    ]);
    const row = found.rows.find(({ label }) => label === 'ResNet-20')!;
    expect(row.cells.map(({ ours }) => ours?.values ?? null)).toEqual([null, null, [38, 39, 40], [48], null]);
    expect(found.claims).toEqual([]);
    expect(found.runs).toHaveLength(4);
    expect(found.machines[0]).toMatchObject({ jobs: 4 });
  });

  it('judges by Welch’s interval over the seeds that both have finished', () => {
    const { agreements } = view(
      'mini',
      side('first', 'mini', { 'ResNet-20': [38, 39, 40], 'ResNet-110': [40, 44] }),
      side('other', 'mini', { 'ResNet-20': [38.5, 39.5, 40.5], 'ResNet-110': [41] }),
    );
    expect(agreements).toHaveLength(2);
    const [resnet20, resnet110] = agreements!;
    expect(resnet20).toMatchObject({
      ...{ row: 'ResNet-20', quantity: 'test error', unit: '%', first: 'first', other: 'other' },
      ...{ seeds: [1, 2, 3], verdict: 'inconclusive', margin: null, resolution: { value: 1 } },
      difference: { value: 0.5, df: 4, n: [3, 3] },
    });
    // A standard error of sqrt(2 / 3), and 2.776 of them at four degrees of freedom.
    const half = 2.7764451 * Math.sqrt(2 / 3);
    expect(resnet20!.difference.interval![0]).toBeCloseTo(0.5 - half, 6);
    expect(resnet20!.difference.interval![1]).toBeCloseTo(0.5 + half, 6);
    expect(resnet20!.runs).toHaveLength(6);
    expect(resnet110).toMatchObject({
      seeds: [1],
      difference: { value: 1, interval: null },
      verdict: 'inconclusive',
    });
  });

  it('leaves out seeds that one of them lacks', () => {
    const [agreement] = view(
      'mini',
      side('first', 'mini', { 'ResNet-20': [38, 39, 40] }, [1]),
      side('other', 'mini', { 'ResNet-20': [10, 39, 41] }),
    ).agreements!;
    expect(agreement).toMatchObject({ seeds: [2, 3], difference: { value: 0.5, n: [2, 2] } });
    const none = view(
      'mini',
      side('first', 'mini', { 'ResNet-20': [38, 39] }, [1]),
      side('other', 'mini', { 'ResNet-20': [10] }),
    );
    expect(none.agreements).toEqual([]);
  });

  it('differs where a difference is shown at the level that Holm leaves', () => {
    // t is 4.9 at four degrees of freedom: p is 0.008, enough for one of two comparisons and not for one of ten.
    const far = { 'ResNet-20': [42, 43, 44] };
    const [one] = view(
      'mini',
      side('first', 'mini', { 'ResNet-20': [38, 39, 40] }),
      side('other', 'mini', far),
    ).agreements!;
    expect(one).toMatchObject({ verdict: 'differs', differs: expect.closeTo(0.008, 3) });
    const errors = { 'ResNet-20': [38, 39, 40] };
    const alike = Array.from({ length: 9 }, (_, i) => side(`other ${i}`, 'mini', errors));
    const { agreements } = view('mini', side('first', 'mini', errors), ...alike, side('far', 'mini', far));
    expect(agreements!.at(-1)).toMatchObject({
      other: 'far',
      verdict: 'inconclusive',
      differs: expect.closeTo(0.08, 2),
    });
    expect(agreements![0]!.verdict).toBe('inconclusive');
  });

  it('is consistent where means are shown to lie within the resolution; more scatter never helps', () => {
    const verdicts = [0.1, 1, 10].map(scatter => {
      const values = [0, 1, 2].map(i => 38 + i * scatter);
      const { agreements } = view(
        'mini',
        side('first', 'mini', { 'ResNet-20': values }),
        side('other', 'mini', { 'ResNet-20': values }),
      );
      return agreements![0]!.verdict;
    });
    expect(verdicts).toEqual(['consistent', 'inconclusive', 'inconclusive']);
  });

  it('reproduces within the margin, under the paper’s own protocol alone', () => {
    const tight = { 'ResNet-20': [8.7, 8.71, 8.72] };
    for (const [profile, verdict] of [
      ['paper', 'reproduced'],
      ['mini', 'consistent'],
    ] as const) {
      const { agreements } = view(
        profile,
        side('first', profile, tight),
        side('other', profile, { 'ResNet-20': [8.71, 8.72, 8.73] }),
      );
      expect(agreements).toMatchObject([{ verdict, margin: profile === 'paper' ? { value: 0.3 } : null }]);
    }
  });
});
