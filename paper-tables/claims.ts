import type {
  AgreementView,
  ClaimEvidence,
  ClaimObstacle,
  ClaimVerdict,
  ClaimView,
  Estimate,
  Measured,
  TargetView,
  TestView,
  Verdict,
} from '../harness/aggregate/types.ts';
import {
  count,
  differenceUnit,
  integer,
  inUnits,
  number,
  percent,
  pText,
  seedsOf,
  signed,
  signedInterval,
} from './numbers.ts';
import { markedWord, type VerdictStyle, verdicts } from './verdicts.ts';

/** A claim as texts: a row of its table. */
export interface ClaimRow {
  id: string;
  statement: string;
  where: string;
  judged: Verdict | ClaimVerdict;
  /** How that is shown. */
  verdict: VerdictStyle;
  /** `ResNet-20 − ResNet-56: −0.97 points [−4.06, +2.12], 3 seeds each`, of each test, or why there is nothing to be compared. */
  measured: string;
}

/** The claims of a page, and what is said once for all of them. */
export interface Claims {
  /** `Claims of the paper`, and in brief. */
  title: string;
  short: string;
  rows: ClaimRow[];
  notes: string[];
}

/** The claims that a target bears on; null when it bears on none. */
export function claimsOf({ claims, agreements, faithful, profile }: TargetView): Claims | null {
  if (agreements) return agreements.length === 0 ? null : agreementsOf(agreements);
  if (claims.length === 0) return null;
  return {
    title: 'Claims of the paper',
    short: 'Claims',
    rows: claims.map(claim => claimRow(claim, profile)),
    notes: [...rules(claims, faithful), ...bounds(claims), ...imagesText(claims)],
  };
}

/** What other test images would scatter the differences by, which no verdict rests on: a line of its own. */
function imagesText(claims: readonly ClaimView[]): string[] {
  const texts = claims.flatMap(({ id, tests }) =>
    tests.flatMap(({ kind, measured, unit, quantity }) =>
      // Of a chain the whole.
      (kind === 'chain' ? measured.slice(-1) : measured).flatMap(each => {
        if (each.is !== 'difference' || !each.overImages) return [];
        const { error, images } = each.overImages;
        const of = `${id}, ${quantity}, ${differenceOf(each)}`;
        return [`${of}, ${number(error)} ${differenceUnit(unit)} (${integer(images)} images)`];
      }),
    ),
  );
  if (texts.length === 0) return [];
  return [
    `Intervals are over seeds, for these test images, which the paper’s numbers share. Of images in general, the standard error over images comes on top: ${[...new Set(texts)].join('; ')}.`,
  ];
}

/** A claim as texts. */
export function claimRow(claim: ClaimView, profile: string): ClaimRow {
  const { id, statement, verdict } = claim;
  const text = statement.replace(/\.$/, '');
  return {
    ...{ id, statement: text, judged: verdict, verdict: verdicts[verdict] },
    where: `${claim.where}; ${pagesText(claim.pages)}`,
    measured: measuredText(claim, profile),
  };
}

/** `p. 5`, `pp. 5, 6`. */
function pagesText(pages: readonly number[]): string {
  return `${pages.length === 1 ? 'p.' : 'pp.'} ${pages.join(', ')}`;
}

/** What a comparison of backends is called beside claims. */
export function agreementId(place: number): string {
  return `backends-${place + 1}`;
}

/** Whether backends agree, as claims are told. */
function agreementsOf(agreements: readonly AgreementView[]): Claims {
  const rows = agreements.map((agreement, i): ClaimRow => {
    const { row, quantity, unit, first, other, seeds, difference, margin, resolution, verdict } = agreement;
    const { value, interval, n } = difference;
    const bounds = interval
      ? ` ${signedInterval(interval, [0, margin?.value ?? null, resolution?.value ?? null])}`
      : ': fewer than three seeds decide nothing';
    return {
      id: agreementId(i),
      statement: `${row}: ${other} gives the ${quantity} of ${first}`,
      where: `seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')}`,
      judged: verdict,
      verdict: verdicts[verdict],
      measured: `${other} − ${first}: ${signed(value)} ${differenceUnit(unit)}${bounds}, ${seedsOf(n as [number, number])}`,
    };
  });
  const { margin, resolution, unit } = agreements[0]!;
  const within = (word: 'reproduced' | 'consistent', bound: { value: number } | null) =>
    bound
      ? `${markedWord(word)}: the difference is shown to lie within ±${inUnits(bound.value, unit)}. `
      : '';
  return {
    title: 'Do the backends agree?',
    short: 'Backends',
    rows,
    notes: [
      'Δ [95% CI]: difference of the means over the seeds that both have finished, with Welch’s interval. Backends share initial weights, batches and learning rates; rounding alone makes trainings part, so that only means can be compared.',
      `${within('reproduced', margin)}${within('consistent', resolution)}${markedWord('differs')}: a difference is shown, corrected for ${agreements.length} comparisons (Holm). ${markedWord('inconclusive')}: neither, or fewer than three seeds.`,
    ],
  };
}

/** What was measured about a claim: of each of its tests, and how the verdict was read from all of them. */
function measuredText({ tests, obstacle, evidence }: ClaimView, profile: string): string {
  const named = tests.length > 1;
  const texts = tests.flatMap(test =>
    // An improvement names its measures itself.
    testTexts(test).map(text =>
      named && test.quantity !== null && test.kind !== 'improvement' ? `${test.quantity}: ${text}` : text,
    ),
  );
  const why = obstacle ? [obstacleText(obstacle, profile)] : untestedTexts(tests);
  // Two tests may measure the same, a step of a chain and a margin of its own.
  return [...new Set([...texts, ...why, ...(evidence ? [evidenceText(evidence)] : [])])].join('; ');
}

/** Parts of a claim that the profile has no bound for: the verdict is on the others. */
function untestedTexts(tests: readonly TestView[]): string[] {
  const untested = tests.filter(({ kind, bound }) => kind !== 'exact' && bound === null);
  return untested.map(({ statement }) => `not tested here: ${statement.replace(/\.$/, '')}`);
}

/** What one test has measured; nothing before there are runs. */
function testTexts({ kind, measured, unit, bound }: TestView): string[] {
  const limits = [0, bound?.value ?? null];
  const texts = measured.map(each => measuredNumber(each, unit, limits));
  if (kind === 'exact') return [`computed: ${texts.join(', ')}`];
  if (kind !== 'chain' || measured.length < 2) return texts;
  // Of a chain the whole comes first, and then its steps.
  const steps = measured.slice(0, -1).map(each => (each.is === 'difference' ? signed(each.value) : ''));
  return [texts.at(-1)!, `step by step ${steps.join(', ')}`];
}

function measuredNumber(
  measured: Measured,
  unit: TestView['unit'],
  limits: readonly (number | null)[],
): string {
  switch (measured.is) {
    case 'exact':
      return measured.text;
    case 'difference': {
      const { direction, value, n } = measured;
      const seeds = direction === 'lower' ? n : n.toReversed();
      const points = unit === '' ? '' : ` ${differenceUnit(unit)}`;
      const bounds = measured.interval ? ` ${signedInterval(measured.interval, limits)}` : '';
      return `${differenceOf(measured)}: ${signed(value)}${points}${bounds}, ${seedsOf(seeds as [number, number])}`;
    }
    case 'mean':
      return `${measured.network}: ${number(measured.value)}${unit}${boundsText(measured)}, ${count(measured.n[0]!, 'seed')}`;
    case 'share':
      return `${measured.better} below ${measured.worse} at ${percent(Math.round(measured.value) / 100)} of points${boundsText(measured)}, ${count(measured.n[0]!, 'seed')} each`;
  }
}

/** What is taken off what, so that it comes out positive where the paper is right. */
export function differenceOf({
  worse,
  better,
  direction,
}: Pick<Extract<Measured, { is: 'difference' }>, 'worse' | 'better' | 'direction'>): string {
  return direction === 'lower' ? `${worse} − ${better}` : `${better} − ${worse}`;
}

function boundsText({ interval }: Estimate): string {
  return interval ? ` [${interval.map(bound => number(bound)).join(', ')}]` : '';
}

/** `p = 0.004 among 17 claims, read at 3 seeds`. */
function evidenceText({ adjusted, family, seeds, nextLook }: ClaimEvidence): string {
  const next = nextLook === null ? '' : `, next look at ${nextLook}`;
  if (seeds === null) return `verdicts need 3 seeds each`;
  return `${pText(adjusted)} among ${count(family, 'claim')}, read at ${count(seeds, 'seed')}${next}`;
}

/** Why a claim is not judged. */
export function obstacleText(obstacle: ClaimObstacle, profile: string): string {
  switch (obstacle.kind) {
    case 'not finished':
      return `no finished run of ${obstacle.networks.join(', ')}`;
    case 'skipped':
      return `${obstacle.network} is not run: ${obstacle.reason}`;
    case 'token':
      return `${obstacle.network} is a token run: ${obstacle.reason}`;
    case 'no margin':
      return `nothing was fixed that it could be judged by under profile ${profile}`;
    case 'told':
      return `not tested: ${obstacle.why}`;
  }
}

/** How verdicts on claims are reached. */
function rules(claims: readonly ClaimView[], faithful: boolean): string[] {
  const evidence = claims.flatMap(each => each.evidence ?? [])[0];
  if (!evidence) return [];
  const word = markedWord;
  const family = `The verdict is corrected for all ${count(evidence.family, 'claim')} of the paper that are tested (Holm) and for every look: at most 5% of cases have any wrong one.`;
  const interval =
    'Δ [95% CI]: the difference with Welch’s interval over seeds, positive in the paper’s direction; 95% for this number alone.';
  return [
    interval,
    faithful
      ? `${word('confirmed')}: all tests of the claim hold. ${word('contradicted')}: one of them is shown to be the other way. ${word('negligible')}: the difference is shown to be smaller than the margin. ${word('inconclusive')}: none of these, or fewer than 3 seeds each. ${family}`
      : `${word('seen at this scale')}: all tests of the claim hold. ${word('not seen at this scale')}: the difference is shown to be smaller than the margin, or not as it should be; ${verdicts['reversed at this scale'].word}: the order is the other way. ${word('inconclusive')}: none of these, or fewer than 3 seeds each. ${family} Only the paper’s own protocol confirms or contradicts a claim.`,
  ];
}

/** Each bound once, with the tests that it is for and the reason. */
function bounds(claims: readonly ClaimView[]): string[] {
  const groups = new Map<string, { text: string; why: string; ids: string[] }>();
  for (const { tests } of claims) {
    for (const { id, kind, bound, unit } of tests) {
      if (!bound) continue;
      const value = boundValue(kind, bound.value, unit);
      const text = `${boundWords[kind as keyof typeof boundWords]} ${value}`;
      const key = JSON.stringify([text, bound.why]);
      const group = groups.get(key) ?? { text, why: bound.why, ids: [] };
      group.ids.push(id);
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ text, why, ids }) => `${text} (${ids.join(', ')}): ${why}.`);
}

function boundValue(kind: TestView['kind'], value: number, unit: TestView['unit']): string {
  if (kind === 'fraction') return percent(value);
  // A threshold is a value of the measure itself, the others are differences.
  return kind === 'threshold' || unit === '' ? `${value}${unit}` : inUnits(value, unit);
}

const boundWords: Readonly<Record<Exclude<TestView['kind'], 'exact' | 'told'>, string>> = {
  order: 'Margin',
  chain: 'Margin of each step',
  same: 'Margin',
  size: 'Resolution',
  threshold: 'Bound',
  fraction: 'Share of points',
  improvement: 'Margin',
};
