import type { JobKind, JobSpec, ResultParts } from '../task.ts';
import { classMeasuresOf, measuresOf } from './measures.ts';
import type { TrainSpec } from './spec.ts';

/** How the result of a step contradicts itself or its spec: measures that are missing or too many, a curve that ends elsewhere. */
export function contradiction(
  { spec }: { kind: JobKind; spec: JobSpec },
  { measures, curves }: ResultParts,
): string | null {
  const expected = measuresOf(spec as TrainSpec);
  const ofClasses = classMeasuresOf(spec as TrainSpec);
  const missing = expected.find(name => measures[name] === undefined && !ofClasses.includes(name));
  if (missing !== undefined) return `result.measures: ${missing} is missing`;
  const other = Object.keys(measures).find(name => !expected.includes(name));
  if (other !== undefined) return `result.measures: ${other} is not measured by this spec`;
  const { iterations } = (spec as TrainSpec).schedule;
  if (iterations === 0) return null;
  const points = curves.train ?? [];
  if (points.some(({ at, error }, i) => error === undefined || at <= (points[i - 1]?.at ?? 0)))
    return 'result.curves.train: its points are not in the order of the iterations';
  return points.at(-1)?.at === iterations
    ? null
    : `result.curves.train: it does not end after iteration ${iterations}`;
}
