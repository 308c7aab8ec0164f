import { backward } from './graph/gradients.ts';
import type { ElementType, Graph, Value } from './graph/graph.ts';
import { elements, type Shape } from './graph/ops.ts';
import { type PlainGraph, toPlain } from './graph/plain.ts';
import { buildForward, imageShape } from './nets/build.ts';
import type { Forward, ParameterRole } from './nets/forward.ts';
import { type NetworkSpec, networkName } from './nets/spec.ts';
import type { SgdSpec } from './optim/sgd.ts';

/** Everything a backend computes for a network. State vectors are canonical: the slots in order, row-major. */
export interface Program {
  readonly network: NetworkSpec;
  /** Height and width of the images, in pixels. */
  readonly imageSize: number;
  /** The update of a step: decay enters the gradient before the momentum does, in one of two forms (see `SgdSpec`). */
  readonly sgd: SgdSpec;
  /** Images of a training step, and of a batch of an evaluation. */
  readonly trainBatch: number;
  readonly evaluationBatch: number;
  /**
   * Replicas of the network that share a training batch, as on so many GPUs: each takes an equal part, normalises it by
   * itself, and the mean of their gradients is what steps. Loss and logits are of the whole batch, running statistics those
   * of the first part. `forward` and `train` are of one replica.
   */
  readonly replicas: number;
  /** What a training step takes, by name, in the order of its graph's inputs (see `Feeds`). Allocate from it. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Weights (OIHW, or OI), BN scales and shifts and the classifier's bias, in network order; `initialState` draws them. */
  readonly parameters: readonly (Slot & { readonly role: ParameterRole })[];
  /**
   * Running mean and variance of every batch norm, in network order; 0 and 1 at first. A batch is normalised with its
   * biased variance; the running variance takes the unbiased one. `network.batchNorm.momentum` is the new batch's share.
   * VGG has none. With them whatever else a step reads and leaves as it is: layers that are held.
   */
  readonly statistics: readonly Slot[];
  /** Layers that the evaluation `responses` reports on, in network order. */
  readonly responseLayers: readonly string[];
  /** The forward pass of a training step with its loss: all that an engine with gradients of its own needs. A new one. */
  forward(): ForwardGraph;
  /** The forward pass and its gradients, for engines without. Built once and kept: all callers share it, none changes it. */
  train(): TrainGraph;
  /** What else can be run, by name. It reads the state and changes nothing. */
  readonly evaluations: { readonly predict: EvaluationGraph; readonly responses?: EvaluationGraph };
}

/**
 * The evaluations of a network.
 * - `predict`: of a classifier the output `logits`, [evaluationBatch, classes], a row for each image; of a detector what
 *   its program says
 * - `responses`: outputs `response.<layer>`, [mean, mean of squares] of a layer's BN outputs over batch, channels and
 *   positions (Figure 7)
 */
export type EvaluationName = 'predict' | 'responses';

/** A graph that only reads the state; batch norm takes the running statistics. */
export interface EvaluationGraph {
  /** Whether its output has a row for each image, so that any count can be run, filled up to whole batches. */
  readonly perImage: boolean;
  /** What it takes, by name. `size`: height and width of the images, `Program.imageSize` when absent. */
  inputs(size?: number): Readonly<Record<string, InputSpec>>;
  /**
   * A new graph with its outputs named. Any `size` that the network's strides leave something of: it is fully
   * convolutional up to the global average pooling (sec. 3.4). Of VGG as a classifier the program's own alone.
   */
  build(size?: number): Graph;
}

/** The forward pass of a training step as plain data, which `JSON.stringify` keeps whole. */
export interface ForwardGraph extends PlainGraph {
  /** `loss`: mean cross-entropy in nats, shape []; `logits`: [trainBatch / replicas, classes], or a detector's. */
  readonly outputs: { readonly loss: number; readonly logits: number };
  /** Ids of the new value of each statistic of `Program.statistics`, in that order; none when a step moves none of them. */
  readonly nextStatistics: readonly number[];
}

/** One training step: forward, backward and running statistics; the optimiser's update follows `Program.sgd`. */
export interface TrainGraph {
  readonly graph: Graph;
  /** Mean cross-entropy in nats, shape []; of a detector with that of its boxes. */
  readonly loss: Value;
  /** [trainBatch / replicas, classes], or a detector's. */
  readonly logits: Value;
  /** Gradient of the loss by each parameter of `Program.parameters`, in that order, weight decay not included. */
  readonly gradients: readonly Value[];
  /** New value of each statistic of `Program.statistics`, in that order; none when a step moves none of them. */
  readonly nextStatistics: readonly Value[];
}

/**
 * Arrays by input name, row-major; they stay the caller's. `images`: pixels as the data were prepared, the mean subtracted
 * (sec. 3.4, 4.2); `labels`: class indices from 0.
 */
export type Feeds = Readonly<Record<string, Float32Array | Int32Array>>;

/** What an input takes: so many numbers of a type as its shape has elements. */
export interface InputSpec {
  readonly type: ElementType;
  /** With the batch first. */
  readonly shape: Shape;
  /** Integers are indices from 0 on, below this. */
  readonly below?: number;
  /** A mask of dropout: 0 with this probability, otherwise what keeps the mean at 1. */
  readonly dropout?: number;
}

/** A named slice of a canonical state vector: `size` numbers from `offset` on, row-major. */
export interface Slot {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
}

/** Parameters, momentum (velocity) and running statistics as flat float32 vectors in a program's canonical layout. */
export interface ModelState {
  parameters: Float32Array;
  /** Laid out as `parameters`; whether the learning rate is in it is up to `SgdSpec.form`. */
  velocity: Float32Array;
  statistics: Float32Array;
}

/** What a program is built from. */
export type ProgramSpec = Pick<Program, 'network' | 'imageSize' | 'sgd' | 'trainBatch' | 'evaluationBatch'> &
  Partial<Pick<Program, 'replicas'>>;

/** Derives the graphs of a network and the layout of its state. Graphs are built when asked for. */
export function buildProgram(spec: ProgramSpec): Program {
  const { network, imageSize, trainBatch, evaluationBatch } = spec;
  const { parameters, statistics, responses } = buildForward(network, 'predict', 1, imageSize);
  const slots = layOut(parameters.map(p => p.value));
  const images = (batch: number, size = imageSize): InputSpec => ({
    type: 'float32',
    shape: imageShape(batch, size),
  });
  const evaluation = (perImage: boolean, build: EvaluationGraph['build']): EvaluationGraph => ({
    perImage,
    inputs: size => ({ images: images(evaluationBatch, size) }),
    build,
  });
  let trained: TrainGraph | undefined;
  return {
    replicas: 1,
    ...spec,
    inputs: {
      images: images(trainBatch),
      ...(network.family === 'vgg' && maskInputs(buildForward(network, 'train', trainBatch, imageSize))),
      labels: { type: 'int32', shape: [trainBatch], below: network.classes },
    },
    parameters: slots.map((slot, i) => ({ ...slot, role: parameters[i]!.role })),
    statistics: layOut(statistics),
    responseLayers: responses.map(r => r.layer),
    forward: () => plainForward(spec),
    train: () => (trained ??= differentiated(spec)),
    evaluations: {
      predict: evaluation(true, size => predictGraph(spec, size)),
      ...(responses.length > 0 && { responses: evaluation(false, size => responsesGraph(spec, size)) }),
    },
  };
}

/** What the dropout of a forward pass takes, by name. */
export function maskInputs({ masks }: Pick<Forward, 'masks'>): Record<string, InputSpec> {
  return Object.fromEntries(
    masks.map(({ value: { name, shape }, rate }) => [name, { type: 'float32', shape, dropout: rate }]),
  );
}

/** Length of the vector that slots describe. */
export function totalSize(slots: readonly Slot[]): number {
  const last = slots.at(-1);
  return last ? last.offset + last.size : 0;
}

/** The part of a state vector that a slot names; not a copy. */
export function partOf<A extends Float32Array | Float64Array>(vector: A, { offset, size }: Slot): A {
  return vector.subarray(offset, offset + size) as A;
}

/** The slots of values in a vector, one after the other. */
export function layOut(values: readonly Value[]): Slot[] {
  let offset = 0;
  return values.map(({ name, shape }) => {
    const slot = { name, shape, offset, size: elements(shape) };
    offset += slot.size;
    return slot;
  });
}

function plainForward(spec: ProgramSpec): ForwardGraph {
  const { forward, loss } = forwardWithLoss(spec);
  return {
    ...toPlain(forward.graph),
    outputs: { loss: loss.id, logits: forward.logits.id },
    nextStatistics: forward.nextStatistics.map(v => v.id),
  };
}

function differentiated(spec: ProgramSpec): TrainGraph {
  const { forward, loss } = forwardWithLoss(spec);
  const { graph, logits, parameters, nextStatistics, statistics } = forward;
  const gradients = gradientsOf(graph, loss, parameters);
  for (const [i, s] of statistics.entries()) graph.output(`next.${s.name}`, nextStatistics[i]!);
  return { graph, loss, logits, gradients, nextStatistics };
}

/** Differentiates a loss; the gradient of each parameter, in their order, is an output of the graph. */
export function gradientsOf(graph: Graph, loss: Value, parameters: Forward['parameters']): Value[] {
  const gradientOf = backward(graph, loss);
  return parameters.map(({ value }) => {
    const gradient = gradientOf.get(value.id)!;
    graph.output(`gradient.${value.name}`, gradient);
    return gradient;
  });
}

function forwardWithLoss(spec: ProgramSpec): { forward: Forward; loss: Value } {
  const { network, trainBatch, replicas = 1, imageSize } = spec;
  const batch = trainBatch / replicas;
  const forward = buildForward(network, 'train', batch, imageSize);
  const { graph, logits } = forward;
  const labels = graph.input('labels', 'labels', [batch]);
  const { loss } = graph.apply('softmaxCrossEntropy', { logits, labels }, {}, 'loss');
  graph.output('loss', loss);
  graph.output('logits', logits);
  return { forward, loss };
}

function predictGraph({ network, evaluationBatch, imageSize }: ProgramSpec, size = imageSize): Graph {
  if (network.family === 'vgg' && size !== imageSize) {
    const [own, other] = [imageSize, size].map(side => `${side}x${side}`);
    throw new Error(
      `${networkName(network)} has weights for every position of ${own} pixels, received ${other}`,
    );
  }
  const { graph, logits } = buildForward(network, 'predict', evaluationBatch, size);
  graph.output('logits', logits);
  return graph;
}

function responsesGraph({ network, evaluationBatch, imageSize }: ProgramSpec, size = imageSize): Graph {
  const { graph, responses } = buildForward(network, 'responses', evaluationBatch, size);
  for (const { layer, value } of responses) {
    graph.output(`response.${layer}`, graph.apply('moments', { x: value }, {}, `${layer}.moments`).m);
  }
  return graph;
}
