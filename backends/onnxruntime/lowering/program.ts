import { elementType, type Graph, type Value } from '../../../ml/graph/graph.ts';
import { elements } from '../../../ml/graph/ops.ts';
import { fromPlain } from '../../../ml/graph/plain.ts';
import type { SgdSpec } from '../../../ml/optim/sgd.ts';
import type { Program } from '../../../ml/program.ts';
import { chunks, type OnnxBuilder, type Ref } from '../onnx.ts';
import { emitGraph, type Lowering, readersOf, type Storage } from './lowering.ts';

/**
 * The model of one training step. Inputs: `parameters`, `velocity`, `statistics` (stored vectors), `rate`, and the
 * program's own. Outputs: `loss`, `logits`, `nextParameters`, `nextVelocity`, and `nextStatistics` if a step moves any.
 */
export function trainingModel<T, B extends OnnxBuilder>(
  program: Program,
  lowering: Lowering<T, B>,
): Uint8Array {
  const { graph, loss, logits, gradients, nextStatistics } = program.train();
  const b = lowering.builder();
  const inputs = modelInputs(graph, lowering, b);
  const parameterCount = total(inputStorages(graph, lowering, 'parameter'));
  const velocity = b.input('velocity', [parameterCount]);
  const rate = b.input('rate', [1]);
  const tensor = emitGraph(lowering, graph, b, inputs);
  b.scope = 'update';
  const stored = (values: readonly Value[]) => storedVector(b, lowering, values.map(tensor));
  const next = update(b, program.sgd, {
    parameters: 'parameters',
    velocity,
    gradient: stored(gradients),
    rate,
  });
  const canonical = (value: Value) => lowering.toCanonical(b, tensor(value));
  b.output('loss', canonical(loss), loss.shape);
  b.output('logits', canonical(logits), logits.shape);
  b.output('nextParameters', next.parameters, [parameterCount]);
  b.output('nextVelocity', next.velocity, [parameterCount]);
  if (nextStatistics.length > 0)
    b.output('nextStatistics', stored(nextStatistics), [total(inputStorages(graph, lowering, 'statistic'))]);
  return b.model();
}

/**
 * The model of a training step's forward pass alone. Inputs: `parameters`, `statistics`, `images`, `labels`. Output:
 * `nextStatistics`.
 */
export function statisticsModel<T, B extends OnnxBuilder>(
  program: Program,
  lowering: Lowering<T, B>,
): Uint8Array {
  const forward = program.forward();
  const { graph, values } = fromPlain(forward);
  const b = lowering.builder();
  const tensor = emitGraph(lowering, graph, b, modelInputs(graph, lowering, b));
  const next = forward.nextStatistics.map(id => tensor(values[id]!));
  const size = total(inputStorages(graph, lowering, 'statistic'));
  b.output('nextStatistics', storedVector(b, lowering, next), [size]);
  return b.model();
}

/** The model of a graph that only reads the state: one output `result`, the graph's outputs one after the other. */
export function evaluationModel<T, B extends OnnxBuilder>(
  graph: Graph,
  lowering: Lowering<T, B>,
): Uint8Array {
  const b = lowering.builder();
  const tensor = emitGraph(lowering, graph, b, modelInputs(graph, lowering, b));
  const results = [...graph.outputs.values()];
  const refs = results.map(value => b.reshape(lowering.toCanonical(b, tensor(value)), [-1]));
  const size = results.reduce((sum, { shape }) => sum + elements(shape), 0);
  b.output('result', b.concat(refs, 0), [size]);
  return b.model();
}

/** How the parameters or statistics lie in their stored vector. */
export interface StateStorage {
  size: number;
  /** Calls `move` with the canonical and the stored place of every element. */
  forEach(move: (canonical: number, stored: number) => void): void;
}

/** The stored vector of the parameters or statistics. Places are not kept: they would be as large as the vector. */
export function stateStorage<T, B extends OnnxBuilder>(
  graph: Graph,
  lowering: Lowering<T, B>,
  kind: 'parameter' | 'statistic',
): StateStorage {
  const storages = inputStorages(graph, lowering, kind);
  return {
    size: total(storages),
    forEach(move) {
      let [canonical, offset] = [0, 0];
      for (const { value, size, indices } of storages) {
        const places = indices?.();
        const count = elements(value.shape);
        for (let i = 0; i < count; i++) move(canonical++, offset + (places ? places[i]! : i));
        offset += size;
      }
    },
  };
}

/** Declares the inputs of a graph; parameters and statistics are slices of one stored vector each. */
function modelInputs<T, B extends OnnxBuilder>(
  graph: Graph,
  lowering: Lowering<T, B>,
  b: B,
): (value: Value) => T {
  const readers = readersOf(graph);
  const sources = new Map<number, () => T>();
  for (const { kind, value } of graph.inputs) {
    if (kind === 'parameter' || kind === 'statistic') continue;
    const ref = b.input(value.name, value.shape, elementType(kind));
    sources.set(value.id, () => lowering.fromCanonical(b, ref, value, readers.get(value.id) ?? []));
  }
  for (const kind of ['parameter', 'statistic'] as const) {
    const name = kind === 'parameter' ? 'parameters' : 'statistics';
    const storages = inputStorages(graph, lowering, kind);
    const slices = cut(b, b.input(name, [total(storages)]), storages);
    storages.forEach(({ value }, i) => {
      sources.set(value.id, () => lowering.fromStored(b, slices(i), value, readers.get(value.id) ?? []));
    });
  }
  return value => sources.get(value.id)!();
}

/**
 * Cuts a vector into slices where they are first read, many slices in several steps: ONNX Runtime keeps the nodes that could
 * run in a sorted list, and with every parameter of a deep net in it, opening the model takes quadratic time.
 */
function cut(b: OnnxBuilder, flat: Ref, slices: readonly { size: number }[]): (index: number) => Ref {
  const most = Math.min(b.breadth, slices.length <= 512 ? 512 : 64);
  let parts: Ref[] | undefined;
  if (slices.length <= most) {
    const sizes = slices.map(({ size }) => size);
    return index => (parts ??= b.split(flat, sizes))[index]!;
  }
  const groups = chunks(slices, most);
  const whole = cut(
    b,
    flat,
    groups.map(group => ({ size: total(group) })),
  );
  const cuts: ((index: number) => Ref)[] = [];
  return index => {
    const group = Math.floor(index / most);
    cuts[group] ??= cut(b, whole(group), groups[group]!);
    return cuts[group](index % most);
  };
}

function inputStorages<T, B extends OnnxBuilder>(
  graph: Graph,
  lowering: Lowering<T, B>,
  kind: 'parameter' | 'statistic',
): (Storage & { value: Value })[] {
  const readers = readersOf(graph);
  return graph.inputs
    .filter(input => input.kind === kind)
    .map(({ value }) => ({ value, ...lowering.storage(value, readers.get(value.id) ?? []) }));
}

function total(slices: readonly { size: number }[]): number {
  return slices.reduce((sum, { size }) => sum + size, 0);
}

/** Tensors as they are stored, one after the other. */
function storedVector<T, B extends OnnxBuilder>(b: B, lowering: Lowering<T, B>, tensors: readonly T[]): Ref {
  return b.concat(
    tensors.map(tensor => lowering.toStored(b, tensor)),
    0,
  );
}

/** Momentum SGD on the stored vectors, in the two forms of `SgdSpec`. Padding stays zero: so are its gradients. */
function update(
  b: OnnxBuilder,
  { momentum, weightDecay, form }: SgdSpec,
  { parameters, velocity, gradient, rate }: Record<'parameters' | 'velocity' | 'gradient' | 'rate', Ref>,
): { parameters: Ref; velocity: Ref } {
  const decayed = b.add(gradient, b.mul(parameters, b.scalar(weightDecay)));
  if (form === 'caffe') {
    const step = b.mul(decayed, rate);
    const next = b.add(b.mul(velocity, b.scalar(momentum)), step);
    return { velocity: next, parameters: b.sub(parameters, next) };
  }
  const next = b.add(b.mul(velocity, b.scalar(momentum)), decayed);
  return { velocity: next, parameters: b.sub(parameters, b.mul(next, rate)) };
}
