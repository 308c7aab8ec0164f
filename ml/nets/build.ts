import { Builder } from './builder.ts';
import type { Forward, Mode } from './forward.ts';
import { residual } from './residual.ts';
import type { NetworkSpec } from './spec.ts';
import { vgg } from './vgg.ts';

/** Builds the forward pass of a network on `batch` square images of `size` pixels with 3 channels. */
export function buildForward(spec: NetworkSpec, mode: Mode, batch: number, size: number): Forward {
  const batchNorm = spec.family === 'vgg' ? { epsilon: 0, momentum: 0 } : spec.batchNorm;
  const b = new Builder(mode, batchNorm);
  const images = b.graph.input('images', 'images', [batch, 3, size, size]);
  if (spec.family === 'vgg') vgg(b, spec, images);
  else residual(b, spec, images);
  return b;
}
