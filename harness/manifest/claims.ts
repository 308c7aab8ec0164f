import { own } from '../own.ts';
import type { Claim, ClaimTest, FigureTarget, NetworkConfig, TableTarget } from './types.ts';

/** The networks that a test speaks of, in its order; none for what needs no runs. */
export function networksOfTest(test: ClaimTest): readonly string[] {
  switch (test.kind) {
    case 'order':
    case 'size':
    case 'fraction':
      return [test.worse, test.better];
    case 'same':
    case 'chain':
      return test.networks;
    case 'threshold':
    case 'improvement':
      return [test.network];
    case 'exact':
    case 'told':
      return [];
  }
}

/** The tests of a claim that a profile has a bound for, fixed beforehand: those that its runs can be judged by. */
export function testsUnder({ tests }: Claim, profile: string): ClaimTest[] {
  return tests.flatMap(({ test }) =>
    test.kind === 'exact' || test.kind === 'told' || !own(test.thresholds, profile) ? [] : [test],
  );
}

/** The networks whose runs a claim is judged by under a profile. */
export function networksOfClaim(claim: Claim, profile: string): string[] {
  return [...new Set(testsUnder(claim, profile).flatMap(networksOfTest))];
}

/** Networks that a target does not show and whose runs its verdicts are shared with: of all claims, and of its family of cells. */
export function relatedTo(target: TableTarget | FigureTarget): NetworkConfig[] {
  const { claims, networks, profile } = target.argument;
  const judged = target.kind === 'table' ? target.family.map(({ network }) => network) : [];
  const needed = target.claims.length > 0 ? claims.flatMap(claim => networksOfClaim(claim, profile)) : [];
  const names = new Set([...needed, ...judged]);
  const shown = new Set(target.networks.map(({ name }) => name));
  return networks.filter(({ name, skipped }) => names.has(name) && !shown.has(name) && !skipped);
}
