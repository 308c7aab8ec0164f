import { own } from '../own.ts';
import { codeBasis } from './provenance.ts';
import type { Training } from './runs.ts';
import type { Absence, Sample } from './types.ts';

/** A measure over the seeds of a network, in the order of the records, or why there is none. */
export function sampleOf(records: readonly Training[], measure: string): Sample | Absence {
  if (records.length === 0) return { kind: 'not finished' };
  const values = records.flatMap(({ result }) => own(result.measures, measure) ?? []);
  return values.length < records.length
    ? { kind: 'not measured', measure }
    : sample(values, records, records.map(seedOf));
}

/** A sample of at least one value, the records that it was computed from, and the seed of each value. */
export function sample(
  values: readonly number[],
  records: readonly Training[],
  seeds: readonly number[],
): Sample {
  return {
    mean: mean(values),
    sd: standardDeviation(values),
    n: values.length,
    values: [...values],
    seeds: [...seeds],
    runs: records.map(({ key }) => key),
    code: codeBasis(records),
  };
}

/** Tells what was measured from why nothing was. */
export function isSample(measured: Sample | Absence): measured is Sample {
  return 'values' in measured;
}

/** Arithmetic mean of at least one value. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation, with n - 1 in the denominator; null for fewer than two values. */
export function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

function seedOf({ identity }: Training): number {
  return identity.seed;
}
