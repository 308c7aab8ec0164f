import { benjaminiHochberg } from '../aggregate/adjust.ts';
import { differenceOfPooled, intervalOf, pAbove, pBelow } from '../aggregate/difference.ts';
import { mean, standardDeviation } from '../aggregate/sample.ts';
import type { Group } from '../aggregate/student.ts';
import { own } from '../own.ts';
import type { TaskId } from '../tasks/registry.ts';
import { taskOf } from '../tasks/registry.ts';
import type { CellChange, SeedResult } from './types.ts';

/** Seeds of the baseline, of a first look after a change, and those that confirm a candidate. */
export const referenceSeeds = 10;
export const firstLook = [1, 2, 3, 4, 5] as const;
export const confirmingSeeds = [11, 12, 13, 14, 15] as const;

/** False discovery rate of candidates, and the one-sided level at which further seeds confirm one. */
const discoveryRate = 0.2;
const confirmationLevel = 0.005;

/** Results of a network before and after a change. */
export interface Sides {
  network: string;
  task: TaskId;
  targets: readonly string[];
  before: readonly SeedResult[];
  now: readonly SeedResult[];
}

/**
 * The measures of networks whose bits changed: pooled t of the first look against the baseline's seeds, and the
 * Benjamini-Hochberg procedure over all of them. A candidate is `not confirmed` until `confirmed` has looked at it.
 */
export function firstLookAt(sides: readonly Sides[]): CellChange[] {
  const cells = sides.flatMap(cellsOf);
  const tested = cells.filter(({ verdict }) => verdict !== 'too few seeds');
  const qs = benjaminiHochberg(tested.map(cell => twoSided(cell.now, cell.before)));
  const found = new Map(tested.map((cell, i) => [cell, qs[i]!]));
  return cells.map(cell => {
    const q = found.get(cell);
    if (q === undefined) return cell;
    return { ...cell, q, verdict: q <= discoveryRate ? 'not confirmed' : 'not moved' };
  });
}

/** Candidates that further seeds, which the first look did not see, show to lie off the baseline in the same direction. */
export function confirmed(
  cells: readonly CellChange[],
  more: ReadonlyMap<string, readonly SeedResult[]>,
): CellChange[] {
  return cells.map(cell => {
    const seeds = more.get(cell.network) ?? [];
    const values = seeds.flatMap(({ measures }) => own(measures, cell.measure) ?? []);
    if (cell.verdict !== 'not confirmed' || values.length === 0) return cell;
    const difference = differenceOfPooled(group(values), cell.before);
    const p = cell.now.mean > cell.before.mean ? pAbove(difference, 0) : pBelow(difference, 0);
    const confirmation = { p, mean: mean(values), seeds: seeds.map(({ seed }) => seed) };
    return { ...cell, confirmation, verdict: p <= confirmationLevel ? 'moved' : 'not confirmed' };
  });
}

function cellsOf({ network, task, targets, before, now }: Sides): CellChange[] {
  const { measures } = taskOf(task);
  const names = Object.keys(before[0]?.measures ?? {}).filter(name => Object.hasOwn(measures, name));
  return names.flatMap(measure => {
    const valuesOf = (seeds: readonly SeedResult[]) =>
      seeds.flatMap(each => own(each.measures, measure) ?? []);
    const [then, found] = [valuesOf(before), valuesOf(now)];
    if (then.length === 0 || found.length === 0) return [];
    const sides = { before: group(then), now: group(found) };
    const enough = then.length >= 3 && found.length >= 3;
    const interval = enough ? intervalOf(differenceOfPooled(sides.now, sides.before), 0.95) : null;
    const verdict = enough ? 'not moved' : 'too few seeds';
    const { unit, decimals } = measures[measure]!;
    return [
      { network, measure, unit, decimals, targets, ...sides, interval, q: null, confirmation: null, verdict },
    ];
  });
}

/** Two groups without any spread that lie apart differ for certain; those that do not are the same. */
function twoSided(now: Group, before: Group): number {
  const difference = differenceOfPooled(now, before);
  return Math.min(1, 2 * Math.min(pAbove(difference, 0), pBelow(difference, 0)));
}

function group(values: readonly number[]): Group {
  return { mean: mean(values), sd: standardDeviation(values) ?? 0, n: values.length };
}
