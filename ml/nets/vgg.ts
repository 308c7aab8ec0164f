import type { Value } from '../graph/graph.ts';
import type { Builder } from './builder.ts';
import type { VggNetwork } from './spec.ts';

/** VGG-16 (configuration D) or VGG-19 (E). Layers are named as in the authors' release: conv1_1, ..., fc8. */
export function vgg(b: Builder, spec: VggNetwork, images: Value): void {
  const pooled = halved(b, vggConvolutions(b, spec, images), 5);
  b.logits = b.dense(vggConnected(b, spec, pooled), 'fc8', spec.classes);
}

/** All convolutions: what a detector computes once for an image (conv1_1 to conv5_3; Ren et al. 2015, sec. 3.1). */
export function vggConvolutions(b: Builder, { depth, filters }: VggNetwork, images: Value): Value {
  let x = images;
  for (const [stage, width] of filters.entries()) {
    if (stage > 0) x = halved(b, x, stage);
    for (let layer = 1; layer <= layersOf[depth][stage]!; layer++) {
      x = b.relu(b.biasedConvolution(x, `conv${stage + 1}_${layer}`, width, 3));
    }
  }
  return x;
}

/** fc6 and fc7 with dropout: what a detector computes for each region. [N, C, H, W] to [N, hidden]. */
export function vggConnected(b: Builder, { hidden, dropout }: VggNetwork, x: Value): Value {
  const flat = b.graph.apply('flatten', { x }, {}, 'flatten').y;
  const fc6 = b.dropout(b.relu(b.dense(flat, 'fc6', hidden)), 'fc6', dropout);
  return b.dropout(b.relu(b.dense(fc6, 'fc7', hidden)), 'fc7', dropout);
}

/** Pixels of an image between two positions of the last convolution's outputs, and of what the last pooling leaves. */
export const vggStrides = { convolutions: 16, pooled: 32 } as const;

/** Convolutions of each stage. */
const layersOf = { 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] } as const satisfies Record<
  VggNetwork['depth'],
  readonly number[]
>;

function halved(b: Builder, x: Value, stage: number): Value {
  return b.maxPool(x, `pool${stage}`, 2, 2, [0, 0]);
}
