import { benjaminiHochberg } from './adjust.ts';
import { differenceFromOne, differenceOfPooled, pAbove, pBelow } from './difference.ts';
import { normalQuantile } from './normal.ts';
import { mean, standardDeviation } from './sample.ts';
import { type Group, studentTail } from './student.ts';

/** What is kept of all values of a measure since its last accepted change, one new seed a night: plain JSON. */
export interface History {
  n: number;
  mean: number;
  /** Sum of squares about the mean (Welford 1962). */
  squares: number;
  /** Shiryaev-Roberts statistics of a mean that rose, and of one that fell, by each of `sizes` standard deviations. */
  rose: readonly number[];
  fell: readonly number[];
}

/** A value beside those before it. */
export interface Surprise {
  /** How many standard errors of one more value it lies above the mean so far: Student's t at n - 1 degrees of freedom. */
  t: number;
  /** Two-sided p-value of that. */
  p: number;
  /** The same as a normal deviate, not beyond ±3: while nothing changes, these are independent N(0, 1). */
  u: number;
}

/** Values that a history has before it says anything of the next. */
const leastHistory = 8;

/** Nights in which the slow channel raises at most one false alarm over all histories together, on average. */
export const nightsPerFalseAlarm = 730;

/** Shifts in standard deviations that the slow channel looks for. */
const sizes = [0.5, 1, 2] as const;

/** False discovery rate of tonight's candidates, and the one-sided level at which fresh seeds confirm one. */
const discoveryRate = 0.2;
const confirmationLevel = 0.0025;

/** The history before the first night, and after a change that was alarmed or accepted. */
export function newHistory(): History {
  return { n: 0, mean: 0, squares: 0, rose: sizes.map(() => 0), fell: sizes.map(() => 0) };
}

/** Sets a value against the history before it (self-starting, Hawkins 1987); null while that is too short. */
export function surprise(history: History, value: number): Surprise | null {
  if (history.n < leastHistory) return null;
  const { value: away, error, df } = differenceFromOne(spreadOf(history), value);
  const t = away === 0 ? 0 : -away / error; // also where nothing has varied so far
  const tail = studentTail(Math.abs(t), df);
  return { t, p: 2 * tail, u: Math.sign(t) * Math.min(3, normalQuantile(1 - tail)) };
}

/** A history with one more value: of a night, or of a seed that was run to confirm a candidate. */
export function update(history: History, value: number): History {
  if (!Number.isFinite(value)) throw new RangeError(`a history takes finite values, not ${value}`);
  const found = surprise(history, value);
  const n = history.n + 1;
  const apart = value - history.mean;
  const mean = history.mean + apart / n;
  return {
    ...{ n, mean, squares: history.squares + apart * (value - mean) },
    rose: found ? detected(history.rose, found.u) : history.rose,
    fell: found ? detected(history.fell, -found.u) : history.fell,
  };
}

/**
 * The slow channel: whether a small shift has lasted. While nothing changes, the expectation of `evidence` is at most the
 * number of nights, so that it reaches cells × 730 in one of all cells in 730 nights at most, whatever depends on what.
 */
export function slow(history: History, cells: number): boolean {
  return evidence(history) >= cells * nightsPerFalseAlarm;
}

/** The Shiryaev-Roberts statistic of a shift either way: the mean over its sizes and signs. */
export function evidence({ rose, fell }: History): number {
  return mean([...rose, ...fell]);
}

/**
 * The fast channel: which of tonight's values are so far off that fresh seeds of them are run at once. Of what it names
 * while nothing changed, `confirmation` leaves little. Histories that are too short name nothing.
 */
export function fast(tonight: readonly (Surprise | null)[]): number[] {
  const judged = tonight.flatMap((found, index) => (found ? [{ index, p: found.p }] : []));
  const adjusted = benjaminiHochberg(judged.map(({ p }) => p));
  return judged.flatMap(({ index }, i) => (adjusted[i]! <= discoveryRate ? [index] : []));
}

/** Whether fresh seeds of a candidate lie off its history too, in its direction: pooled t, one-sided. */
export function confirmation(
  history: History,
  candidate: Surprise,
  fresh: readonly number[],
): { p: number; confirmed: boolean } {
  const group = { mean: mean(fresh), sd: standardDeviation(fresh) ?? 0, n: fresh.length };
  const difference = differenceOfPooled(group, spreadOf(history));
  const p = candidate.t > 0 ? pAbove(difference, 0) : pBelow(difference, 0);
  return { p, confirmed: p <= confirmationLevel };
}

/** Mean and spread of the values of a history; NaN where there are fewer than two. */
export function spreadOf({ n, mean, squares }: History): Group {
  return { mean, sd: Math.sqrt(squares / (n - 1)), n };
}

/** R <- (R + 1) exp(λ u - λ² / 2): the likelihood ratio of every night on which the shift may have begun, summed. */
function detected(sums: readonly number[], u: number): number[] {
  // The bound keeps what nobody resets a number in JSON.
  return sums.map((sum, i) => Math.min(1e300, (sum + 1) * Math.exp(sizes[i]! * u - sizes[i]! ** 2 / 2)));
}
