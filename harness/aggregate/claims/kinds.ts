import { networksOfTest } from '../../manifest/claims.ts';
import type { LastLook } from '../../manifest/looks.ts';
import type { ClaimTest } from '../../manifest/types.ts';
import {
  type Difference,
  differenceFromFixed,
  differenceOfMeans,
  intervalOf,
  pAbove,
  pBelow,
  pBeyond,
  pWithin,
} from '../difference.ts';
import { looksReached, overall } from '../looks.ts';
import { mean, standardDeviation } from '../sample.ts';
import type { Group } from '../student.ts';
import type { Series } from './series.ts';
import type { Estimate, Measured } from './types.ts';

/** A test that needs runs. */
export type RunTest = Exclude<ClaimTest, { kind: 'exact' | 'told' }>;

/** One-sided p-values: that the claim holds, that it does not, and that a gap is smaller than the margin. */
export interface Ps {
  confirm: number;
  contradict: number;
  negligible: number;
}

/** What was found by a test: its p-values, corrected for every look, how many seeds they were read from, and what is shown. */
export interface Finding extends Ps {
  seeds: number | null;
  measured: Measured[];
}

/** How a test of a kind is made. */
interface Kind<T extends RunTest> {
  /** The values of each of its networks, or other numbers that are compared, by seed. */
  values(test: T, series: Series): readonly (readonly number[])[];
  /** At one look: of the first n values of each. `sign`: 1 where smaller values are better. */
  at(test: T, groups: readonly Group[], bound: number, sign: number): Ps;
  /** What is shown of all seeds. */
  shown(test: T, groups: readonly Group[], sign: number, series: Series): Measured[];
}

/** One rule for every kind that needs runs (docs/verdicts.md). */
const kinds: { readonly [K in RunTest['kind']]: Kind<Extract<RunTest, { kind: K }>> } = {
  order: {
    values: measured,
    at(_, groups, margin, sign) {
      const gap = gapOf(groups, 0, 1, sign);
      return { confirm: pAbove(gap, margin), contradict: pBelow(gap, 0), negligible: pWithin(gap, margin) };
    },
    shown: ({ worse, better }, groups, sign) => [differenceShown(worse, better, groups, 0, 1, sign)],
  },
  size: {
    values: measured,
    at({ gap: stated }, groups, within, sign) {
      const gap = gapOf(groups, 0, 1, sign);
      return {
        confirm: pWithin(gap, within, stated),
        contradict: Math.min(1, 2 * pBeyond(gap, within, stated)),
        negligible: 1,
      };
    },
    shown: ({ worse, better }, groups, sign) => [differenceShown(worse, better, groups, 0, 1, sign)],
  },
  same: {
    values: measured,
    at({ networks }, groups, margin, sign) {
      const gaps = pairsOf(networks).map(([a, b]) => gapOf(groups, a, b, sign));
      return {
        confirm: Math.max(...gaps.map(gap => pWithin(gap, margin))),
        contradict: Math.min(1, 2 * gaps.length * Math.min(...gaps.map(gap => pBeyond(gap, margin)))),
        negligible: 1,
      };
    },
    shown: ({ networks }, groups, sign) =>
      pairsOf(networks).map(([a, b]) => differenceShown(networks[a]!, networks[b]!, groups, a, b, sign)),
  },
  chain: {
    values: ({ networks, measure, mean: line }, series) =>
      networks.map(network =>
        line === undefined ? series.measure(network, measure!) : series.meanOf(network, line),
      ),
    at({ networks }, groups, margin, sign) {
      const steps = stepsOf(networks).map(([a, b]) => gapOf(groups, a, b, sign));
      // A step back anywhere speaks against the order, also between networks that are not neighbours.
      const pairs = pairsOf(networks).map(([a, b]) => gapOf(groups, a, b, sign));
      return {
        confirm: Math.max(...steps.map(gap => pAbove(gap, margin))),
        contradict: Math.min(1, pairs.length * Math.min(...pairs.map(gap => pBelow(gap, 0)))),
        negligible: 1,
      };
    },
    shown({ networks }, groups, sign) {
      const last = networks.length - 1;
      const steps = stepsOf(networks);
      const shown: [number, number][] = last > 1 ? [...steps, [0, last]] : steps;
      return shown.map(([a, b]) => differenceShown(networks[a]!, networks[b]!, groups, a, b, sign));
    },
  },
  threshold: {
    values: ({ network, measure }, series) => [series.measure(network, measure)],
    at({ is }, [group], bound) {
      const away = differenceFromFixed(group!, bound);
      const [above, below] = [pAbove(away, 0), pBelow(away, 0)];
      return is === 'above'
        ? { confirm: above, contradict: below, negligible: 1 }
        : { confirm: below, contradict: above, negligible: 1 };
    },
    shown: ({ network }, [group]) => [{ is: 'mean', network, ...estimateOf([group!]) }],
  },
  fraction: {
    values({ line, worse, better, until = 1 }, series) {
      const below = series.line(better, line);
      const above = series.line(worse, line);
      // A seed of one beside the same seed of the other; points beyond the shorter line have no counterpart.
      const seeds = Math.min(below.length, above.length);
      const shares = Array.from({ length: seeds }, (_, i) => shareBelow(below[i]!, above[i]!, until));
      return [shares];
    },
    at(_, [group], share) {
      const away = differenceFromFixed(group!, 100 * share);
      return { confirm: pAbove(away, 0), contradict: pBelow(away, 0), negligible: 1 };
    },
    shown: ({ worse, better }, [group]) => [{ is: 'share', worse, better, ...estimateOf([group!]) }],
  },
  improvement: {
    // Each seed beside itself: what differs between seeds is in both.
    values({ network, measure, over }, series) {
      const [own, other] = [series.measure(network, measure), series.measure(network, over)];
      return [own.slice(0, other.length).map((value, i) => other[i]! - value)];
    },
    at(_, [group], margin, sign) {
      const { value, error, df } = differenceFromFixed(group!, 0);
      const gap = { value: sign * value, error, df };
      return { confirm: pAbove(gap, margin), contradict: pBelow(gap, 0), negligible: pWithin(gap, margin) };
    },
    shown({ network, measure, over }, [group], sign, series) {
      const { value, interval, level, df, n } = estimateOf([group!]);
      const turned = interval && (sign > 0 ? interval : ([-interval[1], -interval[0]] as const));
      const [worse, better] = [over, measure].map(name => `${network}, ${series.about(name).name}`);
      const both = [n[0]!, n[0]!];
      return [
        {
          ...{ is: 'difference', worse: worse!, better: better!, direction: directionOf(sign) },
          value: sign * value,
          ...{ interval: turned, level, df, n: both },
        },
      ];
    },
  },
};

/** Makes a test, at every look that all its networks have reached; `bound`: what it is judged by. */
export function findingOf(test: RunTest, bound: number, series: Series, lastLook: LastLook): Finding {
  const kind = kindOf(test);
  const values = kind.values(test, series);
  const sign = signOf(test, series);
  const reached = looksReached(Math.min(...values.map(({ length }) => length)), lastLook);
  const looked = reached.map(n =>
    kind.at(
      test,
      values.map(each => groupOf(each.slice(0, n))),
      bound,
      sign,
    ),
  );
  const smallest = (side: keyof Ps) => overall(Math.min(1, ...looked.map(ps => ps[side])), lastLook);
  return {
    confirm: smallest('confirm'),
    contradict: smallest('contradict'),
    negligible: smallest('negligible'),
    seeds: reached.at(-1) ?? null,
    measured: values.some(each => each.length === 0)
      ? []
      : kind.shown(test, values.map(groupOf), sign, series),
  };
}

/** What a test compares, in words. */
export function quantityOf(test: RunTest, series: Series): ReturnType<Series['about']> {
  return series.about(
    test.kind === 'fraction' ? test.line : (test.measure ?? (test as { mean: string }).mean),
  );
}

function kindOf<T extends RunTest>(test: T): Kind<T> {
  return kinds[test.kind] as unknown as Kind<T>;
}

function signOf(test: RunTest, series: Series): number {
  return quantityOf(test, series).direction === 'lower' ? 1 : -1;
}

function directionOf(sign: number): 'lower' | 'higher' {
  return sign > 0 ? 'lower' : 'higher';
}

function measured(test: Extract<RunTest, { kind: 'order' | 'size' | 'same' }>, series: Series): number[][] {
  return networksOfTest(test).map(network => series.measure(network, test.measure));
}

/** How much better the second is than the first. */
function gapOf(groups: readonly Group[], worse: number, better: number, sign: number): Difference {
  const { value, error, df } = differenceOfMeans(groups[worse]!, groups[better]!);
  return { value: sign * value, error, df };
}

function pairsOf(networks: readonly string[]): [number, number][] {
  return networks.flatMap((_, i) => networks.slice(i + 1).map((_, j): [number, number] => [i, i + 1 + j]));
}

function stepsOf(networks: readonly string[]): [number, number][] {
  return networks.slice(1).map((_, i): [number, number] => [i, i + 1]);
}

/** In %, over the points that both have. */
function shareBelow(below: readonly number[], above: readonly number[], until: number): number {
  const points = Math.ceil(until * Math.min(below.length, above.length));
  const won = below.slice(0, points).filter((value, i) => value < above[i]!).length;
  return points === 0 ? 0 : (100 * won) / points;
}

function groupOf(values: readonly number[]): Group {
  return { mean: mean(values), sd: standardDeviation(values) ?? Number.NaN, n: values.length };
}

/** Coverage of the intervals that are shown: for this number alone, before any correction. */
const level = 0.95;

function differenceShown(
  worse: string,
  better: string,
  groups: readonly Group[],
  a: number,
  b: number,
  sign: number,
): Measured {
  const n = [groups[a]!.n, groups[b]!.n];
  const value = sign * (groups[a]!.mean - groups[b]!.mean);
  const common = { is: 'difference', worse, better, direction: directionOf(sign), value, level, n } as const;
  if (n.some(seeds => seeds < 2)) return { ...common, interval: null, df: null };
  const gap = gapOf(groups, a, b, sign);
  return { ...common, interval: intervalOf(gap, level), df: gap.df };
}

function estimateOf([group]: readonly [Group]): Estimate {
  const { mean: value, n } = group;
  if (n < 2) return { value, interval: null, level, df: null, n: [n] };
  const away = differenceFromFixed(group, 0);
  return { value, interval: intervalOf(away, level), level, df: away.df, n: [n] };
}
