import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../manifest/load.ts';
import type { Argument, Claim, ClaimTest, TableTarget } from '../../manifest/types.ts';
import { configFor } from '../networks.fixture.ts';
import { type Errors, runsFor } from '../records.fixture.ts';
import { argumentOf, depthClaim } from '../targets.fixture.ts';
import { judgeClaims } from './judge.ts';

const names = ['plain-20', 'plain-56', 'ResNet-20', 'ResNet-32', 'ResNet-56', 'ResNet-110'];

function claimOf(id: string, ...tests: ClaimTest[]): Claim {
  const kind = tests.length === 1 ? tests[0]!.kind : 'all';
  return { ...depthClaim, id, kind, tests: tests.map((test, i) => ({ id: `${id}-${i}`, test })) };
}

const statement = 'as the paper says';
const none = { paper: { value: 0, why: 'order' } };
const within = { paper: { value: 1, why: 'close' } };
const order = (better: string, worse: string, measure = 'testError', thresholds = none): ClaimTest => {
  return { kind: 'order', statement, measure, better, worse, thresholds };
};

const claims = [
  claimOf('order', order('ResNet-56', 'ResNet-20')),
  claimOf('train', order('plain-20', 'plain-56', 'trainError')),
  claimOf('chain', {
    kind: 'chain',
    statement,
    measure: 'testError',
    networks: ['ResNet-20', 'ResNet-32', 'ResNet-56', 'ResNet-110'],
    thresholds: none,
  }),
  claimOf('size', {
    ...order('ResNet-56', 'plain-56'),
    kind: 'size',
    gap: 6,
    thresholds: within,
  } as ClaimTest),
  claimOf('same', {
    kind: 'same',
    statement,
    measure: 'trainError',
    networks: ['ResNet-20', 'ResNet-110'],
    thresholds: within,
  }),
  claimOf('threshold', {
    kind: 'threshold',
    statement,
    measure: 'testError',
    network: 'plain-56',
    is: 'above',
    thresholds: { paper: { value: 10, why: 'printed' } },
  }),
  claimOf('both', order('ResNet-20', 'plain-20'), order('ResNet-56', 'plain-56', 'trainError')),
];

/** Test and training error of each network as the paper would have them. */
const centre: Readonly<Record<string, readonly [test: number, train: number]>> = {
  'plain-20': [11, 3],
  'plain-56': [13, 6],
  'ResNet-20': [9, 1],
  'ResNet-32': [8, 0.9],
  'ResNet-56': [7, 0.8],
  'ResNet-110': [6, 1.1],
};

const five = [-0.11, 0.07, -0.02, 0.1, -0.04];

function errorsAt(values: typeof centre): Errors {
  return Object.fromEntries(
    Object.entries(values).map(([name, [test, train]]) => [
      name,
      five.map((off, i): [number, number] => [test + off, train + five[(i + 2) % 5]! / 2]),
    ]),
  );
}

function argument(profile = 'paper', all: readonly Claim[] = claims): Argument {
  return argumentOf(
    profile,
    all,
    names.map(name => configFor(name, profile)),
  );
}

function verdictsOf(values: typeof centre, profile = 'paper'): Record<string, string> {
  const views = judgeClaims(argument(profile), runsFor(profile, errorsAt(values)));
  return Object.fromEntries(views.map(({ id, verdict }) => [id, verdict]));
}

describe('claims', () => {
  test('are confirmed by runs that are as the paper says', () => {
    expect(Object.values(verdictsOf(centre))).toEqual(claims.map(() => 'confirmed'));
  });

  test('a change of one value of one network changes no claim that does not speak of it', () => {
    const network = fc.constantFrom(...names);
    const measure = fc.constantFrom(0, 1);
    fc.assert(
      fc.property(network, measure, fc.double({ min: 0, max: 40, noNaN: true }), (name, at, value) => {
        const changed = centre[name]!.with(at, value) as [number, number];
        const verdicts = verdictsOf({ ...centre, [name]: changed });
        const measureName = at === 0 ? 'testError' : 'trainError';
        for (const { id, tests } of claims) {
          const speaks = tests.some(
            ({ test }) =>
              'measure' in test && test.measure === measureName && JSON.stringify(test).includes(`"${name}"`),
          );
          if (!speaks) expect(verdicts[id], `${id} after ${name} ${measureName} ${value}`).toBe('confirmed');
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['ResNet-56', 0, 12, { order: 'contradicted', chain: 'contradicted', size: 'contradicted' }],
    ['ResNet-110', 0, 9.5, { chain: 'contradicted' }],
    ['plain-56', 1, 1, { train: 'contradicted' }],
    ['plain-56', 1, 0.2, { train: 'contradicted', both: 'contradicted' }],
    ['ResNet-110', 1, 5, { same: 'contradicted' }],
    ['plain-56', 0, 8.5, { size: 'contradicted', threshold: 'contradicted' }],
    ['plain-20', 0, 7, { both: 'contradicted' }],
  ] as const)('%s with value %i at %f flips those that speak of it', (name, at, value, flipped) => {
    const verdicts = verdictsOf({ ...centre, [name]: centre[name]!.with(at, value) as [number, number] });
    const expected = Object.fromEntries(claims.map(({ id }) => [id, 'confirmed']));
    expect(verdicts).toEqual({ ...expected, ...flipped });
  });

  test('an order that is shown to be smaller than its margin is negligible', () => {
    const margin = { paper: { value: 2, why: 'far' } };
    const [view] = judgeClaims(
      argument('paper', [claimOf('near', order('ResNet-56', 'ResNet-20', 'testError', margin))]),
      runsFor('paper', errorsAt({ ...centre, 'ResNet-56': [8.7, 1] })),
    );
    expect(view).toMatchObject({ verdict: 'negligible' });
  });

  test('are never read from fewer than three seeds, nor across a gap', () => {
    const few = Object.fromEntries(
      Object.entries(errorsAt(centre)).map(([name, seeds]) => [name, seeds.slice(0, 2)]),
    );
    for (const { verdict, evidence } of judgeClaims(argument(), runsFor('paper', few))) {
      expect(verdict).toBe('inconclusive');
      expect(evidence).toMatchObject({ seeds: null, nextLook: 3 });
    }
  });

  test('have words of scale under another profile, and no bound there means no test', () => {
    const mini = judgeClaims(argument('mini'), runsFor('mini', errorsAt(centre)));
    expect(mini.map(({ verdict }) => verdict)).toEqual(claims.map(() => 'not testable here'));
    const [seen] = judgeClaims(argument('mini', [depthClaim]), runsFor('mini', errorsAt(centre)));
    expect(seen!.verdict).toBe('seen at this scale');
    const back = { ...centre, 'ResNet-56': [12, 1] as const };
    const [reversed] = judgeClaims(argument('mini', [depthClaim]), runsFor('mini', errorsAt(back)));
    expect(reversed!.verdict).toBe('reversed at this scale');
  });

  test('more claims in the family make each verdict harder, whether they have runs or not', () => {
    const adjusted = (all: readonly Claim[]) =>
      judgeClaims(argument('paper', all), runsFor('paper', errorsAt(centre)))[0]!.evidence!.adjusted;
    const elsewhere = claimOf('elsewhere', order('ResNet-44', 'ResNet-1202'));
    expect(adjusted([claims[0]!, elsewhere])).toBeGreaterThan(adjusted([claims[0]!]));
  });
});

test('all claims of the paper are there, tested or told, and the exact ones hold', async () => {
  const [target] = (await loadTargets(['table6'], 'paper')) as [TableTarget];
  const views = judgeClaims(target.argument, runsFor('paper', {}));
  expect(views).toHaveLength(48);
  const counts = (verdict: string) => views.filter(view => view.verdict === verdict).map(({ id }) => id);
  expect(counts('confirmed').join(' ')).toBe('C13 C14 C15 C16 C17 C18 C19 C20 C25 C29 C47');
  expect(counts('contradicted')).toEqual([]);
  expect(counts('not-run').join(' ')).toBe(
    'C01 C02 C03 C04 C05 C06 C08 C09 C10 C11 C12 C21 C22 C23 C24 C27 C28 C30 C31 C32 C33 C36 C37 C38 C39 C43 C45',
  );
  for (const { obstacle } of views.filter(view => view.verdict === 'told'))
    expect(obstacle).toMatchObject({ kind: 'told', why: expect.stringMatching(/.{20}/) });
});
