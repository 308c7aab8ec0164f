import { join } from 'node:path';
import type { Session } from '../../backends/contract.ts';
import type { Batches } from '../../ml/data/cifar10/batches.ts';
import type { TestSpec } from '../../ml/data/spec.ts';
import { topErrors } from '../../ml/metrics/scores.ts';
import type { Program } from '../../ml/program.ts';
import type { EvaluationSpec, TestName } from '../manifest/types.ts';
import { writeScores } from '../record/scores.ts';
import { runFiles } from '../record/store.ts';
import type { RunResult } from '../record/types.ts';
import { type Between, evaluate, measureResponses, scoreTest, type TestSet } from './evaluate.ts';
import { averageStatistics } from './population.ts';

/** What a trained network is measured with. */
export interface Measured {
  session: Session;
  program: Program;
  test: TestSet;
  /** Training batches, and how many of them were trained on. */
  batches: Batches;
  iterations: number;
  evaluation: EvaluationSpec;
  /** Folder of the run, for the scores of its tests. */
  folder: string;
}

/** All that is measured after the last iteration; `scores`: the digest of the file that they are in. */
export type FinalMeasures = Pick<RunResult, 'responses' | 'tests'> & {
  score: { error: number; loss: number };
  scores?: string;
};

/** BN statistics, final error, responses and tests; null when `between`, which is told the share that is done, asks to stop. */
export async function measureFinal(
  measured: Measured,
  between: (share: number) => Promise<boolean>,
): Promise<FinalMeasures | null> {
  const { session, program, test, evaluation, batches, iterations: first } = measured;
  let done = 0;
  const all = batchesOf(measured);
  const next: Between = () => between(done++ / all);

  const { statisticsBatches: count } = evaluation;
  if (count && !(await averageStatistics(session, program, { batches, first, count }, next))) return null;
  const score = await evaluate(session, program, test, test.count, next);
  if (!score) return null;
  const responses = evaluation.responses ? await measureResponses(session, program, test, next) : null;
  if (evaluation.responses && !responses) return null;
  if (!evaluation.tests) return { score, responses };
  const tested = await runTests(measured, evaluation.tests, next);
  return tested && { score, responses, ...tested };
}

/** Batches that pass through the network: of training images, and one of test images for each view. */
function batchesOf({ program, test, evaluation }: Measured): number {
  const views = (evaluation.tests ?? []).reduce((sum, each) => sum + test.views(each).length, 0);
  const passes = 1 + (evaluation.responses ? 1 : 0) + views;
  return (evaluation.statisticsBatches ?? 0) + Math.ceil(test.count / program.evaluationBatch) * passes;
}

/** Errors under the test protocols; the scores go to a file beside the record. */
async function runTests(
  { session, program, test: set, folder }: Measured,
  tests: readonly TestSpec[],
  between: Between,
): Promise<Required<Pick<FinalMeasures, 'tests' | 'scores'>> | null> {
  const { classes } = program.network;
  const labels = Uint16Array.from(set.labels);
  const scores = new Map<TestName, Float32Array>();
  for (const test of tests) {
    const scored = await scoreTest(session, program, set, test, between);
    if (!scored) return null;
    scores.set(test.name, scored);
  }
  const errors = [...scores].map(([name, scored]) => [name, topErrors(scored, labels, classes)]);
  return {
    tests: Object.fromEntries(errors),
    scores: writeScores(join(folder, runFiles.scores), { classes, labels, tests: scores }),
  };
}
