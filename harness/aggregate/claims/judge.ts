import { networksOfClaim, networksOfTest, testsUnder } from '../../manifest/claims.ts';
import type { Argument, Claim, ClaimTest, NetworkConfig } from '../../manifest/types.ts';
import { own } from '../../own.ts';
import { holm } from '../adjust.ts';
import { nextLook } from '../looks.ts';
import { type Runs, trainingsOf } from '../runs.ts';
import { significance } from '../verdict.ts';
import { exactly } from './exact.ts';
import { type Finding, findingOf, type Ps, quantityOf, type RunTest } from './kinds.ts';
import { type Series, seriesOf } from './series.ts';
import type { ClaimObstacle, ClaimVerdict, ClaimView, TestView } from './types.ts';

/**
 * What the runs say about all claims of a paper under a profile, in its order. They are one family of tests: a wrong verdict
 * on any of them has a chance of at most 5% (Holm 1979), whichever have been run; what has not counts as no evidence.
 * `shown`: those that are wanted; all when absent. Which need no runs do not bear on the others, and are left out.
 */
export function judgeClaims(argument: Argument, runs: Runs, shown?: readonly string[]): ClaimView[] {
  const { claims, profile } = argument;
  const isWanted = (claim: Claim) => shown?.includes(claim.id) ?? true;
  const judged = claims
    .filter(claim => claim.task !== null || isWanted(claim))
    .map(claim => judgedAlone(claim, argument, runs));
  const family = claims.filter(claim => testsUnder(claim, profile).length > 0).length;
  const tested = judged.filter(({ evidence }) => evidence !== null);
  const adjusted = holm(
    tested.map(({ evidence }) => Math.min(1, 2 * Math.min(evidence!.confirm, evidence!.contradict))),
    family,
  );
  for (const [i, view] of tested.entries()) {
    Object.assign(view.evidence!, { adjusted: adjusted[i], family });
    view.verdict = verdictOf(view.evidence!, view.kind, argument.faithful);
    if (view.verdict !== 'inconclusive') view.evidence!.nextLook = null;
  }
  return judged.filter(({ id }) => shown?.includes(id) ?? true);
}

/** A claim before the others are known: its evidence is not corrected for them. */
function judgedAlone(claim: Claim, argument: Argument, runs: Runs): ClaimView {
  const { id, statement, where, pages, kind, tests } = claim;
  const { profile, networks } = argument;
  const common = {
    id,
    statement,
    where,
    pages,
    kind,
    evidence: null,
    obstacle: null,
    runs: runsOf(claim, argument.profile, runs),
  };
  const told = tests.find(({ test }) => test.kind === 'told');
  if (told?.test.kind === 'told')
    return { ...common, verdict: 'told', tests: [], obstacle: { kind: 'told', why: told.test.why } };
  const exact = tests.map(({ id, test }) => exactView(id, test)).filter(view => view !== null);
  if (exact.length === tests.length) {
    const holds = exact.every(({ measured }) => measured.every(each => each.is === 'exact' && each.holds));
    return { ...common, verdict: holds ? 'confirmed' : 'contradicted', tests: exact };
  }
  const series = seriesOf(claim, runs);
  const obstacle = obstacleTo(claim, profile, networks, runs);
  const found = tests.map(each => testOf(each, argument, series, claim));
  const views = found.map(({ view }) => view);
  if (obstacle) {
    const verdict = obstacle.kind === 'not finished' ? 'not-run' : 'not testable here';
    return { ...common, verdict, tests: views, obstacle };
  }
  const findings = found.flatMap(({ finding }) => finding ?? []);
  return { ...common, verdict: 'inconclusive', tests: views, evidence: evidenceOf(findings, claim) };
}

/** All must hold: the weakest part confirms; any part contradicts, and there are as many chances of that as parts. */
function evidenceOf(findings: readonly Finding[], { lastLook }: Claim): ClaimView['evidence'] {
  const largest = (side: keyof Ps) => Math.max(...findings.map(finding => finding[side]));
  const contradict = Math.min(1, findings.length * Math.min(...findings.map(finding => finding.contradict)));
  const seeds = Math.min(...findings.map(finding => finding.seeds ?? 0));
  return {
    ...{ confirm: largest('confirm'), contradict, negligible: largest('negligible') },
    ...{ adjusted: 1, family: 1 },
    seeds: seeds === 0 ? null : seeds,
    nextLook: nextLook(seeds, lastLook),
  };
}

function verdictOf(
  { confirm, contradict, negligible, adjusted }: NonNullable<ClaimView['evidence']>,
  kind: ClaimView['kind'],
  faithful: boolean,
): ClaimVerdict {
  if (adjusted <= significance) {
    if (confirm < contradict) return faithful ? 'confirmed' : 'seen at this scale';
    if (faithful) return 'contradicted';
    // Only an order can be the other way round.
    return ['order', 'chain', 'improvement'].includes(kind)
      ? 'reversed at this scale'
      : 'not seen at this scale';
  }
  if (negligible <= significance) return faithful ? 'negligible' : 'not seen at this scale';
  return 'inconclusive';
}

function testOf(
  { id, test }: Claim['tests'][number],
  { profile, networks }: Argument,
  series: Series,
  { lastLook }: Claim,
): { view: TestView; finding: Finding | null } {
  const exact = exactView(id, test);
  if (exact) return { view: exact, finding: null };
  const { name, unit } = quantityOf(test as RunTest, series);
  const { statement, kind } = test;
  const bound = own((test as RunTest).thresholds, profile) ?? null;
  const view = { id, kind, statement, quantity: name, unit, bound, measured: [] };
  // Without a bound nothing is judged, and a token's values are not shown.
  const isToken = networks.some(({ name, token }) => token && networksOfTest(test).includes(name));
  if (!bound || isToken) return { view, finding: null };
  const finding = findingOf(test as RunTest, bound.value, series, lastLook);
  return { view: { ...view, measured: finding.measured }, finding };
}

function exactView(id: string, test: ClaimTest): TestView | null {
  if (test.kind !== 'exact') return null;
  const measured = test.equations.map(exactly);
  const { kind, statement } = test;
  return { id, kind, statement, quantity: null, unit: '', bound: null, measured };
}

/** Why a claim cannot be judged; what will not change goes before what only has to be run. */
function obstacleTo(
  claim: Claim,
  profile: string,
  networks: readonly NetworkConfig[],
  runs: Runs,
): ClaimObstacle | null {
  const tests = testsUnder(claim, profile);
  if (tests.length === 0) return { kind: 'no margin' };
  const needed = networksOfClaim(claim, profile);
  const has = (name: string) => trainingsOf(runs, name).length > 0;
  const configs = networks.filter(({ name }) => needed.includes(name));
  const token = configs.find(config => config.token);
  if (token) return { kind: 'token', network: token.name, reason: token.token!.reason };
  const skipped = configs.find(({ name, skipped }) => skipped && !has(name));
  if (skipped) return { kind: 'skipped', network: skipped.name, reason: skipped.skipped!.reason };
  const missing = needed.filter(name => !has(name));
  return missing.length > 0 ? { kind: 'not finished', networks: missing } : null;
}

function runsOf(claim: Claim, profile: string, runs: Runs): string[] {
  return networksOfClaim(claim, profile).flatMap(name => trainingsOf(runs, name).map(({ key }) => key));
}
