import { createHash } from 'node:crypto';
import { withMasks } from '../../../ml/data/dropout.ts';
import { classificationSums } from '../../../ml/metrics/classification.ts';
import { topErrors } from '../../../ml/metrics/scores.ts';
import { buildProgram, type Program } from '../../../ml/program.ts';
import type {
  EvaluationProgress,
  EvaluationWork,
  Finished,
  OpenOptions,
  Sums,
  TaskExecution,
  TrainingWork,
  WeightsFile,
} from '../task.ts';
import { evaluate, evaluationBatch, scoreBatch } from './evaluate.ts';
import { measureFinal } from './final.ts';
import { imagesOf } from './images.ts';
import type { EvaluateSpec, TestSpec, TrainSpec } from './spec.ts';
import { type LoadImages, openTrainingData } from './training-data.ts';
import type { TestSet, TrainingOptions } from './types.ts';
import { evaluatedTogether } from './workload.ts';

/** Runs trainings and evaluations of classifiers. `loadImages`: reads CIFAR-10, the verified files unless a test has others. */
export function executionWith(loadImages?: LoadImages): TaskExecution {
  return {
    openTraining: options => openTraining(options as unknown as TrainingOptions, loadImages),
    openEvaluation: options =>
      openEvaluation(options as OpenOptions<EvaluateSpec> & { weights: WeightsFile }),
    pictures: async () => [],
  };
}

async function openTraining(options: TrainingOptions, loadImages?: LoadImages): Promise<TrainingWork> {
  const { spec } = options;
  const { batches, test, close } = await openTrainingData(options, loadImages);
  const program = trainingProgram(spec, test.count);
  const { evaluation, optimiser, schedule } = spec;
  return {
    program,
    batches: withMasks(batches, program.inputs, options.seed),
    observe({ loss, logits }, { labels }): Sums {
      const { errors } = classificationSums(logits, labels!, program.network.classes);
      return { wrong: errors, loss };
    },
    errorOf: ({ wrong }) => wrong! / optimiser.batch,
    means: ({ wrong, loss }, iterations) => ({
      error: (100 * wrong!) / (iterations * optimiser.batch),
      loss: loss! / iterations,
    }),
    async test(session, between) {
      const found = await evaluate(session, program, test, evaluation.testErrorImages, between);
      return found && { error: found.error, loss: found.loss };
    },
    finish: (session, tail, between) =>
      measureFinal(
        { session, program, test, batches, iterations: schedule.iterations, evaluation, tail },
        between,
      ),
    close,
  };
}

/** The program for images of the size that the spec wants. */
function trainingProgram({ data, network, optimiser }: TrainSpec, testImages: number): Program {
  const { size } = imagesOf(data);
  return buildProgram({
    network,
    imageSize: size,
    sgd: optimiser.sgd,
    trainBatch: optimiser.batch,
    replicas: optimiser.replicas,
    evaluationBatch: evaluationBatch(testImages, size),
  });
}

async function openEvaluation(
  options: OpenOptions<EvaluateSpec> & { weights: WeightsFile },
): Promise<EvaluationWork> {
  const { spec } = options;
  const { imageNetValidation } = await import('./imagenet.ts');
  const { loadWeights } = await import('../../../ml/data/imagenet/pretrained.ts');
  const { test, close } = await imageNetValidation(options);
  const program = buildProgram({
    network: spec.network,
    imageSize: spec.data.crop,
    sgd: { momentum: 0, weightDecay: 0, form: 'caffe' },
    trainBatch: 1,
    evaluationBatch: Math.min(evaluatedTogether, test.count),
  });
  return {
    ...evaluationWork(program, test, spec.tests),
    state: await loadWeights(options.weights, program),
    close,
  };
}

/**
 * The evaluation of a test set by the single view and under test protocols. Every image counts exactly once under each;
 * scores are not kept, but their digests are chained.
 */
export function evaluationWork(
  program: Program,
  test: TestSet,
  protocols: readonly TestSpec[],
): Omit<EvaluationWork, 'state' | 'close'> {
  const views = [
    ['single', [test.single]] as const,
    ...protocols.map(protocol => [protocol.name, test.views(protocol)] as const),
  ];
  return {
    program,
    total: test.count,
    begin(): EvaluationProgress {
      const sums = views.flatMap(([name]) => [
        [`${name}.top1`, 0],
        [`${name}.top5`, 0],
      ]);
      return { done: 0, sums: Object.fromEntries(sums), chain: '' };
    },
    async next(session, { done, sums, chain }, between) {
      const count = Math.min(program.evaluationBatch, test.count - done);
      const labels = test.labels.subarray(done, done + count);
      const added = { ...sums };
      let digest = chain;
      for (const [name, each] of views) {
        const scores = await scoreBatch(session, program, each, done, count, between);
        if (!scores) return null;
        const wrong = topErrors(scores, labels, program.network.classes);
        added[`${name}.top1`]! += wrong.top1;
        added[`${name}.top5`]! += wrong.top5;
        digest = createHash('sha256').update(digest).update(Float32Array.from(scores)).digest('hex');
      }
      return { done: done + count, sums: added, chain: digest };
    },
    finish({ sums, chain }): Finished {
      const measures = Object.entries(sums).map(([name, wrong]) => [name, (100 * wrong) / test.count]);
      const none = { points: {}, curves: {}, artefacts: {} };
      return { ...none, measures: Object.fromEntries(measures), digests: { scores: chain } };
    },
  };
}
