import type { JobKind, JobSpec, ResultParts } from '../task.ts';
import { measuresOf, testMeasures } from './measures.ts';
import type { EvaluateSpec, TrainSpec } from './spec.ts';

/** How the result of a classifier contradicts itself or its spec: measures that are missing, curves that end elsewhere. */
export function contradiction(
  { kind, spec }: { kind: JobKind; spec: JobSpec },
  { measures, curves }: ResultParts,
): string | null {
  const expected =
    kind === 'train'
      ? measuresOf(spec as TrainSpec)
      : ['single' as const, ...(spec as EvaluateSpec).tests.map(({ name }) => name)].flatMap(name =>
          name === 'single' ? ['single.top1', 'single.top5'] : testMeasures(name),
        );
  const missing = expected.find(name => measures[name] === undefined);
  if (missing !== undefined) return `result.measures: ${missing} is missing`;
  const other = Object.keys(measures).find(name => !(expected as string[]).includes(name));
  if (other !== undefined) return `result.measures: ${other} is not measured by this spec`;
  const five = Object.keys(measures).find(
    name => name.endsWith('.top5') && measures[name]! > measures[name.replace(/5$/, '1')]!,
  );
  if (five !== undefined) return `result.measures: ${five} is larger than the top-1 error`;
  return kind === 'train' ? curveContradiction(spec as TrainSpec, measures, curves) : null;
}

function curveContradiction(
  { schedule: { iterations }, evaluation }: TrainSpec,
  measures: ResultParts['measures'],
  curves: ResultParts['curves'],
): string | null {
  for (const name of ['train', 'test']) {
    const points = curves[name] ?? [];
    if (points.some(({ at, error }, i) => error === undefined || at <= (points[i - 1]?.at ?? 0)))
      return `result.curves.${name}: its points are not in the order of the iterations`;
    if (points.at(-1)?.at !== iterations)
      return `result.curves.${name}: it does not end after iteration ${iterations}`;
  }
  const last = curves.test!.at(-1)!;
  if (last.error !== measures.testError || last.loss !== measures.testLoss)
    return `result.measures.testError is ${measures.testError}, but the test curve ends at ${last.error}`;
  if (evaluation.responses !== (curves.responses !== undefined))
    return `result.curves.responses: expected ${evaluation.responses ? 'a curve' : 'none'}`;
  return null;
}
