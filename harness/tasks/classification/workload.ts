import { elements } from '../../../ml/graph/ops.ts';
import { buildForward } from '../../../ml/nets/build.ts';
import { countNetwork } from '../../../ml/nets/counts.ts';
import type { Forward } from '../../../ml/nets/forward.ts';
import { depth, type NetworkSpec } from '../../../ml/nets/spec.ts';
import type { JobKind, JobSpec, Workload } from '../task.ts';
import { imagesOf } from './images.ts';
import type { EvaluateSpec, TestSpec, TrainSpec } from './spec.ts';

/** What a training or an evaluation has to compute, in forward passes of one image of the size that it is done on. */
export function workloadOf(kind: JobKind, spec: JobSpec): Workload {
  return kind === 'train' ? training(spec as TrainSpec) : evaluation(spec as EvaluateSpec);
}

/** A training image costs its forward pass, and as much again for each of the two gradients. */
const trainingFactor = 3;

/** Images that are evaluated together: ResNet-50 at five scales up to 640x640 pixels then takes some 3 GB. */
export const evaluatedTogether = 8;

function training({ data, network, optimiser, schedule, evaluation }: TrainSpec): Workload {
  const { test, size } = imagesOf(data);
  const tested = (iteration: number) =>
    Math.floor(iteration / evaluation.testErrorEvery) * evaluation.testErrorImages;
  const perUnit = trainingFactor * optimiser.batch;
  const views = (evaluation.responses ? 2 : 1) + viewsOf(evaluation.tests, size);
  return {
    unit: 'iterations',
    total: schedule.iterations,
    get operations() {
      return operationsOf(network, size);
    },
    perUnit,
    between: from => tested(schedule.iterations) - tested(from),
    final: perUnit * evaluation.statisticsBatches + test * views,
    sizes: JSON.stringify([data.set, size, network, optimiser.batch]),
    get memoryMiB() {
      return memoryOf(network, size, optimiser.batch) + (evaluation.tests.length > 0 ? 230 : 0);
    },
  };
}

function evaluation({ data, network, tests }: EvaluateSpec): Workload {
  return {
    unit: 'images',
    total: data.testImages,
    get operations() {
      return operationsOf(network, data.crop);
    },
    perUnit: 1 + viewsOf(tests, data.crop),
    between: () => 0,
    final: 0,
    sizes: JSON.stringify([data.set, data.crop, network, tests]),
    memoryMiB: 3000,
  };
}

/** Floating-point operations of the forward pass of one image. */
function operationsOf(network: NetworkSpec, size: number): number {
  return 2 * countNetwork(network, size).multiplyAdds;
}

/** Views of an image under test protocols, in images of `size` pixels: a view of another size counts by its area. */
function viewsOf(tests: readonly TestSpec[], size: number): number {
  const areas = tests.flatMap(each =>
    each.name === 'tenCrop'
      ? Array<number>(10).fill(1)
      : each.sizes.map(side => (each.flip ? 2 : 1) * (side / size) ** 2),
  );
  return areas.reduce((sum, area) => sum + area, 0);
}

/**
 * MiB of a worker with a training session: what the process and the data take, most of one copy of all values of the
 * forward pass, and what a layer's nodes take. Fitted to the peaks of the nets of Table 6 at 16x16 (0.4 GB of 20 layers,
 * 4.2 GB of 1202) and of those of Table 3 at 32x32 (0.6 GB of 18 layers, 2.1 GB of 152), batch 128, on ONNX Runtime.
 */
function memoryOf(network: NetworkSpec, size: number, batch: number): number {
  const { graph, parameters } = buildForward(network, 'predict', 1, size);
  const values = graph.nodes.flatMap(node => Object.values(node.outputs)).map(({ shape }) => shape);
  const bytes = 4 * batch * values.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return 360 + (0.9 * bytes + stateBytes(network, parameters)) / 2 ** 20 + 1.7 * depth(network);
}

/** Parameters, velocity, gradients and the next of each, which are most of VGG; of the others the fit has them. */
function stateBytes({ family }: NetworkSpec, parameters: Forward['parameters']): number {
  if (family !== 'vgg') return 0;
  return 4 * 4 * parameters.reduce((sum, { value }) => sum + elements(value.shape), 0);
}
