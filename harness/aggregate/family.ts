import type { PublishedCell, TableTarget } from '../manifest/types.ts';
import { taskOf } from '../tasks/registry.ts';
import { holm } from './adjust.ts';
import { type Runs, trainingsOf } from './runs.ts';
import { isSample, sampleOf } from './sample.ts';
import type { CellView, Unjudged } from './types.ts';
import { divergedSeeds, judge, seedsInOrder, testCell } from './verdict.ts';

/** What is said of a measured cell under the faithful profile: its verdict and evidence, or why it is not judged. */
export type Judgements = (
  network: string | undefined,
  measure: string,
  published: PublishedCell,
) => Pick<CellView, 'verdict' | 'evidence' | 'unjudged'>;

/**
 * Judges all cells of a target's family together, wherever they are printed and whichever of them are shown: a cell has one
 * verdict. What has not been run counts as no evidence of a difference.
 */
export function judgeFamily(target: TableTarget, runs: Runs): Judgements {
  const { family, tolerances, lastLook } = target;
  const judged = family.flatMap(({ network, measure, published }) => {
    const sample = sampleOf(trainingsOf(runs, network), measure);
    if (!isSample(sample)) return [];
    const diverged = divergedSeeds(sample, chanceOf(target, network, measure));
    const values = diverged.length > 0 ? [] : sample.values.slice(0, seedsInOrder(sample));
    const test = testCell(published, values, tolerances[measure]!, lastLook);
    return [{ id: idOf(network, measure), sample, test, diverged }];
  });
  const adjusted = holm(
    judged.map(({ test }) => test.differs),
    family.length,
  );
  const found = new Map(
    judged.map(({ id, sample, test, diverged }, i) => [
      id,
      judge(test, sample, adjusted[i]!, family.length, diverged),
    ]),
  );
  return (network, measure, published) => {
    const own = network === undefined ? undefined : found.get(idOf(network, measure));
    if (own) return { ...own, unjudged: null };
    return { verdict: null, evidence: null, unjudged: whyUnjudged(network, measure, published, target) };
  };
}

function idOf(network: string, measure: string): string {
  return JSON.stringify([network, measure]);
}

function whyUnjudged(
  network: string | undefined,
  measure: string,
  published: PublishedCell,
  { tolerances }: TableTarget,
): Unjudged | null {
  if (published.kind !== 'value') return null;
  if (network === undefined) return 'ensemble';
  return tolerances[measure] ? 'other images' : 'no tolerance';
}

/** What a network that has learnt nothing would have; null where that is not known, or it is not run here. */
function chanceOf({ task, networks }: TableTarget, network: string, measure: string): number | null {
  const config = networks.find(({ name }) => name === network);
  return config ? taskOf(task).chanceOf(measure, config.spec) : null;
}
