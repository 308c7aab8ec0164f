import type { Value } from '../graph/graph.ts';
import type { Builder } from './builder.ts';
import type { VggNetwork } from './spec.ts';

/** VGG-16 (configuration D) or VGG-19 (E): 3x3 layers with biases, 2x2 max pooling, three fully connected layers. */
export function vgg(b: Builder, { depth, classes }: VggNetwork, images: Value): void {
  const last = depth === 16 ? 3 : 4;
  let x = images;
  for (const [stage, [width, layers]] of (
    [
      [64, 2],
      [128, 2],
      [256, last],
      [512, last],
      [512, last],
    ] as const
  ).entries()) {
    for (let layer = 0; layer < layers; layer++) {
      x = b.relu(b.biasedConvolution(x, `conv${stage + 1}_${layer + 1}`, width, 3));
    }
    x = b.maxPool(x, `pool${stage + 1}`, 2, 2, [0, 0]);
  }
  x = b.graph.apply('flatten', { x }, {}, 'flatten').y;
  // The classifier's rectified activations are [N, 4096]: relu works on any shape.
  x = b.relu(b.dense(x, 'fc6', 4096));
  x = b.relu(b.dense(x, 'fc7', 4096));
  b.logits = b.dense(x, 'fc8', classes);
}
