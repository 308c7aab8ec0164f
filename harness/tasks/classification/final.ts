import type { Session } from '../../../backends/contract.ts';
import type { Batches } from '../../../ml/data/images.ts';
import { wrongImages } from '../../../ml/metrics/scores.ts';
import type { Program } from '../../../ml/program.ts';
import { scoresFile, scoresParts } from '../scores-file.ts';
import { stateFile, stateParts } from '../state.ts';
import type { Between, CurvePoint, Finished, Values } from '../task.ts';
import { evaluate, measureResponses, scoreTest } from './evaluate.ts';
import { measureGradients } from './gradients.ts';
import { testMeasures } from './measures.ts';
import { type Outcomes, outcomesFile, outcomesParts } from './outcomes.ts';
import { averageStatistics } from './population.ts';
import type { TestName, TrainSpec } from './spec.ts';
import type { TestSet } from './types.ts';

/** What a trained network is measured with. */
export interface Measured {
  session: Session;
  program: Program;
  test: TestSet;
  /** Training batches, and how many of them were trained on. */
  batches: Batches;
  iterations: number;
  evaluation: TrainSpec['evaluation'];
  /** Means over the last twentieth of the training. */
  tail: Values;
}

/** All that is measured after the last iteration: BN statistics, final error, responses and tests; null when stopped. */
export async function measureFinal(
  measured: Measured,
  between: (share: number) => Promise<boolean>,
): Promise<Finished | null> {
  const { session, program, test, evaluation, batches, iterations: first, tail } = measured;
  let done = 0;
  const all = batchesOf(measured);
  const next: Between = () => between(done++ / all);

  const { statisticsBatches: count } = evaluation;
  if (count > 0 && !(await averageStatistics(session, program, { batches, first, count }, next))) return null;
  const final = await evaluate(session, program, test, test.count, next);
  if (!final) return null;
  const { wrong, ...score } = final;
  const responses = evaluation.responses ? await measureResponses(session, program, test, next) : [];
  if (!responses) return null;
  const tested = await runTests(measured, next);
  if (!tested) return null;
  if (evaluation.gradients && !(await next())) return null;
  const gradients = evaluation.gradients
    ? await measureGradients(session, program, { batches, at: first })
    : [];
  const curves: Record<string, CurvePoint[]> = {
    ...(evaluation.responses && { responses }),
    ...(evaluation.gradients && { gradients }),
  };
  return {
    measures: {
      testError: score.error,
      testLoss: score.loss,
      trainError: tail.error!,
      trainLoss: tail.loss!,
      ...(evaluation.gradients && {
        responseRatio: smallestOverLargest(responses.map(({ std }) => std!)),
        gradientRatio: smallestOverLargest(gradients.map(({ norm }) => norm!)),
      }),
      ...tested.measures,
    },
    points: { test: score },
    curves,
    artefacts: {
      ...tested.artefacts,
      [outcomesFile]: outcomesParts(new Map([['testError', wrong], ...tested.outcomes])),
      ...(evaluation.state && { [stateFile]: stateParts(program, await session.getState()) }),
    },
    digests: {},
  };
}

function smallestOverLargest(values: readonly number[]): number {
  return Math.min(...values) / Math.max(...values);
}

/** Batches that pass through the network: of training images, and one of test images for each view. */
function batchesOf({ program, test, evaluation }: Measured): number {
  const views = evaluation.tests.reduce((sum, each) => sum + test.views(each).length, 0);
  const passes = 1 + (evaluation.responses ? 1 : 0) + views;
  const more = evaluation.statisticsBatches + (evaluation.gradients ? 1 : 0);
  return more + Math.ceil(test.count / program.evaluationBatch) * passes;
}

/** Errors under the test protocols; the scores go to a file beside the record, so that ensembles can be averaged. */
async function runTests(
  { session, program, test: set, evaluation }: Measured,
  between: Between,
): Promise<(Pick<Finished, 'measures' | 'artefacts'> & { outcomes: Outcomes }) | null> {
  if (evaluation.tests.length === 0) return { measures: {}, artefacts: {}, outcomes: new Map() };
  const { classes } = program.network;
  const labels = Uint16Array.from(set.labels);
  const tests = new Map<TestName, Float32Array>();
  for (const test of evaluation.tests) {
    const scores = await scoreTest(session, program, set, test, between);
    if (!scores) return null;
    tests.set(test.name, scores);
  }
  const outcomes = new Map(
    [...tests].flatMap(([name, scores]) => {
      const [top1, top5] = testMeasures(name);
      const wrong = wrongImages(scores, labels, classes);
      return [[top1, wrong.top1] as const, [top5, wrong.top5] as const];
    }),
  );
  const percent = (wrong: Uint8Array) => (100 * wrong.reduce((sum, each) => sum + each, 0)) / wrong.length;
  return {
    measures: Object.fromEntries([...outcomes].map(([name, wrong]) => [name, percent(wrong)])),
    outcomes,
    artefacts: { [scoresFile]: scoresParts({ classes, labels, tests }) },
  };
}
