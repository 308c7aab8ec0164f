import type { JsonSchema, Spec } from '../schema.ts';

/** Channels of the images that all networks here take: red, green, blue. */
export const imageChannels = 3;

/** A residual or plain network: stages of basic or bottleneck blocks (Table 1 and sec. 4.2). */
export const residualNetworkSchema = {
  type: 'object',
  description:
    'A residual or plain network: a stem, stages of blocks, global average pooling and a classifier.',
  required: ['block', 'blocks', 'widths', 'shortcut', 'stem', 'classes', 'batchNorm', 'init'],
  additionalProperties: false,
  properties: {
    family: { const: 'residual', default: 'residual' },
    block: {
      enum: ['basic', 'bottleneck', 'single'],
      description:
        'basic: two 3x3 layers; bottleneck: 1x1, 3x3, 1x1 with four times the filters at the end (Figure 5); single: one 3x3 layer (sec. 3.2).',
    },
    blocks: {
      type: 'array',
      minItems: 1,
      maxItems: 6,
      items: { type: 'integer', minimum: 1, maximum: 1000 },
      description: 'Blocks of each stage; the second and later stages halve the resolution.',
    },
    widths: {
      type: 'array',
      minItems: 1,
      maxItems: 6,
      items: { type: 'integer', minimum: 1, maximum: 8192 },
      description: 'Filters of each stage; a bottleneck ends with four times as many.',
    },
    shortcut: {
      enum: ['A', 'B', 'C', 'none'],
      description:
        'A: zero-padded identity where dimensions grow; B: projections there, identity elsewhere; C: projections everywhere (sec. 4.1); none: a plain net.',
    },
    strideIn: {
      enum: ['first1x1', '3x3'],
      default: 'first1x1',
      description:
        "Where a bottleneck that halves the resolution strides: its first 1x1 (the authors' release) or its 3x3 (v1.5).",
    },
    stem: {
      enum: ['imagenet', 'small'],
      description:
        'imagenet: 7x7 stride 2 and 3x3 max pooling stride 2 (Table 1); small: one 3x3 layer (sec. 4.2).',
    },
    classes: { type: 'integer', minimum: 2, maximum: 100000, description: 'Outputs of the classifier.' },
    batchNorm: {
      type: 'object',
      required: ['epsilon', 'momentum'],
      additionalProperties: false,
      properties: {
        epsilon: {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1,
          description: 'Added to the variance in batch normalisation.',
        },
        momentum: {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1,
          description: 'Share of a batch in the running statistics.',
        },
      },
    },
    init: {
      type: 'object',
      required: ['convolution', 'classifier'],
      additionalProperties: false,
      properties: {
        convolution: { const: 'he', description: "N(0, 2 / fan-in) (He et al. 2015, the paper's ref. 13)." },
        classifier: {
          oneOf: [{ const: 'he' }, { type: 'number', exclusiveMinimum: 0, maximum: 100 }],
          description: 'he, or the standard deviation of a normal distribution.',
        },
      },
    },
  },
} as const satisfies JsonSchema;

/** A residual or plain network. */
export type ResidualNetwork = Spec<typeof residualNetworkSchema>;

// A path of a spec means one thing, whatever the family.
const { widths, classes, init } = residualNetworkSchema.properties;

// Configurations D and E of Simonyan and Zisserman (2015, the paper's ref. 41).
const vggNetworkSchema = {
  type: 'object',
  description:
    'VGG-16 or VGG-19: five stages of 3x3 layers with biases, each followed by max pooling, and three fully connected layers.',
  required: ['family', 'depth', 'classes', 'init'],
  additionalProperties: false,
  properties: {
    family: { const: 'vgg' },
    depth: { enum: [16, 19], description: 'Weighted layers.' },
    filters: {
      ...widths,
      minItems: 5,
      maxItems: 5,
      default: [64, 128, 256, 512, 512],
      description: 'Filters of each of the five stages.',
    },
    hidden: {
      type: 'integer',
      minimum: 1,
      maximum: 65536,
      default: 4096,
      description: 'Outputs of fc6 and of fc7.',
    },
    dropout: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.5,
      description: 'Share of the outputs of fc6 and fc7 that a training step leaves out at random.',
    },
    classes,
    init, // `classifier`: of all three fully connected layers
  },
} as const satisfies JsonSchema;

/** VGG-16 or VGG-19. */
export type VggNetwork = Spec<typeof vggNetworkSchema>;

/** Any network. */
export const networkSchema = {
  oneOf: [residualNetworkSchema, vggNetworkSchema],
  description: 'A residual or plain network, or VGG.',
} as const satisfies JsonSchema;

/** Any network specification. */
export type NetworkSpec = ResidualNetwork | VggNetwork;

/** Weighted layers of a block. */
export const blockLayers = {
  basic: 2,
  bottleneck: 3,
  single: 1,
} as const satisfies Record<ResidualNetwork['block'], number>;

/** Weighted layers of a network: the number in its name. Projections of shortcuts are not counted. */
export function depth(spec: NetworkSpec): number {
  if (spec.family === 'vgg') return spec.depth;
  const blocks = spec.blocks.reduce((a, b) => a + b);
  return blockLayers[spec.block] * blocks + 2;
}

/** The paper's name of a network: ResNet-20, plain-56, VGG-19. */
export function networkName(spec: NetworkSpec): string {
  if (spec.family === 'vgg') return `VGG-${spec.depth}`;
  return `${spec.shortcut === 'none' ? 'plain' : 'ResNet'}-${depth(spec)}`;
}

/** How a network normalises the outputs of its convolutions; null for VGG, which does not. */
export function batchNormOf(spec: NetworkSpec): ResidualNetwork['batchNorm'] | null {
  return spec.family === 'vgg' ? null : spec.batchNorm;
}

/** What all residual and plain networks of the paper have. */
const common = {
  family: 'residual',
  strideIn: 'first1x1',
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  init: { convolution: 'he', classifier: 'he' },
} as const;

/** The networks of Table 1 at the paper's widths; `shortcut` as the paper's main results have it. */
export function imageNetNetwork(
  layers: 18 | 34 | 50 | 101 | 152,
  shortcut: ResidualNetwork['shortcut'],
): ResidualNetwork {
  const blocks = {
    18: [2, 2, 2, 2],
    34: [3, 4, 6, 3],
    50: [3, 4, 6, 3],
    101: [3, 4, 23, 3],
    152: [3, 8, 36, 3],
  };
  return {
    ...common,
    block: layers < 50 ? 'basic' : 'bottleneck',
    blocks: blocks[layers],
    widths: [64, 128, 256, 512],
    shortcut,
    stem: 'imagenet',
    classes: 1000,
  };
}

/** The networks of sec. 4.2: three stages of `n` basic blocks, 6n + 2 layers; 16, 32 and 64 filters in the paper. */
export function cifarNetwork(
  n: number,
  shortcut: ResidualNetwork['shortcut'],
  widths: readonly number[] = [16, 32, 64],
): ResidualNetwork {
  return {
    ...common,
    block: 'basic',
    blocks: [n, n, n],
    widths,
    shortcut,
    stem: 'small',
    classes: 10,
  };
}

/** VGG as it was published, but for `changes`. */
export function vggNetwork(depth: VggNetwork['depth'], changes: Partial<VggNetwork> = {}): VggNetwork {
  const { properties } = vggNetworkSchema;
  return {
    family: 'vgg',
    depth,
    filters: properties.filters.default,
    hidden: properties.hidden.default,
    dropout: properties.dropout.default,
    classes: 1000,
    // Fully connected layers as AlexNet's (Krizhevsky et al. 2012, the paper's ref. 21).
    init: { convolution: 'he', classifier: 0.01 },
    ...changes,
  };
}
