import type { Value } from '../graph/graph.ts';
import type { Builder } from '../nets/builder.ts';
import { lastStage, trunk, trunkStride } from '../nets/residual.ts';
import type { NetworkSpec } from '../nets/spec.ts';
import { vggConnected, vggConvolutions, vggStrides } from '../nets/vgg.ts';
import type { FeatureMap } from './roi-bins.ts';

/**
 * The layers that both halves of a detector share, computed once for an image: conv1 to conv4_x (appendix A), of VGG all
 * convolutions (Ren et al. 2015, sec. 3.1).
 */
export function sharedLayers(b: Builder, network: NetworkSpec, images: Value): Value {
  return network.family === 'vgg' ? vggConvolutions(b, network, images) : trunk(b, network, images);
}

/** The layers that are computed for each region, [regions, C, bins, bins] to [regions, features]: conv5_x, of VGG fc6 and fc7. */
export function regionLayers(b: Builder, network: NetworkSpec, pooled: Value): Value {
  if (network.family === 'vgg') return vggConnected(b, network, pooled);
  return b.graph.apply('globalAveragePool', { x: lastStage(b, network, pooled) }, {}, 'pool').y;
}

/** Whether a layer of that name is one of the shared ones. */
export function isShared(network: NetworkSpec, layer: string): boolean {
  const last = network.family === 'vgg' ? null : `conv${network.widths.length + 1}_`;
  return layer.startsWith('conv') && !(last && layer.startsWith(last));
}

/** Pixels of an image between two positions of the shared features, along each side. */
export function strideOf(network: NetworkSpec): number {
  return network.family === 'vgg' ? vggStrides.convolutions : trunkStride(network);
}

/** The shared features of an image of a size, in pixels: where regions are pooled from. */
export function featureMapOf({ network }: { network: NetworkSpec }, size: number): FeatureMap {
  const stride = strideOf(network);
  // The poolings of VGG leave a last odd row and column out; the strides of a residual network do not.
  const side = network.family === 'vgg' ? Math.floor(size / stride) : Math.ceil(size / stride);
  return { rows: side, columns: side, stride };
}
