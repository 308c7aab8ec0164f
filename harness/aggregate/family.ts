import { isOfOtherImages } from '../manifest/images.ts';
import type { PublishedCell, TableTarget } from '../manifest/types.ts';
import { taskOf } from '../tasks/registry.ts';
import { holm } from './adjust.ts';
import { type Runs, trainingsOf } from './runs.ts';
import { isSample, sampleOf } from './sample.ts';
import type { CellView, Unjudged } from './types.ts';
import { divergedSeeds, judge, seedsInOrder, testCell } from './verdict.ts';

/**
 * What is said of a measured cell under the faithful profile: its verdict and evidence, or why it is not judged. `members`:
 * its network, or those of its ensemble.
 */
export type Judgements = (
  members: readonly string[],
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
  return (members, measure, published) => {
    const own = members.length === 1 ? found.get(idOf(members[0]!, measure)) : undefined;
    if (own && !hasOtherImages(members, published, target)) return { ...own, unjudged: null };
    return { verdict: null, evidence: null, unjudged: whyUnjudged(members, measure, published, target) };
  };
}

function idOf(network: string, measure: string): string {
  return JSON.stringify([network, measure]);
}

function whyUnjudged(
  members: readonly string[],
  measure: string,
  published: PublishedCell,
  target: TableTarget,
): Unjudged | null {
  if (published.kind !== 'value') return null;
  if (hasOtherImages(members, published, target)) return 'other images';
  if (members.length !== 1) return 'ensemble';
  return target.tolerances[measure] ? 'other training' : 'no tolerance';
}

/** One measure of one network may be printed for several sets of images: what was found of one says nothing of another. */
function hasOtherImages(
  members: readonly string[],
  published: PublishedCell,
  { networks }: TableTarget,
): boolean {
  return (
    published.kind === 'value' &&
    networks.some(config => members.includes(config.name) && isOfOtherImages(published, config))
  );
}

/** What a network that has learnt nothing would have; null where that is not known, or it is not run here. */
function chanceOf({ task, networks }: TableTarget, network: string, measure: string): number | null {
  const config = networks.find(({ name }) => name === network);
  return config ? taskOf(task).chanceOf(measure, config.spec) : null;
}
