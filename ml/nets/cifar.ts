import type { Value } from '../graph/graph.ts';
import type { Builder } from './builder.ts';
import type { CifarNetwork } from './spec.ts';

/** The networks of sec. 4.2: a 3x3 layer, three stages of n pairs of 3x3 layers, pooling, classifier. */
export function cifar(b: Builder, spec: CifarNetwork, images: Value): void {
  let x = b.relu(b.convolution(images, 'conv1', spec.widths[0], 3, 1));
  for (const [stage, width] of spec.widths.entries()) {
    for (let block = 0; block < spec.n; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const name = `conv${stage + 2}_${block + 1}`;
      const first = b.relu(b.convolution(x, `${name}a`, width, 3, stride));
      const second = b.convolution(first, `${name}b`, width, 3, 1);
      x = b.relu(spec.family === 'resnet' ? b.add(second, b.shortcutA(x, name, width, stride)) : second);
    }
  }
  b.classifier(x, spec.classes);
}
