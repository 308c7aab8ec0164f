import { backward } from './graph/gradients.ts';
import type { Graph, Value } from './graph/graph.ts';
import { buildForward } from './nets/build.ts';
import { elements } from './nets/counts.ts';
import type { Forward, Mode, ParameterRole } from './nets/forward.ts';
import type { TrainedNetwork } from './nets/spec.ts';
import type { SgdSpec } from './optim/sgd.ts';

/** A named slice of a canonical state vector. */
export interface Slot {
  name: string;
  shape: readonly number[];
  offset: number;
  size: number;
}

/** One training step: forward, backward and running statistics; the optimiser's update follows `Program.sgd`. */
export interface TrainGraph {
  graph: Graph;
  loss: Value;
  logits: Value;
  /** Gradient of each parameter of `Program.parameters`, in that order. */
  gradients: Value[];
  /** New value of each statistic of `Program.statistics`, in that order. */
  nextStatistics: Value[];
}

/** Everything a backend computes for a network. State vectors are canonical: the slots in order, row-major. */
export interface Program {
  network: TrainedNetwork;
  /** Height and width of the (square, 3-channel) images. */
  imageSize: number;
  sgd: SgdSpec;
  trainBatch: number;
  evaluationBatch: number;
  parameters: (Slot & { role: ParameterRole })[];
  statistics: Slot[];
  /** Layers that `responses` reports on, in network order. */
  responseLayers: string[];
  train(): TrainGraph;
  /**
   * Outputs `logits`, [evaluationBatch, classes], for images of `size` pixels (imageSize when absent): the networks are
   * fully convolutional up to the global average pooling (sec. 3.4).
   */
  predict(size?: number): Graph;
  /** Outputs `response.<layer>`, [mean, mean of squares] over batch, channels and positions, per layer. */
  responses(): Graph;
}

/** Parameters, momentum (velocity) and running statistics as flat float32 vectors in a program's canonical layout. */
export interface ModelState {
  parameters: Float32Array;
  velocity: Float32Array;
  statistics: Float32Array;
}

/** What a program is built from. */
export interface ProgramSpec {
  network: TrainedNetwork;
  imageSize: number;
  sgd: SgdSpec;
  trainBatch: number;
  evaluationBatch: number;
}

/** Derives the three graphs of a network and the layout of its state. Graphs are built when asked for. */
export function buildProgram(spec: ProgramSpec): Program {
  const forward = (mode: Mode, batch: number, size = spec.imageSize) =>
    buildForward(spec.network, mode, batch, size);
  const { parameters, statistics, responses } = forward('predict', 1);
  const roles = parameters.map(p => p.role);
  return {
    ...spec,
    parameters: layOut(parameters.map(p => p.value)).map((slot, i) => ({ ...slot, role: roles[i]! })),
    statistics: layOut(statistics),
    responseLayers: responses.map(r => r.layer),
    train: () => differentiate(forward('train', spec.trainBatch), spec.trainBatch),
    predict(size) {
      const { graph, logits } = forward('predict', spec.evaluationBatch, size);
      graph.output('logits', logits);
      return graph;
    },
    responses() {
      const { graph, responses } = forward('responses', spec.evaluationBatch);
      for (const { layer, value } of responses) {
        graph.output(`response.${layer}`, graph.apply('moments', { x: value }, {}, `${layer}.moments`).m);
      }
      return graph;
    },
  };
}

function differentiate(forward: Forward, batch: number): TrainGraph {
  const { graph, logits, parameters, nextStatistics, statistics } = forward;
  const labels = graph.input('labels', 'labels', [batch]);
  const { loss } = graph.apply('softmaxCrossEntropy', { logits, labels }, {}, 'loss');
  const gradientOf = backward(graph, loss);
  const gradients = parameters.map(p => gradientOf.get(p.value.id)!);
  graph.output('loss', loss);
  graph.output('logits', logits);
  for (const [i, p] of parameters.entries()) graph.output(`gradient.${p.value.name}`, gradients[i]!);
  for (const [i, s] of statistics.entries()) graph.output(`next.${s.name}`, nextStatistics[i]!);
  return { graph, loss, logits, gradients, nextStatistics };
}

function layOut(values: Value[]): Slot[] {
  let offset = 0;
  return values.map(({ name, shape }) => {
    const slot = { name, shape, offset, size: elements(shape) };
    offset += slot.size;
    return slot;
  });
}

/** Length of the vector that slots describe. */
export function totalSize(slots: readonly Slot[]): number {
  const last = slots[slots.length - 1];
  return last ? last.offset + last.size : 0;
}
