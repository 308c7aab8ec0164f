import type { Shape } from '../graph/ops.ts';
import { Builder } from './builder.ts';
import type { Forward, Mode } from './forward.ts';
import { residual } from './residual.ts';
import { batchNormOf, imageChannels, type NetworkSpec } from './spec.ts';
import { vgg } from './vgg.ts';

/** Builds the forward pass of a network on `batch` images of `size` x `size` pixels. */
export function buildForward(spec: NetworkSpec, mode: Mode, batch: number, size: number): Forward {
  const b = new Builder({ mode, batchNorm: batchNormOf(spec) });
  const images = b.graph.input('images', 'images', imageShape(batch, size));
  if (spec.family === 'vgg') vgg(b, spec, images);
  else residual(b, spec, images);
  return b;
}

/** NCHW shape of `batch` images of `size` x `size` pixels, as every network takes them. */
export function imageShape(batch: number, size: number): Shape {
  return [batch, imageChannels, size, size];
}
