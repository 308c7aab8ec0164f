import type { Node } from '../../../ml/graph/graph.ts';
import type { Attributes, Inputs, Outputs } from '../../../ml/graph/ops.ts';
import type { BlockedBuilder } from './kernels.ts';
import type { Context } from './lowering.ts';
import { blend, inverseSqrt } from './standard.ts';
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
  const unbiased = b.mul(variance, b.scalar(pixels / (pixels - 1)));
  return {
    y: new Tensor(b, 'activation', x.shape, { pending: b.affine(values, channels, scale, { bias }) }),
    mean: new Tensor(b, 'vector', vector, { blocked: mean, ...(x.shift && { shift: x.shift }) }),
    inverseStd: new Tensor(b, 'vector', vector, { blocked: inverseStd }),
    nextRunningMean: new Tensor(b, 'vector', vector, {
      blocked: b.add(running, b.mul(change, b.scalar(momentum))),
    }),
    nextRunningVariance: new Tensor(b, 'vector', vector, {
      blocked: blend(b, runningVariance.blocked(), unbiased, momentum),
    }),
  };
}

/**
 * dx = gamma * inverseStd * (dy - mean(dy) - xhat * mean(dy * xhat)). The bracket is one affine map of x added to dy; the
 * factor before it is left to the gradients of a convolution, which give it to their weights.
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
  const slope = b.neg(b.mul(meanProduct, deviation));
  const bias = b.neg(b.add(meanGradient, b.mul(slope, centre)));
  const bracket = b.affine(values, channels, slope, { bias, sum: gradient });
  const scale = b.mul(gamma.blocked(), deviation);
  const left = context
    .readers(dx)
    .every(
      ({ op, inputs }) => (op === 'convInputGradient' || op === 'convWeightGradient') && inputs.dy === dx,
    );
  return {
    dx: new Tensor(
      b,
      'activation',
      x.shape,
      left ? { pending: bracket, scale } : { pending: b.affine(b.convolution(bracket), channels, scale) },
    ),
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

function geometry(b: BlockedBuilder, x: Tensor) {
  const [n, c, height, width] = x.shape as [number, number, number, number];
  return { pixels: n * height * width, channels: b.padded(c), vector: [c] };
}
