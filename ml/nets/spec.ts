/** What all networks with batch normalisation have in common. */
interface Normalised {
  classes: number;
  batchNorm: { epsilon: number; momentum: number };
  init: {
    /** Convolutions: `he` is N(0, 2 / fan-in) (He et al. 2015, the paper's ref. 13). */
    convolution: 'he';
    /** Classifier: `he`, or the standard deviation of a normal distribution. */
    classifier: 'he' | number;
  };
}

/** A network of sec. 4.2: 6n + 2 weighted layers, three stages of 2n 3x3 convolutions at falling resolution. */
export interface CifarNetwork extends Normalised {
  /** `resnet` has a shortcut around each pair of 3x3 layers, `plain` has none. */
  family: 'resnet' | 'plain';
  /** Depth parameter: 6n + 2 layers. */
  n: number;
  /** Filters of the three stages; 16, 32, 64 in the paper. */
  widths: readonly [number, number, number];
  /** Option A (sec. 3.3): identity with stride and zero-padded channels. CIFAR nets use no other; plain nets have none. */
  shortcut: 'A' | 'none';
}

/** A network of Table 1: four stages of basic or bottleneck blocks. */
export interface ImageNetNetwork extends Normalised {
  family: 'imagenet-resnet' | 'imagenet-plain';
  /** Two 3x3 layers, or 1x1, 3x3, 1x1 with four times the filters at the end (Figure 5). */
  block: 'basic' | 'bottleneck';
  /** Blocks of conv2_x to conv5_x. */
  blocks: readonly [number, number, number, number];
  /** Filters of the stages; 64, 128, 256, 512 in the paper. */
  widths: readonly [number, number, number, number];
  /**
   * Sec. 4.1: A zero-padded identity where dimensions grow; B projections there, identity elsewhere; C projections
   * everywhere. Plain nets have none.
   */
  shortcut: 'A' | 'B' | 'C' | 'none';
  /** Where a bottleneck that halves the resolution strides: its first 1x1 (the authors' release) or its 3x3 ("v1.5"). */
  strideIn: 'first1x1' | '3x3';
  /** `imagenet`: 7x7 stride 2 and 3x3 max pooling stride 2 (Table 1); `small`: one 3x3 layer, no pooling. */
  stem: 'imagenet' | 'small';
}

/** VGG-16 or VGG-19 (Simonyan and Zisserman 2015, the paper's ref. 41): for its cost and for Figure 3. */
export interface VggNetwork {
  family: 'vgg';
  depth: 16 | 19;
  classes: number;
}

/** Any network specification. */
export type NetworkSpec = CifarNetwork | ImageNetNetwork | VggNetwork;

/** Networks that are trained. */
export type TrainedNetwork = CifarNetwork | ImageNetNetwork;

/** Weighted layers of a network: the number in its name. Projections of shortcuts are not counted. */
export function depth(spec: NetworkSpec): number {
  switch (spec.family) {
    case 'vgg':
      return spec.depth;
    case 'resnet':
    case 'plain':
      return 6 * spec.n + 2;
    default: {
      const blocks = spec.blocks.reduce((a, b) => a + b);
      return (spec.block === 'basic' ? 2 : 3) * blocks + 2;
    }
  }
}

/** The paper's name of a network: ResNet-20, plain-56, VGG-19. */
export function networkName(spec: NetworkSpec): string {
  const name = {
    resnet: 'ResNet',
    plain: 'plain',
    'imagenet-resnet': 'ResNet',
    'imagenet-plain': 'plain',
    vgg: 'VGG',
  };
  return `${name[spec.family]}-${depth(spec)}`;
}

/** The networks of Table 1 at the paper's widths; `shortcut` and `strideIn` as the paper's main results have them. */
export function imageNetNetwork(
  layers: 18 | 34 | 50 | 101 | 152,
  shortcut: ImageNetNetwork['shortcut'],
): ImageNetNetwork {
  const blocks = {
    18: [2, 2, 2, 2],
    34: [3, 4, 6, 3],
    50: [3, 4, 6, 3],
    101: [3, 4, 23, 3],
    152: [3, 8, 36, 3],
  } as const;
  return {
    family: shortcut === 'none' ? 'imagenet-plain' : 'imagenet-resnet',
    block: layers < 50 ? 'basic' : 'bottleneck',
    blocks: blocks[layers],
    widths: [64, 128, 256, 512],
    shortcut,
    strideIn: 'first1x1',
    stem: 'imagenet',
    classes: 1000,
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    init: { convolution: 'he', classifier: 'he' },
  };
}
