import type { Graph } from '../../ml/graph/graph.ts';
import { elements } from '../../ml/graph/ops.ts';
import { buildForward } from '../../ml/nets/build.ts';
import { networkName, type ResidualNetwork } from '../../ml/nets/spec.ts';
import type { SgdSpec } from '../../ml/optim/sgd.ts';
import { buildProgram, type Feeds, type ModelState, type Program, totalSize } from '../../ml/program.ts';
import { partsOf } from '../batches.ts';
import { feedsOf } from '../reference/feeds.ts';
import { eachWindow } from '../reference/kernels-pooling.ts';
import { runGraph } from '../reference/run-graph.ts';
import { epsilon } from './operator-inputs.ts';
import { Draw } from './random.ts';

/** A network small enough for plain loops. */
export interface Problem {
  name: string;
  network: ResidualNetwork;
  imageSize: number;
  form: SgdSpec['form'];
}

const common = {
  family: 'residual',
  classes: 10,
  batchNorm: { epsilon, momentum: 0.1 },
  init: { convolution: 'he', classifier: 'he' },
} as const;

/** Nets of all kinds, both forms of momentum, 8 to 14 layers; 4/6/10 divides by no block size of a vector unit. */
export const problems: readonly Problem[] = [
  cifar('A', 1, [8, 16, 32], 16, 'caffe'),
  cifar('none', 1, [4, 6, 10], 16, 'pytorch'),
  cifar('A', 2, [4, 6, 10], 8, 'pytorch'),
  cifar('none', 2, [8, 16, 32], 8, 'caffe'),
  cifar('A', 1, [16, 32, 64], 8, 'caffe'),
  imageNet('bottleneck', 'B', 'first1x1', 'small', [4, 8, 12, 16], 16),
  imageNet('bottleneck', 'C', '3x3', 'imagenet', [4, 8, 12, 16], 40),
  imageNet('bottleneck', 'A', 'first1x1', 'small', [5, 7, 11, 18], 16),
  imageNet('basic', 'B', 'first1x1', 'imagenet', [4, 8, 16, 24], 32),
  imageNet('basic', 'A', 'first1x1', 'imagenet', [5, 7, 11, 18], 32),
  imageNet('basic', 'none', 'first1x1', 'small', [4, 8, 12, 16], 16),
];

/** The program of a problem; `sgd` and another batch where a case asks for its own. */
export function programOf(
  { network, imageSize, form }: Problem,
  { batch = 16, replicas = 1, ...sgd }: Partial<SgdSpec> & { batch?: number; replicas?: number } = {},
): Program {
  return buildProgram({
    network,
    imageSize,
    sgd: { momentum: 0.9, weightDecay: 0.01, form, ...sgd },
    trainBatch: batch,
    replicas,
    evaluationBatch: 16,
  });
}

/** A state in which nothing is 0 or 1: scales, shifts, statistics and velocities as after some training. */
export function randomState(program: Program, draw: Draw): ModelState {
  const parameters = new Float32Array(totalSize(program.parameters));
  for (const { role, shape, offset, size } of program.parameters) {
    const fanIn = elements(shape.slice(1));
    const values =
      role === 'scale' ? draw.uniforms(size, 0.5, 1.5) : draw.normals(size, (2 / (fanIn + 9)) ** 0.5);
    parameters.set(values, offset);
  }
  const statistics = new Float32Array(totalSize(program.statistics));
  for (const { name, offset, size } of program.statistics) {
    const isMean = name.endsWith('.mean');
    statistics.set(isMean ? draw.normals(size, 0.5) : draw.uniforms(size, 0.5, 1.5), offset);
  }
  return { parameters, velocity: draw.normals(parameters.length, 0.01), statistics };
}

/** The feeds of a training step. */
export type Batch = Record<'images', Float32Array> & Record<'labels', Int32Array>;

/** Noise, with a pattern for each class that can be learnt. */
export function randomBatch({ inputs, trainBatch, network }: Program, draw: Draw): Batch {
  const size = elements(inputs.images!.shape) / trainBatch;
  const labels = draw.labels(trainBatch, network.classes);
  const images = draw.normals(trainBatch * size);
  images.forEach((_, i) => {
    const label = labels[Math.floor(i / size)]!;
    images[i]! += Math.cos(((label + 1) * (i % size)) / 7);
  });
  return { images, labels };
}

/** A state and a batch at which the gradient is smooth (see `smoothBatch`). */
export function smoothPoint(program: Program, name: string): { state: ModelState; batch: Batch } {
  const draw = new Draw(name);
  const state = randomState(program, draw);
  return { state, batch: smoothBatch(program, state, draw, 2e-6) };
}

/**
 * The next batch at which no ReLU has an input so near zero that rounding could decide its side, and no maximum is so
 * narrow. One flipped ReLU moves a gradient by 1e-3, which would hide or feign a fault; in a training it is worse: in
 * float64 itself, at rate 0.02, a start changed by 3e-7 moved the losses of a bottleneck net by up to 0.2 in 20 steps
 * and one changed by 1e-12 by 2e-11, so that between flips nothing is chaotic.
 */
export function smoothBatch(program: Program, state: ModelState, draw: Draw, margin: number): Batch {
  const { network, trainBatch, replicas, imageSize } = program;
  const { graph } = buildForward(network, 'train', trainBatch / replicas, imageSize);
  for (let attempt = 0; attempt < 200; attempt++) {
    const batch = randomBatch(program, draw);
    const nearest = partsOf(program, batch).map(part => nearestToKink(graph, program, state, part));
    if (Math.min(...nearest) > margin) return batch;
  }
  throw new Error(`no batch in 200 keeps every ReLU and maximum ${margin} away from a change`);
}

function cifar(
  shortcut: 'A' | 'none',
  n: number,
  widths: ResidualNetwork['widths'],
  imageSize: number,
  form: SgdSpec['form'],
): Problem {
  const network = {
    ...common,
    block: 'basic',
    blocks: [n, n, n],
    widths,
    shortcut,
    strideIn: 'first1x1',
    stem: 'small',
  } as const;
  const name = `${networkName(network)} ${widths.join('/')} at ${imageSize}x${imageSize}, ${form}`;
  return { name, network, imageSize, form };
}

/** Two blocks in the first stage: shortcuts with and without a change of dimensions occur. */
function imageNet(
  block: ResidualNetwork['block'],
  shortcut: ResidualNetwork['shortcut'],
  strideIn: ResidualNetwork['strideIn'],
  stem: ResidualNetwork['stem'],
  widths: ResidualNetwork['widths'],
  imageSize: number,
): Problem {
  const network = {
    block,
    blocks: [2, 1, 1, 1],
    widths,
    shortcut,
    strideIn,
    stem,
    ...common,
  } as const;
  const layers = `${networkName(network)}, ${block}, shortcut ${shortcut}, stride in ${strideIn}, ${stem} stem`;
  const name = `${layers}, ${widths.join('/')} at ${imageSize}x${imageSize}`;
  return { name, network, imageSize, form: 'caffe' };
}

/** How near a ReLU's input comes to zero, or the second largest element of a pooling window to the largest. */
function nearestToKink(graph: Graph, program: Program, state: ModelState, batch: Feeds): number {
  const values = runGraph(graph, feedsOf(program, graph, state, batch));
  let nearest = Number.POSITIVE_INFINITY;
  for (const node of graph.nodes) {
    if (node.op === 'relu') {
      for (const x of values.get(node.inputs.x.id)!) nearest = Math.min(nearest, Math.abs(x));
    } else if (node.op === 'maxPool') {
      const x = values.get(node.inputs.x.id)!;
      eachWindow(node.inputs.x.shape, node.outputs.y.shape, node.attributes, (_at, window) => {
        const [second, first] = window
          .map(place => x[place]!)
          .sort((a, b) => a - b)
          .slice(-2);
        if (first! > 0) nearest = Math.min(nearest, first! - second!); // behind a ReLU: zeros get no gradient
      });
    }
  }
  return nearest;
}
