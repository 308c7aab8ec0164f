import { buildLocaliser } from '../../../ml/detection/localiser.ts';
import type { Graph } from '../../../ml/graph/graph.ts';
import { elements } from '../../../ml/graph/ops.ts';
import { multiplyAdds } from '../multiply-adds.ts';
import type { JobKind, JobSpec, Workload } from '../task.ts';
import { longestOf } from './scaling.ts';
import type { TrainSpec } from './spec.ts';

/** What a step has to compute, in forward passes of one image or region. */
export function workloadOf(_kind: JobKind, spec: JobSpec): Workload {
  const own = spec as TrainSpec;
  const { data, network, anchors, optimiser, schedule, step, sampling, tests, members } = own;
  const isOfFiles = data.set === 'imagenet-loc';
  // Squares that hold whole photographs are larger than their shorter sides.
  const areaOf = (size: number) => ((isOfFiles ? longestOf(size) : size) / data.size) ** 2;
  const areas = tests.sizes.reduce((sum, size) => sum + areaOf(size), 1);
  const learned = data.trainImages * (isOfFiles ? areaOf(data.testShorterSide) : 1);
  const regions = data.testImages * sampling.proposals;
  const tested = { 1: learned + data.testImages * areas, 2: regions, 3: regions * members ** 2 };
  const graphOfOne = () => {
    const program = buildLocaliser({
      half: step === 1 ? 'proposals' : 'regions',
      ...{ network, classes: network.classes, anchors: anchors.length, imageSize: data.size },
      ...{ sgd: optimiser.sgd, trainBatch: 1, evaluationBatch: 1 },
    });
    return program.evaluations.predict.build();
  };
  return {
    unit: 'iterations',
    total: schedule.iterations,
    get operations() {
      return 2 * multiplyAdds(graphOfOne());
    },
    perUnit: 3 * optimiser.batch,
    between: () => 0,
    final: tested[step],
    sizes: JSON.stringify([step, data.set, data.size, network, anchors, optimiser.batch]),
    get memoryMiB() {
      return isOfFiles ? memoryOf(graphOfOne(), optimiser.batch) : 700;
    },
  };
}

/** MiB for most of one copy of all values of the forward pass of a batch, and for the lists and proposals of all photographs. */
function memoryOf({ nodes }: Graph, batch: number): number {
  const values = nodes.flatMap(node => Object.values(node.outputs)).map(({ shape }) => elements(shape));
  return 8000 + (0.9 * 4 * batch * values.reduce((sum, count) => sum + count, 0)) / 2 ** 20;
}
