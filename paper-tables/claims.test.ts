import { describe, expect, test } from 'vitest';
import type { ClaimView, TableView } from '../harness/aggregate/types.ts';
import { claimsOf } from './claims.ts';
import { kinds } from './kinds.ts';
import { tableView } from './views.fixture.ts';

const view = await tableView('mini');
const [claim] = view.claims as [ClaimView];
const difference = { value: 12.8, interval: [9.7, 16], level: 0.95, df: 3, n: [3, 3] } as const;
const seen: ClaimView = {
  ...claim,
  ...{ verdict: 'seen at this scale', assumedSd: null, seedsNeeded: null },
  difference: { ...difference, n: [3, 3] },
};

const rowOf = (changed: Partial<ClaimView>) =>
  claimsOf({ ...view, claims: [{ ...seen, ...changed }] })!.rows[0]!;

describe('a claim', () => {
  test('says which differs by how much, with interval and seeds', () => {
    expect(rowOf({})).toMatchObject({
      statement: 'ResNet-56 has a lower test error than ResNet-20',
      verdict: { word: 'seen at this scale', mark: '✓', tone: 'good' },
      measured: 'ResNet-20 − ResNet-56: +12.80 points [+9.70, +16.00], 3 seeds each',
    });
  });

  test('of a measure of which larger values are better is subtracted the other way round', () => {
    expect(rowOf({ direction: 'higher' }).measured).toMatch(/^ResNet-56 − ResNet-20: \+12\.80/);
  });

  test('shows on which side of 0 and of the margin its interval ends', () => {
    const near = { ...difference, interval: [0.3004, 1.2] as const, n: [3, 3] as [number, number] };
    expect(rowOf({ difference: near }).measured).toContain('[+0.3004, +1.20]');
  });

  test('of a single seed says that it decides nothing, and how many seeds would', () => {
    const single = { value: 2, interval: null, level: 0.95, df: null, n: [1, 1] as [number, number] };
    const row = rowOf({ verdict: 'inconclusive', difference: single, seedsNeeded: 6 });
    expect(row.measured).toBe(
      'ResNet-20 − ResNet-56: +2.00 points, 1 seed each: a single seed decides nothing; about 6 seeds each should settle it',
    );
    expect(rowOf({ difference: single, seedsNeeded: null }).measured).toMatch(/decides nothing$/);
  });

  test.each([
    [
      { kind: 'token', network: 'ResNet-56', reason: '10 iterations' },
      'ResNet-56 is a token run: 10 iterations',
    ],
    [{ kind: 'skipped', network: 'ResNet-56', reason: 'too large' }, 'ResNet-56 is not run: too large'],
    [{ kind: 'not finished', networks: ['ResNet-56'] }, 'no finished run of ResNet-56'],
    [{ kind: 'no margin' }, 'no margin was fixed for profile mini'],
  ] as const)('that is not judged says why: %j', (obstacle, text) => {
    const changed = { difference: null, obstacle, verdict: 'not testable here' } as unknown as ClaimView;
    expect(rowOf(changed).measured).toBe(text);
  });
});

describe('margins', () => {
  const other: ClaimView = { ...seen, id: 'other', worse: 'plain-20', quantity: 'training error' };

  test('are said once, with the claims that they are for', () => {
    const two = { ...other, margin: { value: 1, why: 'half of that' } };
    const { notes } = claimsOf({ ...view, claims: [seen, two] })!;
    expect(notes.slice(2)).toEqual([
      'Margin 0.3 points for ResNet-20 − ResNet-56 (test error): an earlier study on other seeds.',
      'Margin 1 point for plain-20 − ResNet-56 (training error): half of that.',
    ]);
    expect(claimsOf({ ...view, claims: [seen, other] })!.notes.slice(2)).toEqual([
      'Margin 0.3 points for every claim: an earlier study on other seeds.',
    ]);
  });

  test('stand on no row of any format', async () => {
    for (const [format, content] of await kinds.table.files({
      ...view,
      claims: [seen, other],
    } as TableView)) {
      if (/^(md|html|page\.tex)$/.test(format))
        expect(String(content).split('an earlier study on other seeds')).toHaveLength(2);
    }
  });

  test('and rules have the words of the profile', () => {
    expect(claimsOf(view)!.notes.join()).toMatch(/seen at this scale.*Only the paper’s own protocol/);
    expect(claimsOf({ ...view, faithful: true })!.notes.join()).not.toMatch(/at this scale/);
  });
});

test('a verdict has its mark and its word in every format', async () => {
  const files = await kinds.table.files({ ...view, claims: [seen] });
  expect(String(files.get('md'))).toContain('| ✓ **seen at this scale** |');
  expect(String(files.get('html'))).toContain('<td class="verdict good">✓ seen at this scale</td>');
  expect(String(files.get('page.tex'))).toContain('\\ensuremath{\\surd} \\emph{seen at this scale}');
  expect(kinds.table.text({ ...view, claims: [seen] })).toContain('✓ seen at this scale');
});
