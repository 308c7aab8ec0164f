import type { AnyNode, Value } from '../../../ml/graph/graph.ts';
import type { OpName } from '../../../ml/graph/ops.ts';
import type { Ref } from '../onnx.ts';
import { conv, convInputGradient } from './blocked-conv.ts';
import {
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,
} from './blocked-norm.ts';
import { convWeightGradient } from './blocked-weight-gradient.ts';
import { BlockedBuilder } from './kernels.ts';
import { blockedStorage, filterLayout, type Kind } from './layout.ts';
import type { Context, LocalRule, Lowering } from './lowering.ts';
import { poolWindow, positive, standard } from './standard.ts';
import { type Pending, Tensor } from './tensor.ts';

/** ONNX Runtime's blocked CPU kernels, for a machine whose blocks hold `block` channels. */
export function blocked(block: number): Lowering<Tensor, BlockedBuilder> {
  return {
    name: 'blocked',
    rules,
    builder: () => new BlockedBuilder(block),
    storage: (value, readers) => blockedStorage(kindOf(value, readers), value.shape, block),
    fromStored(b, ref, value, readers) {
      const kind = kindOf(value, readers);
      const blocked = kind === 'plain' ? b.reshape(ref, value.shape) : ref;
      return new Tensor(b, kind, value.shape, { blocked });
    },
    fromCanonical: (b, canonical, value, readers) =>
      new Tensor(b, kindOf(value, readers), value.shape, { canonical }),
    toStored: (b, tensor) =>
      tensor.kind === 'plain' ? b.reshape(tensor.canonical(), [-1]) : tensor.blocked(),
    toCanonical: (_b, tensor) => tensor.canonical(),
  };
}

const rules: Lowering<Tensor, BlockedBuilder>['rules'] = {
  conv,
  convInputGradient: (b, inputs, attributes, node) =>
    convInputGradient(b, inputs, attributes, node) ??
    onCanonical('convInputGradient')(b, inputs, attributes, node),
  convWeightGradient,
  batchNorm,
  batchNormGradient,
  batchNormInference,
  batchNormInferenceGradient,

  relu(b, { x }, _, node, context) {
    const { pending } = x;
    if (pending && !pending.relu && !pending.stride && soleReader(node.inputs.x, context)) {
      return { y: new Tensor(b, x.kind, x.shape, { pending: { ...pending, relu: true } }) };
    }
    return { y: elementwise(b, x, b.op('Relu', [x.blocked()])) };
  },
  reluGradient: (b, { dy, y }) => ({ dx: elementwise(b, y, b.mul(dy.blocked(), positive(b, y.blocked()))) }),
  add(b, { a, b: newest }, _, node, context) {
    const joined =
      (soleReader(node.inputs.b, context) && withSum(newest, a)) ||
      (soleReader(node.inputs.a, context) && withSum(a, newest));
    if (joined) return { y: new Tensor(b, a.kind, a.shape, { pending: joined }) };
    return { y: elementwise(b, a, b.add(a.blocked(), newest.blocked())) };
  },

  // A 1x1 convolution with the identity for weights, which leaves the added channels zero.
  shortcutA(b, { x }, { stride, channels }, { outputs: { y } }) {
    const filters = [b.padded(channels), b.padded(x.shape[1]!), 1, 1] as const;
    const w = identityWeights(b, filters, x.shape[1]!);
    const blocked = b.convolution({ x: x.blocked(), w, filters, strides: [stride, stride] });
    return { y: new Tensor(b, 'activation', y.shape, { blocked }) };
  },
  // Its transpose. With a stride, dy is the first phase of dx and the others are zero (see convInputGradient).
  shortcutAGradient(b, inputs, attributes, node) {
    const { dy } = inputs;
    const { stride, channels, size } = attributes;
    if (size.some(s => s % stride !== 0))
      return onCanonical('shortcutAGradient')(b, inputs, attributes, node);
    const filters = [stride * stride * b.padded(channels), b.padded(dy.shape[1]!), 1, 1] as const;
    const w = identityWeights(b, filters, channels);
    const pending = { x: dy.blocked(), w, filters, ...(stride > 1 && { stride }) };
    return { dx: new Tensor(b, 'activation', node.outputs.dx.shape, { pending }) };
  },

  globalAveragePool(b, { x }, _, { outputs: { y } }) {
    const channels = b.padded(x.shape[1]!);
    const pooled = b.reshape(b.averagePool(x.blocked(), channels), [x.shape[0]!, channels]);
    const own = channels === x.shape[1] ? pooled : b.slice(pooled, [1], [0], [x.shape[1]!]);
    return { y: new Tensor(b, 'plain', y.shape, { canonical: own }) };
  },
  globalAveragePoolGradient(b, { dy }, { size: [height, width] }, { outputs: { dx } }) {
    const [n, c] = dy.shape as [number, number];
    const channels = b.padded(c);
    const share = b.pad(b.mul(dy.canonical(), b.scalar(1 / (height * width))), [0, 0], [0, channels - c]);
    const rows = (n * channels) / b.block;
    const spread = b.op('Expand', [
      b.reshape(share, [rows, 1, b.block]),
      b.ints([rows, height * width, b.block]),
    ]);
    return {
      dx: new Tensor(b, 'activation', dx.shape, { blocked: b.reshape(spread, [n, channels, height, width]) }),
    };
  },

  maxPool(b, { x }, attributes, { outputs: { y } }) {
    const blocked = b.maxPool(x.blocked(), b.padded(x.shape[1]!), poolWindow(attributes));
    return { y: new Tensor(b, 'activation', y.shape, { blocked }) };
  },
  maxPoolGradient: onCanonical('maxPoolGradient'),
  flatten: onCanonical('flatten'),
  flattenGradient: onCanonical('flattenGradient'),
  dropout: onCanonical('dropout'),
  bias(b, { x, b: bias }, _, node, context) {
    const { pending, shape } = x;
    if (pending && !pending.bias && !pending.sum && !pending.relu && soleReader(node.inputs.x, context)) {
      return { y: new Tensor(b, x.kind, shape, { pending: { ...pending, bias: bias.blocked() } }) };
    }
    const channels = b.padded(shape[1]!);
    const ones = b.floats(new Float32Array(channels).fill(1), [channels]);
    const affine = b.affine(x.blocked(), channels, ones, { bias: bias.blocked() });
    return { y: new Tensor(b, x.kind, shape, { pending: affine }) };
  },
  biasGradient(b, { dy }, _, { outputs: { db } }) {
    const [n, c, height, width] = dy.shape as [number, number, number, number];
    const mean = b.channelMean(dy.blocked(), b.padded(c));
    return { db: new Tensor(b, 'vector', db.shape, { blocked: b.mul(mean, b.scalar(n * height * width)) }) };
  },
  dense: onCanonical('dense'),
  denseInputGradient: onCanonical('denseInputGradient'),
  denseWeightGradient: onCanonical('denseWeightGradient'),
  denseBiasGradient: onCanonical('denseBiasGradient'),
  softmaxCrossEntropy: onCanonical('softmaxCrossEntropy'),
  softmaxCrossEntropyGradient: onCanonical('softmaxCrossEntropyGradient'),

  roiMaxPool: onCanonical('roiMaxPool'),
  roiMaxPoolGradient: onCanonical('roiMaxPoolGradient'),
  gatherRows: onCanonical('gatherRows'),
  gatherRowsGradient: onCanonical('gatherRowsGradient'),
  sigmoidCrossEntropy: onCanonical('sigmoidCrossEntropy'),
  sigmoidCrossEntropyGradient: onCanonical('sigmoidCrossEntropyGradient'),
  smoothL1: onCanonical('smoothL1'),
  smoothL1Gradient: onCanonical('smoothL1Gradient'),

  moments(b, { x }, _, { outputs: { m } }) {
    const [n, c] = x.shape as [number, number];
    const average = (v: Ref) => {
      const total = b.op('ReduceSum', [b.averagePool(v, b.padded(c))], { keepdims: 0 });
      return b.mul(b.reshape(total, [1]), b.scalar(1 / (n * c)));
    };
    const values = x.blocked();
    const canonical = b.op('Concat', [average(values), average(b.mul(values, values))], { axis: 0 });
    return { m: new Tensor(b, 'plain', m.shape, { canonical }) };
  },
};

/** What a graph input is, by what reads it. */
function kindOf({ id, shape }: Value, readers: readonly AnyNode[]): Kind {
  const isWeight = readers.some(({ inputs }) => 'w' in inputs && inputs.w.id === id);
  if (shape.length === 4) return isWeight ? 'weights' : 'activation';
  return shape.length === 1 && readers.some(({ op }) => op.startsWith('batchNorm') || op === 'bias')
    ? 'vector'
    : 'plain';
}

/** The standard rule of an operator, on row-major forms. */
function onCanonical<K extends OpName>(op: K): LocalRule<Tensor, BlockedBuilder, K> {
  return (b, inputs, attributes, node) => {
    const refs = Object.entries<Tensor>(inputs).map(([name, tensor]) => [name, tensor.canonical()]);
    const outputs = standard.rules[op](b, Object.fromEntries(refs), attributes, node);
    const tensors = Object.entries<Ref>(outputs).map(([name, canonical]) => {
      const { shape } = (node.outputs as Record<string, Value>)[name]!;
      return [name, new Tensor(b, shape.length === 4 ? 'activation' : 'plain', shape, { canonical })];
    });
    return Object.fromEntries(tensors);
  };
}

function soleReader(value: Value, context: Context<Tensor>): boolean {
  return context.readers(value).length === 1;
}

/** The pending convolution of a value with another value added to it, if it can take it. */
function withSum({ pending }: Tensor, other: Tensor): Pending | undefined {
  if (!pending || pending.sum || pending.relu) return undefined;
  if (!pending.stride) return { ...pending, sum: other.blocked() };
  if (other.pending?.stride !== pending.stride) return undefined;
  if (!pending.sparse) return { ...pending, sum: other.phases() };
  return other.pending.sparse ? { ...pending, sum: other.convolved() } : undefined;
}

function elementwise(b: BlockedBuilder, { kind, shape }: Tensor, blocked: Ref): Tensor {
  return new Tensor(b, kind, shape, { blocked });
}

/** Filters of a 1x1 convolution that passes the first `channels` channels on. */
function identityWeights(
  b: BlockedBuilder,
  filters: readonly [number, number, number, number],
  channels: number,
): Ref {
  const { size, place } = filterLayout(filters, b.block);
  const values = new Float32Array(size);
  for (let c = 0; c < channels; c++) values[place(c, c, 0)] = 1;
  return b.floats(values, filters);
}
