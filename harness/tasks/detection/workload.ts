import { buildDetectionProgram } from '../../../ml/detection/program.ts';
import { elements } from '../../../ml/graph/ops.ts';
import { totalSize } from '../../../ml/program.ts';
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
      return memoryOf(own);
    },
  };
}

/** A training image costs its forward pass, and as much again for each of the two gradients. */
const trainingFactor = 3;

/** Floating-point operations of the forward pass of one image. */
function operationsOf(spec: TrainSpec): number {
  return 2 * multiplyAdds(programOf(spec, 1).evaluations.predict.build());
}

/** What a step's process takes besides its images and values, from the peaks of Tables 7 to 9 and 12 under `mini`. */
const processMiB = { 1: 320, 2: 220, 3: 370, 4: 850, 5: 1370 } as const;

/**
 * MiB of a worker: its process, sets that are held (larger ones are decoded when they are used), most of one copy of all values of a
 * step's forward pass, and parameters, velocity, gradients and the next of each.
 */
function memoryOf(spec: TrainSpec): number {
  const { data, optimiser, step } = spec;
  const sets = [data.trainImages, data.testImages].map(count => 3 * data.size ** 2 * count);
  const held = sets.reduce((sum, bytes) => sum + (bytes <= keptBytes ? bytes : 0), 0);
  const program = programOf(spec, optimiser.batch);
  const values = program.forward().values.reduce((sum, { shape }) => sum + elements(shape), 0);
  return Math.ceil(
    processMiB[step] + (held + 0.9 * 4 * values + 4 * 4 * totalSize(program.parameters)) / 2 ** 20,
  );
}

function programOf(spec: TrainSpec, trainBatch: number) {
  const { network, detector, data, optimiser, sampling, proposals, step } = spec;
  return buildDetectionProgram({
    half: isOfProposals(spec) ? 'proposals' : 'regions',
    ...{ network, detector, classes: classCount(data.set), shared: step > 2 },
    ...{ imageSize: data.size, sgd: optimiser.sgd, trainBatch, evaluationBatch: 1 },
    trainRegions: sampling.regions,
    evaluationRegions: proposals.test,
  });
}
