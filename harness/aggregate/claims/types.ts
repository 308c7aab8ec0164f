import type { ClaimTest } from '../../manifest/types.ts';
import type { Measure } from '../../tasks/task.ts';
import type { ImageError } from '../images.ts';

/**
 * What the runs say about a claim. Only the paper's own protocol confirms or contradicts; under another profile the scale is
 * in the word. `negligible`: a difference is shown to be smaller than the margin.
 */
export type ClaimVerdict =
  | 'confirmed'
  | 'contradicted'
  | 'negligible'
  | 'seen at this scale'
  | 'not seen at this scale'
  | 'reversed at this scale'
  | 'inconclusive'
  | 'not testable here'
  | 'not-run'
  | 'told';

/** What the runs say about a claim of the paper. */
export interface ClaimView {
  id: string;
  statement: string;
  where: string;
  pages: readonly number[];
  kind: ClaimTest['kind'] | 'all';
  verdict: ClaimVerdict;
  /** What was tested, one test or several that must all hold. */
  tests: TestView[];
  /** What the verdict was read from; null where nothing was tested, or exactly. */
  evidence: ClaimEvidence | null;
  /** Why there is nothing to be judged. */
  obstacle: ClaimObstacle | null;
  /** Keys of the runs it rests on. */
  runs: string[];
}

/** What the verdict of a claim rests on: p-values of all its tests together, corrected for looking more than once. */
export interface ClaimEvidence {
  confirm: number;
  contradict: number;
  negligible: number;
  /** Two-sided, after Holm's correction over a family of so many claims. */
  adjusted: number;
  family: number;
  /** Seeds a side that have been read, and that of the next look; null before the first one, and when there is no further one. */
  seeds: number | null;
  nextLook: number | null;
}

/** A test and what was measured for it. */
export interface TestView {
  id: string;
  kind: ClaimTest['kind'];
  statement: string;
  /** What is compared, in words, and its unit. */
  quantity: string | null;
  unit: Measure['unit'] | '';
  /** What it is judged by under the profile, and why; null where nothing was fixed. */
  bound: { value: number; why: string } | null;
  measured: Measured[];
}

/** A number that was measured for a claim. */
export type Measured =
  /** How much better the second is than the first, positive whichever way the measure goes. */
  | ({
      is: 'difference';
      worse: string;
      better: string;
      /** Which way the measure is better. */
      direction: Measure['direction'];
      overImages?: ImageError;
    } & Estimate)
  /** A mean over seeds. */
  | ({ is: 'mean'; network: string } & Estimate)
  /** The share of paired points at which `better` lies below `worse`, in %. */
  | ({ is: 'share'; worse: string; better: string } & Estimate)
  /** What was computed from specifications or published numbers, beside what is printed or is to be larger. */
  | { is: 'exact'; text: string; holds: boolean };

/** An estimate with its interval over seeds. */
export interface Estimate {
  value: number;
  /** Null while a side has a single seed. */
  interval: readonly [low: number, high: number] | null;
  /** Coverage of the interval. */
  level: number;
  /** Degrees of freedom of Student's t; null without an interval. */
  df: number | null;
  /** Seeds of each side. */
  n: number[];
}

/** Why a claim is not judged. */
export type ClaimObstacle =
  /** These networks have no finished run. */
  | { kind: 'not finished'; networks: string[] }
  /** The profile or this machine does not run a network, or its runs are tokens. */
  | { kind: 'skipped' | 'token'; network: string; reason: string }
  /** No bound was fixed for the profile before its runs were looked at. */
  | { kind: 'no margin' }
  /** It is not tested at all. */
  | { kind: 'told'; why: string };
