import { buildDetectionProgram } from '../../../ml/detection/program.ts';
import { multiplyAdds } from '../multiply-adds.ts';
import type { JobKind, JobSpec, Workload } from '../task.ts';
import { classCount } from './classes.ts';
import { keptBytes, type TrainSpec } from './spec.ts';
import { isOfProposals } from './steps.ts';

/** What a step has to compute, in forward passes of one image with its regions. */
export function workloadOf(_kind: JobKind, spec: JobSpec): Workload {
  const own = spec as TrainSpec;
  const { data, optimiser, schedule, step, detections } = own;
  const passes = 1 + detections.tests.filter(({ refine }) => refine).length;
  const tested = {
    1: data.trainImages,
    2: 0,
    3: data.trainImages + data.testImages,
    4: data.testImages * passes,
    5: data.testImages * passes * own.members ** 2,
  } as const;
  return {
    unit: 'iterations',
    total: schedule.iterations,
    get operations() {
      return operationsOf(own);
    },
    perUnit: trainingFactor * optimiser.batch,
    between: () => 0,
    final: tested[step],
    sizes: JSON.stringify([
      step,
      data.set,
      data.size,
      own.network,
      own.detector,
      own.sampling,
      optimiser.batch,
    ]),
    get memoryMiB() {
      const bytes = [data.trainImages, data.testImages].map(count => 3 * data.size ** 2 * count);
      // Sets that are larger are decoded when they are used.
      const held = bytes.map(each => (each <= keptBytes ? each : 0));
      return Math.ceil(500 + held.reduce((a, b) => a + b) / 2 ** 20);
    },
  };
}

/** A training image costs its forward pass, and as much again for each of the two gradients. */
const trainingFactor = 3;

/** Floating-point operations of the forward pass of one image. */
function operationsOf(spec: TrainSpec): number {
  const { network, detector, data, optimiser, sampling, proposals, step } = spec;
  const program = buildDetectionProgram({
    half: isOfProposals(spec) ? 'proposals' : 'regions',
    ...{ network, detector, classes: classCount(data.set), shared: step > 2 },
    ...{ imageSize: data.size, sgd: optimiser.sgd, trainBatch: 1, evaluationBatch: 1 },
    trainRegions: sampling.regions,
    evaluationRegions: proposals.test,
  });
  return 2 * multiplyAdds(program.evaluations.predict.build());
}
