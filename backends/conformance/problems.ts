import type { Graph } from '../../ml/graph/graph.ts';
import { type CifarNetwork, networkName } from '../../ml/nets/spec.ts';
import type { SgdSpec } from '../../ml/optim/sgd.ts';
import { buildProgram, type Program, totalSize } from '../../ml/program.ts';
import type { Batch, ModelState } from '../contract.ts';
import { evaluateGraph } from '../reference/evaluate.ts';
import { feedsOf } from '../reference/feeds.ts';
import { epsilon } from './operators.ts';
import { Draw } from './random.ts';

/** A network small enough for plain loops. */
export interface Problem {
  name: string;
  family: CifarNetwork['family'];
  n: number;
  widths: CifarNetwork['widths'];
  imageSize: number;
  form: SgdSpec['form'];
}

/** Both families, both forms of momentum, 8 and 14 layers; 4/6/10 divides by no block size of a vector unit. */
export const problems: readonly Problem[] = [
  problem({ family: 'resnet', n: 1, widths: [8, 16, 32], imageSize: 16, form: 'caffe' }),
  problem({ family: 'plain', n: 1, widths: [4, 6, 10], imageSize: 16, form: 'pytorch' }),
  problem({ family: 'resnet', n: 2, widths: [4, 6, 10], imageSize: 8, form: 'pytorch' }),
  problem({ family: 'plain', n: 2, widths: [8, 16, 32], imageSize: 8, form: 'caffe' }),
  problem({ family: 'resnet', n: 1, widths: [16, 32, 64], imageSize: 8, form: 'caffe' }),
];

/** The program of a problem at batch 16; `sgd` where a case asks for its own. */
export function programOf({ family, n, widths, imageSize, form }: Problem, sgd?: Partial<SgdSpec>): Program {
  return buildProgram({
    network: {
      family,
      n,
      widths,
      shortcut: family === 'resnet' ? 'A' : 'none',
      classes: 10,
      batchNorm: { epsilon, momentum: 0.1 },
      init: { convolution: 'he', classifier: 'he' },
    },
    imageSize,
    sgd: { momentum: 0.9, weightDecay: 0.01, form, ...sgd },
    trainBatch: 16,
    evaluationBatch: 16,
  });
}

/** A state in which nothing is 0 or 1: scales, shifts, statistics and velocities as after some training. */
export function randomState(program: Program, draw: Draw): ModelState {
  const parameters = new Float32Array(totalSize(program.parameters));
  for (const { role, shape, offset, size } of program.parameters) {
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
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

/** Noise, with a pattern for each class that can be learnt. */
export function randomBatch({ trainBatch, imageSize, network }: Program, draw: Draw): Batch {
  const size = 3 * imageSize * imageSize;
  const labels = draw.labels(trainBatch, network.classes);
  const images = draw.normals(trainBatch * size);
  images.forEach((_, i) => {
    const label = labels[Math.floor(i / size)]!;
    images[i]! += Math.cos(((label + 1) * (i % size)) / 7);
  });
  return { images, labels };
}

/**
 * A state and batch at which the gradient is smooth: no ReLU has an input so near zero that rounding could decide
 * its side. One flipped ReLU moves a gradient by 1e-3, which would hide or feign a fault.
 */
export function smoothPoint(program: Program, name: string): { state: ModelState; batch: Batch } {
  const margin = 2e-6;
  const { graph } = program.train();
  for (let attempt = 0; attempt < 100; attempt++) {
    const draw = new Draw(`${name} ${attempt}`);
    const state = randomState(program, draw);
    const batch = randomBatch(program, draw);
    if (nearestToZero(graph, program, state, batch) > margin) return { state, batch };
  }
  throw new Error(`${name}: no state in 100 keeps every ReLU input ${margin} away from zero`);
}

function problem(spec: Omit<Problem, 'name'>): Problem {
  const network = programOf({ name: '', ...spec }).network;
  const { widths, imageSize, form } = spec;
  return {
    name: `${networkName(network)} ${widths.join('/')} at ${imageSize}x${imageSize}, ${form}`,
    ...spec,
  };
}

function nearestToZero(graph: Graph, program: Program, state: ModelState, batch: Batch): number {
  const values = evaluateGraph(graph, feedsOf(program, graph, state, batch.images, batch.labels));
  let nearest = Number.POSITIVE_INFINITY;
  for (const node of graph.nodes) {
    if (node.op !== 'relu') continue;
    for (const x of values.get(node.inputs.x.id)!) nearest = Math.min(nearest, Math.abs(x));
  }
  return nearest;
}
