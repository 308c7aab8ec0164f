import { describe, expect, test } from 'vitest';
import type { ClaimView, Measured, TableView, TestView } from '../harness/aggregate/types.ts';
import { claimRow, claimsOf } from './claims.ts';
import { kinds } from './kinds.ts';
import { tableView } from './views.fixture.ts';

const view = await tableView('mini');
const [claim] = view.claims as [ClaimView];
const estimate = { value: 12.8, interval: [9.7, 16] as const, level: 0.95, df: 3, n: [3, 3] };
const difference: Measured = {
  is: 'difference',
  worse: 'ResNet-20',
  better: 'ResNet-56',
  direction: 'lower',
  ...estimate,
};
const evidence = {
  ...{ confirm: 0.001, contradict: 1, negligible: 1, adjusted: 0.024, family: 12 },
  ...{ seeds: 3, nextLook: null },
};
const order: TestView = { ...claim.tests[0]!, measured: [difference] };
const seen: ClaimView = { ...claim, verdict: 'seen at this scale', tests: [order], evidence };

const rowOf = (changed: Partial<ClaimView>) => claimRow({ ...seen, ...changed }, 'mini');
const withTest = (changed: Partial<TestView>) => rowOf({ tests: [{ ...order, ...changed }] }).measured;

describe('a claim', () => {
  test('says which differs by how much, with interval and seeds, and how the verdict was read', () => {
    expect(rowOf({})).toMatchObject({
      statement: 'ResNet-56 has a lower test error than ResNet-20',
      verdict: { word: 'seen at this scale', mark: '✓', tone: 'good' },
      measured:
        'ResNet-20 − ResNet-56: +12.80 points [+9.70, +16.00], 3 seeds each; p = 0.024 among 12 claims, read at 3 seeds',
    });
  });

  test('of a measure that is to be high takes the lower from the higher one', () => {
    const precision = { ...difference, direction: 'higher', n: [3, 9] } as Measured;
    expect(withTest({ measured: [precision] })).toMatch(
      /^ResNet-56 − ResNet-20: \+12\.80 points .*, 9 and 3 seeds; /,
    );
  });

  test('shows on which side of 0 and of the margin its interval ends', () => {
    const near = { ...difference, interval: [0.3004, 1.2] as const } as Measured;
    expect(withTest({ measured: [near] })).toContain('[+0.3004, +1.20]');
  });

  test('of fewer than three seeds says how many verdicts need', () => {
    const single = { ...difference, interval: null, df: null, n: [1, 1] } as Measured;
    const none = { ...evidence, seeds: null, nextLook: 3 };
    const row = rowOf({ verdict: 'inconclusive', tests: [{ ...order, measured: [single] }], evidence: none });
    expect(row.measured).toBe(
      'ResNet-20 − ResNet-56: +12.80 points, 1 seed each; verdicts need 3 seeds each',
    );
  });

  test('of several tests names what each is of, and says nothing twice', () => {
    const train = { ...order, id: 'train', quantity: 'training error' };
    const { measured } = rowOf({ tests: [order, train, { ...train, id: 'again' }] });
    expect(measured.match(/test error: /g)).toHaveLength(1);
    expect(measured.match(/training error: /g)).toHaveLength(1);
  });

  test('of which a part has no bound under the profile says so', () => {
    const size = { ...order, id: 'size', statement: 'The gap is 2.8 points.', bound: null, measured: [] };
    expect(rowOf({ tests: [order, size] }).measured).toContain(
      '; not tested here: The gap is 2.8 points; p = ',
    );
  });

  test.each([
    [
      { kind: 'chain', measured: [{ ...difference, value: 1 }, { ...difference, value: -2 }, difference] },
      /^ResNet-20 − ResNet-56: \+12\.80 points .*; step by step \+1\.00, −2\.00; p = /,
    ],
    [
      { kind: 'threshold', unit: '%', measured: [{ is: 'mean', network: 'plain-110', ...estimate, n: [3] }] },
      /^plain-110: 12\.80% \[9\.70, 16\.00\], 3 seeds; /,
    ],
    [
      {
        kind: 'fraction',
        measured: [{ is: 'share', worse: 'plain-20', better: 'ResNet-20', ...estimate, n: [3] }],
      },
      /^ResNet-20 below plain-20 at 13% of points \[9\.70, 16\.00\], 3 seeds each; /,
    ],
    [{ kind: 'exact', measured: [{ is: 'exact', text: '3.6G', holds: true }] }, /^computed: 3\.6G; /],
  ] as const)('of another kind shows what that measures: %j', (changed, text) => {
    expect(withTest(changed as unknown as Partial<TestView>)).toMatch(text);
  });

  test.each([
    [
      { kind: 'token', network: 'ResNet-56', reason: '10 iterations' },
      'ResNet-56 is a token run: 10 iterations',
    ],
    [{ kind: 'skipped', network: 'ResNet-56', reason: 'too large' }, 'ResNet-56 is not run: too large'],
    [{ kind: 'not finished', networks: ['ResNet-56'] }, 'no finished run of ResNet-56'],
    [{ kind: 'no margin' }, 'nothing was fixed that it could be judged by under profile mini'],
    [{ kind: 'told', why: 'a conjecture' }, 'not tested: a conjecture'],
  ] as const)('that is not judged says why: %j', (obstacle, text) => {
    const changed = { obstacle, tests: [], evidence: null, verdict: 'not testable here' };
    expect(rowOf(changed as unknown as ClaimView).measured).toBe(text);
  });
});

describe('bounds', () => {
  const other: ClaimView = { ...seen, id: 'other', tests: [{ ...order, id: 'other' }] };

  test('are said once, with the tests that they are for', () => {
    const bound = { value: 1, why: 'half of that' };
    const two = { ...other, tests: [{ ...order, id: 'other', bound }] };
    const notes = (claims: ClaimView[]) => claimsOf({ ...view, claims })!.notes.slice(2);
    expect(notes([seen, two])).toEqual([
      'Margin 0.3 points (depth): an earlier study on other seeds.',
      'Margin 1 point (other): half of that.',
    ]);
    expect(notes([seen, other])).toEqual([
      'Margin 0.3 points (depth, other): an earlier study on other seeds.',
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

  test('and rules have the words of the profile, and how many claims are judged together', () => {
    const rules = (faithful: boolean) => claimsOf({ ...view, claims: [seen], faithful })!.notes.join();
    expect(rules(false)).toMatch(/seen at this scale.*all 12 claims.*Only the paper’s own protocol/);
    expect(rules(true)).not.toMatch(/at this scale/);
  });
});

test('a verdict has its mark and its word in every format', async () => {
  const files = await kinds.table.files({ ...view, claims: [seen] });
  expect(String(files.get('md'))).toContain('| ✓ **seen at this scale** |');
  expect(String(files.get('html'))).toContain('<td class="verdict good">✓ seen at this scale</td>');
  expect(String(files.get('page.tex'))).toContain('\\ensuremath{\\surd} \\emph{seen at this scale}');
  expect(kinds.table.text({ ...view, claims: [seen] })).toContain('✓ seen at this scale');
});
