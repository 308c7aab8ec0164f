import type {
  AgreementView,
  ClaimObstacle,
  ClaimVerdict,
  ClaimView,
  TargetView,
  Verdict,
} from '../harness/aggregate/types.ts';
import { differenceUnit, inUnits, seedsOf, signed, signedInterval } from './numbers.ts';
import { markedWord, type VerdictStyle, verdicts } from './verdicts.ts';

/** A claim as texts: a row of its table. */
export interface ClaimRow {
  id: string;
  statement: string;
  where: string;
  judged: Verdict | ClaimVerdict;
  /** How that is shown. */
  verdict: VerdictStyle;
  /** `ResNet-20 − ResNet-56: −0.97 points [−4.06, +2.12], 3 seeds each`, or why there is nothing to be compared. */
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
  const rows = claims.map(({ id, statement, where, verdict, ...claim }): ClaimRow => {
    const measured = measuredText(claim, profile);
    const text = statement.replace(/\.$/, '');
    return { id, statement: text, where, judged: verdict, verdict: verdicts[verdict], measured };
  });
  return {
    title: 'Claims of the paper',
    short: 'Claims',
    rows,
    notes: [...rules(faithful), ...margins(claims), ...assumedSds(claims)],
  };
}

/** What a comparison of backends is called beside claims. */
export function agreementId(place: number): string {
  return `backends-${place + 1}`;
}

/** Whether backends agree, as claims are told. */
function agreementsOf(agreements: readonly AgreementView[]): Claims {
  const rows = agreements.map((agreement, i): ClaimRow => {
    const { row, quantity, unit, first, other, seeds, difference, margin, verdict } = agreement;
    const { value, interval, n } = difference;
    const bounds = interval
      ? ` ${signedInterval(interval, [0, margin?.value ?? null])}`
      : ': a single seed decides nothing';
    return {
      id: agreementId(i),
      statement: `${row}: ${other} gives the ${quantity} of ${first}`,
      where: `seed${seeds.length === 1 ? '' : 's'} ${seeds.join(', ')}`,
      judged: verdict,
      verdict: verdicts[verdict],
      measured: `${other} − ${first}: ${signed(value)} ${differenceUnit(unit)}${bounds}, ${seedsOf(n)}`,
    };
  });
  const { margin, unit } = agreements[0]!;
  const within = margin
    ? ` ${markedWord('reproduced')}: the 90% interval lies within ±${inUnits(margin.value, unit)}.`
    : '';
  return {
    title: 'Do the backends agree?',
    short: 'Backends',
    rows,
    notes: [
      'Δ [95% CI]: difference of the means over the seeds that both have finished, with Welch’s interval. Backends share initial weights, batches and learning rates; rounding alone makes trainings part, so that only means can be compared.',
      `${markedWord('consistent')}: the interval holds 0; it says how large a difference may still be.${within} ${markedWord('differs')}: 0 lies outside the interval at the level that Holm’s correction leaves over ${agreements.length} comparisons. ${markedWord('inconclusive')}: neither, or a single seed.`,
    ],
  };
}

/** What was measured about a claim. */
function measuredText(
  claim: Pick<ClaimView, 'difference' | 'obstacle' | 'margin' | 'unit' | 'seedsNeeded'> & Sides,
  profile: string,
): string {
  const { difference, obstacle, margin, unit, seedsNeeded } = claim;
  if (!difference) return obstacleText(obstacle!, profile);
  const { value, interval, n } = difference;
  const bounds = interval ? ` ${signedInterval(interval, [0, margin?.value ?? null])}` : '';
  const needed = seedsNeeded === null ? '' : `; about ${seedsNeeded} seeds each should settle it`;
  const reason = interval ? '' : `: a single seed decides nothing${needed}`;
  return `${sidesOf(claim)}: ${signed(value)} ${differenceUnit(unit)}${bounds}, ${seedsOf(n)}${reason}`;
}

type Sides = Pick<ClaimView, 'better' | 'worse' | 'direction'>;

/** What is subtracted from what, so that the difference is positive when the claim's order holds. */
function sidesOf({ better, worse, direction }: Sides): string {
  return direction === 'lower' ? `${worse} − ${better}` : `${better} − ${worse}`;
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
      return `no margin was fixed for profile ${profile}`;
  }
}

/** How verdicts on claims are reached. */
function rules(faithful: boolean): string[] {
  const interval =
    'Δ [95% CI]: the difference with Welch’s interval over seeds, positive when the claim’s order holds.';
  const word = markedWord;
  return [
    interval,
    faithful
      ? `${word('confirmed')}: the whole interval lies above the margin. ${word('contradicted')}: it lies below 0. ${word('inconclusive')}: neither, or a single seed on a side.`
      : `${word('seen at this scale')}: the whole interval lies above the margin. ${word('not seen at this scale')}: it lies below the margin; ${verdicts['reversed at this scale'].word}: below 0. ${word('inconclusive')}: neither, or a single seed on a side. Only the paper’s own protocol confirms or contradicts a claim.`,
  ];
}

/** Each margin once, with the claims that it is for and the reason. */
function margins(claims: readonly ClaimView[]): string[] {
  return grouped(claims, ({ margin, unit }) => margin && [inUnits(margin.value, unit), margin.why]).map(
    ({ texts: [value, why], of }) => `Margin ${value} for ${of}: ${why}.`,
  );
}

function assumedSds(claims: readonly ClaimView[]): string[] {
  return grouped(
    claims,
    ({ assumedSd, unit }) => assumedSd && [inUnits(assumedSd.value, unit), assumedSd.why],
  ).map(({ texts: [value, why], of }) => `Seeds needed for ${of}: with an SD of ${value} (${why}).`);
}

/** Claims with the same texts, in order, by what each compares. */
function grouped(
  claims: readonly ClaimView[],
  textsOf: (claim: ClaimView) => [string, string] | null,
): { texts: [string, string]; of: string }[] {
  const groups = new Map<string, { texts: [string, string]; names: string[] }>();
  for (const claim of claims) {
    const texts = textsOf(claim);
    if (!texts) continue;
    const key = JSON.stringify(texts);
    const group = groups.get(key) ?? { texts, names: [] };
    group.names.push(`${sidesOf(claim)} (${claim.quantity})`);
    groups.set(key, group);
  }
  const all =
    groups.size === 1 && [...groups.values()][0]!.names.length === claims.length && claims.length > 1;
  return [...groups.values()].map(({ texts, names }) => ({
    texts,
    of: all ? 'every claim' : names.join(', '),
  }));
}
