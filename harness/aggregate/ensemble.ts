import { averageScores, topErrors } from '../../ml/metrics/scores.ts';
import type { TestMetric } from '../manifest/types.ts';
import type { Scores } from '../record/scores.ts';
import type { RunRecord } from '../record/types.ts';
import { mean, standardDeviation, testMetric } from './sample.ts';
import type { Sample } from './types.ts';

/** The scores that a run has left; null when their file is not there. */
export type ScoresOf = (record: RunRecord) => Scores | null;

/**
 * Error of an ensemble of networks, whose scores are averaged (sec. 4.1): one value for each seed that all of them have
 * been run with, or why there is none.
 */
export function ensembleSample(
  networks: readonly string[],
  metric: TestMetric,
  records: ReadonlyMap<string, readonly RunRecord[]>,
  scoresOf: ScoresOf,
): Sample | string {
  const missing = networks.filter(name => (records.get(name)?.length ?? 0) === 0);
  if (missing.length > 0) return `no finished run of ${missing.join(', ')}`;
  const seeds = records.get(networks[0]!)!.map(({ identity }) => identity.seed);
  const complete = seeds
    .map(seed =>
      networks.flatMap(name => records.get(name)!.filter(({ identity }) => identity.seed === seed)),
    )
    .filter(members => members.length === networks.length);
  if (complete.length === 0) return `no seed that all of ${networks.join(', ')} have finished`;
  const values = [];
  for (const members of complete) {
    const error = ensembleError(members, metric, scoresOf);
    if (typeof error === 'string') return error;
    values.push(error);
  }
  const runs = complete.flat().map(({ key }) => key);
  return { mean: mean(values), sd: standardDeviation(values), n: values.length, values, runs };
}

function ensembleError(
  members: readonly RunRecord[],
  metric: TestMetric,
  scoresOf: ScoresOf,
): number | string {
  const { test, top } = testMetric(metric);
  const scores: Scores[] = [];
  for (const record of members) {
    const found = scoresOf(record);
    if (!found?.tests.has(test))
      return `scores.bin of ${record.network}, run ${record.key.slice(0, 12)}, is not there`;
    scores.push(found);
  }
  const { labels, classes } = scores[0]!;
  return topErrors(averageScores(scores.map(({ tests }) => tests.get(test)!)), labels, classes)[top];
}
