import type { Metric, TestMetric, TestName } from '../manifest/types.ts';
import type { RunRecord, RunResult } from '../record/types.ts';
import type { Sample } from './types.ts';

/** A metric over the seeds of a network, in the order of the records; null without records. */
export function sampleOf(records: readonly RunRecord[], metric: Metric): Sample | null {
  if (records.length === 0) return null;
  const values = records.map(record => metricOf(record.result, metric));
  return {
    mean: mean(values),
    sd: standardDeviation(values),
    n: values.length,
    values,
    runs: records.map(record => record.key),
  };
}

/** A metric of a run; the manifest's check has made sure that its spec names the test. */
function metricOf(result: RunResult, metric: Metric): number {
  if (metric === 'testError' || metric === 'trainError') return result[metric];
  const { test, top } = testMetric(metric);
  const errors = result.tests?.[test];
  if (!errors) throw new Error(`a run was not tested by ${test}`);
  return errors[top];
}

/** `tenCrop.top1` in its parts. */
export function testMetric(metric: TestMetric): { test: TestName; top: 'top1' | 'top5' } {
  const [test, top] = metric.split('.') as [TestName, 'top1' | 'top5'];
  return { test, top };
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
