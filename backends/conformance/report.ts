import { type Comparison, ulps } from './comparison.ts';
import { type RungName, rungs } from './rungs.ts';

/** What came of the suite. */
export interface ConformanceReport {
  backend: string;
  version: string;
  device: string;
  variant: string;
  hardware: string;
  /** What the device says of its rounding: see `Capabilities.rounding`. */
  rounding: number;
  threads: number;
  /** Steps of the longest training, and what it was on. */
  steps: number;
  data: string;
  passed: boolean;
  /** From the bottom up. */
  rungs: RungResult[];
  /** Every case, rung by rung. */
  results: CaseResult[];
}

/** What came of a rung. */
export interface RungResult {
  rung: RungName;
  says: string;
  /** `not run`: the backend cannot be asked that, or no case was chosen. */
  status: 'agrees' | 'departs' | 'not run';
  cases: number;
  agreed: number;
  /** Of all that is rounded, what comes nearest to its tolerance or exceeds it most; null where all is to the bit. */
  largest: Departure | null;
  /** The first case that departs, and what departs first in it. */
  first: Departure | null;
  /** In all, with the reference's own work, and inside the backend. */
  seconds: number;
  backendSeconds: number;
  /** Of this process; what a backend's other processes use is not in it. */
  peakBytes: number;
}

/** One comparison of a case, or the error that ended it. */
export interface Departure {
  case: string;
  comparison: Comparison | null;
  error: string | null;
  /** What a wrong reading gives, of a known answer. */
  wrong: string | null;
}

/** What came of one case. */
export interface CaseResult {
  rung: RungName;
  name: string;
  wrong: string | null;
  passed: boolean;
  /** In the order of the computation. */
  comparisons: Comparison[];
  /** The first of them outside its tolerance. */
  departure: Comparison | null;
  /** Why the case could not be completed. */
  error: string | null;
}

/** Sums a rung up. */
export function rungResult(
  rung: RungName,
  results: readonly CaseResult[],
  used: Pick<RungResult, 'seconds' | 'backendSeconds' | 'peakBytes'>,
): RungResult {
  const failed = results.find(each => !each.passed);
  const rounded = results.flatMap(result =>
    result.comparisons.filter(({ kind }) => kind === 'rounding').map(each => ({ result, each })),
  );
  const share = ({ error, tolerance }: Comparison) => (Number.isNaN(error) ? Infinity : error / tolerance);
  const [worst] = rounded.sort((a, b) => share(b.each) - share(a.each));
  return {
    rung,
    says: rungs[rung],
    status: results.length === 0 ? 'not run' : failed ? 'departs' : 'agrees',
    cases: results.length,
    agreed: results.filter(each => each.passed).length,
    largest: worst ? departure(worst.result, worst.each) : null,
    first: failed ? departure(failed, failed.departure) : null,
    ...used,
  };
}

/** An error of a comparison in its unit: `1.3 ULP`, `12% of the bits`, `rule broken`. */
export function measured({ kind, error }: Pick<Comparison, 'kind' | 'error'>): string {
  if (kind === 'rule') return error === 0 ? 'kept' : 'not kept';
  if (!Number.isFinite(error)) return Number.isNaN(error) ? 'NaN' : 'infinite';
  if (kind === 'bits') return `${short(100 * error)}% of numbers`;
  return `${short(ulps(error))} ULP`;
}

/** One line a case; a failed one says what departs first, by how much, and what is allowed. */
export function formatReport({ backend, version, device, variant, results }: ConformanceReport): string {
  const agreed = results.filter(r => r.passed).length;
  const heading = `${backend} (${version}, ${device}, ${variant}): ${agreed} of ${results.length} cases agree with the reference`;
  return [heading, ...results.map(formatResult)].join('\n');
}

function departure({ name, error, wrong }: CaseResult, comparison: Comparison | null): Departure {
  return { case: name, comparison, error, wrong };
}

/** Three digits at most. */
function short(value: number): string {
  if (value === 0) return '0';
  if (value >= 1e5) return value.toExponential(1);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2);
}

function formatResult({ name, comparisons, departure, error }: CaseResult): string {
  if (error !== null) return `fails   ${name}: ${error}`;
  if (departure === null) {
    const largest = Math.max(...comparisons.map(c => c.error));
    return `agrees  ${name}: relative errors up to ${largest.toExponential(1)}`;
  }
  const { what, error: size, tolerance } = departure;
  const numbers = `relative error ${size.toExponential(1)}, tolerance ${tolerance.toExponential(1)}`;
  return `departs ${name}: first in ${what}, ${numbers}`;
}
