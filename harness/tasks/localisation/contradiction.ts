import type { JobKind, JobSpec, ResultParts } from '../task.ts';
import { measuresOf } from './measures.ts';
import type { TrainSpec } from './spec.ts';

/** How the result of a step contradicts itself or its spec: measures that are missing or too many, a curve that ends elsewhere. */
export function contradiction(
  { spec }: { kind: JobKind; spec: JobSpec },
  { measures, curves }: ResultParts,
): string | null {
  const expected = measuresOf(spec as TrainSpec);
  const missing = expected.find(name => measures[name] === undefined);
  if (missing !== undefined) return `result.measures: ${missing} is missing`;
  const other = Object.keys(measures).find(name => !expected.includes(name));
  if (other !== undefined) return `result.measures: ${other} is not measured by this spec`;
  const { dense, predicted, classError } = measures;
  if (predicted! < Math.max(dense!, classError!))
    return `result.measures.predicted is ${predicted}, less than an error that it contains`;
  const { iterations } = (spec as TrainSpec).schedule;
  return iterations === 0 || curves.train?.at(-1)?.at === iterations
    ? null
    : `result.curves.train: it does not end after iteration ${iterations}`;
}
