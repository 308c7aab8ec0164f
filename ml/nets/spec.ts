/** A network of sec. 4.2: 6n + 2 weighted layers, three stages of 2n 3x3 convolutions at falling resolution. */
export interface CifarNetwork {
  /** `resnet` has a shortcut around each pair of 3x3 layers, `plain` has none. */
  family: 'resnet' | 'plain';
  /** Depth parameter: 6n + 2 layers. */
  n: number;
  /** Filters of the three stages; 16, 32, 64 in the paper. */
  widths: readonly [number, number, number];
  /** Option A (sec. 3.3): identity with stride and zero-padded channels. CIFAR nets use no other; plain nets have none. */
  shortcut: 'A' | 'none';
  classes: number;
  batchNorm: { epsilon: number; momentum: number };
  init: {
    /** Convolutions: `he` is N(0, 2 / fan-in) (He et al. 2015, the paper's ref. 13). */
    convolution: 'he';
    /** Classifier: `he`, or the standard deviation of a normal distribution. */
    classifier: 'he' | number;
  };
}

/** Any network specification; the paper's other families join this union. */
export type NetworkSpec = CifarNetwork;

/** Weighted layers of a network: the number in its name. */
export function depth(spec: NetworkSpec): number {
  return 6 * spec.n + 2;
}

/** The paper's name of a network: ResNet-20, plain-56. */
export function networkName(spec: NetworkSpec): string {
  return `${spec.family === 'resnet' ? 'ResNet' : 'plain'}-${depth(spec)}`;
}
