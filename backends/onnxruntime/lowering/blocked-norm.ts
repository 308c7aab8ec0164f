import type { Node, Value } from '../../../ml/graph/graph.ts';
import type { Attributes, Inputs, OpName, Outputs } from '../../../ml/graph/ops.ts';
import type { BlockedBuilder } from './kernels.ts';
import type { Context } from './lowering.ts';
import { inverseSqrt } from './standard.ts';
import { Tensor } from './tensor.ts';

/** Batch norm; the mean is shifted as x is (see `conv`), so that only differences from the running mean are squared. */
export function batchNorm(
  b: BlockedBuilder,
  { x, gamma, beta, runningMean, runningVariance }: Inputs<'batchNorm', Tensor>,
  { epsilon, momentum }: Attributes['batchNorm'],
): Outputs<'batchNorm', Tensor> {
  const { pixels, channels, vector } = geometry(b, x);
  const values = x.blocked();
  const mean = b.channelMean(values, channels);
  const meanSquare = b.channelMeanOfProduct(values, values, x.shape);
  const variance = b.op('Relu', [b.sub(meanSquare, b.mul(mean, mean))]); // rounding may leave it below 0
  const inverseStd = inverseSqrt(b, variance, epsilon);
  const scale = b.mul(gamma.blocked(), inverseStd);
  const bias = b.sub(beta.blocked(), b.mul(scale, mean));
  const running = runningMean.blocked();
  const change = x.shift === running ? mean : b.sub(x.shift ? b.add(mean, x.shift) : mean, running);
  const unbiasedShare = (momentum * pixels) / (pixels - 1);
  return {
    y: new Tensor(b, 'activation', x.shape, { pending: b.affine(values, channels, scale, { bias }) }),
    mean: new Tensor(b, 'vector', vector, { blocked: mean, ...(x.shift && { shift: x.shift }) }),
    inverseStd: new Tensor(b, 'vector', vector, { blocked: inverseStd }),
    nextRunningMean: new Tensor(b, 'vector', vector, {
      blocked: b.add(running, b.mul(change, b.scalar(momentum))),
    }),
    nextRunningVariance: new Tensor(b, 'vector', vector, {
      blocked: b.add(
        b.mul(runningVariance.blocked(), b.scalar(1 - momentum)),
        b.mul(variance, b.scalar(unbiasedShare)),
      ),
    }),
  };
}

/**
 * dx = gamma * inverseStd * (dy - mean(dy) - xhat * mean(dy * xhat)). The bracket is an affine map of x added to dy. The
 * factor before it is left to the convolution's gradients, where they alone read dx: they give it to weights.
 */
export function batchNormGradient(
  b: BlockedBuilder,
  { dy, x, gamma, mean, inverseStd }: Inputs<'batchNormGradient', Tensor>,
  _: Attributes['batchNormGradient'],
  { outputs: { dx } }: Node<'batchNormGradient'>,
  context: Context<Tensor>,
): Outputs<'batchNormGradient', Tensor> {
  const { pixels, channels, vector } = geometry(b, x);
  const [gradient, values] = [dy.blocked(), x.blocked()];
  const [centre, deviation] = [mean.blocked(), inverseStd.blocked()];
  const meanGradient = b.channelMean(gradient, channels);
  const product = b.channelMeanOfProduct(gradient, values, x.shape);
  const meanProduct = b.mul(b.sub(product, b.mul(meanGradient, centre)), deviation); // mean(dy * xhat)
  const slope = b.mul(meanProduct, deviation);
  const bias = b.sub(b.mul(slope, centre), meanGradient);
  const bracket = b.affine(values, channels, b.neg(slope), { bias, sum: gradient });
  const scale = b.mul(gamma.blocked(), deviation);
  const form = onlyConvolutionGradientsRead(dx, context)
    ? { pending: bracket, scale }
    : { pending: b.affine(b.convolution(bracket), channels, scale) };
  return {
    dx: new Tensor(b, 'activation', x.shape, form),
    dgamma: new Tensor(b, 'vector', vector, { blocked: b.mul(meanProduct, b.scalar(pixels)) }),
    dbeta: new Tensor(b, 'vector', vector, { blocked: b.mul(meanGradient, b.scalar(pixels)) }),
  };
}

/** Batch norm with known statistics: folded into the weights of the convolution that it alone reads. */
export function batchNormInference(
  b: BlockedBuilder,
  { x, gamma, beta, mean, variance }: Inputs<'batchNormInference', Tensor>,
  { epsilon }: Attributes['batchNormInference'],
  node: Node<'batchNormInference'>,
  context: Context<Tensor>,
): { y: Tensor } {
  const channels = b.padded(x.shape[1]!);
  const scale = b.mul(gamma.blocked(), inverseSqrt(b, variance.blocked(), epsilon));
  const bias = b.sub(beta.blocked(), b.mul(scale, mean.blocked()));
  const { pending } = x;
  const fold = pending && !pending.bias && !pending.sum && context.readers(node.inputs.x).length === 1;
  if (!fold)
    return {
      y: new Tensor(b, 'activation', x.shape, { pending: b.affine(x.blocked(), channels, scale, { bias }) }),
    };
  const w = b.reshape(b.scaleFilters(pending.w, scale, channels), pending.filters);
  return { y: new Tensor(b, 'activation', x.shape, { pending: { ...pending, w, bias } }) };
}

/** dy in the scale of each channel. */
export function batchNormInferenceGradient(
  b: BlockedBuilder,
  { dy, gamma, variance }: Inputs<'batchNormInferenceGradient', Tensor>,
  { epsilon }: Attributes['batchNormInferenceGradient'],
): { dx: Tensor } {
  const scale = b.mul(gamma.blocked(), inverseSqrt(b, variance.blocked(), epsilon));
  const pending = b.affine(dy.blocked(), b.padded(dy.shape[1]!), scale);
  return { dx: new Tensor(b, 'activation', dy.shape, { pending }) };
}

function geometry(b: BlockedBuilder, x: Tensor) {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  return { pixels: n * height * width, channels: b.padded(c), vector: [c] };
}

function onlyConvolutionGradientsRead(dx: Value, context: Context<Tensor>): boolean {
  const ops: readonly OpName[] = ['convInputGradient', 'convWeightGradient'];
  return context
    .readers(dx)
    .every(({ op, inputs }) => ops.includes(op) && 'dy' in inputs && inputs.dy === dx);
}
