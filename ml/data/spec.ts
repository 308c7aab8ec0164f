import type { JsonSchema, Spec } from '../schema.ts';

/** CIFAR-10: which images a training sees and what is done to them before the network does (sec. 4.2). */
export const cifarDataSchema = {
  type: 'object',
  description:
    'CIFAR-10. Images are prepared as in sec. 4.2: per-pixel mean subtracted, values 0 to 255 otherwise.',
  required: ['set', 'downsample', 'trainImages', 'testImages', 'augmentation'],
  additionalProperties: false,
  properties: {
    set: { const: 'cifar10' },
    downsample: {
      enum: [1, 2, 4],
      description: 'Images are averaged over squares of this many pixels; 1 leaves them 32x32.',
    },
    trainImages: {
      type: 'integer',
      minimum: 1,
      maximum: 50000,
      description: 'The first so many training images, in the order of the official files.',
    },
    testImages: {
      type: 'integer',
      minimum: 1,
      maximum: 10000,
      description: 'The first so many test images, in the order of the official file.',
    },
    augmentation: {
      type: 'object',
      description:
        'Training images: padded on each side, cropped at random to their size, flipped at random.',
      required: ['pad', 'flip'],
      additionalProperties: false,
      properties: {
        pad: {
          type: 'integer',
          minimum: 0,
          maximum: 32,
          description: 'Pixels of zeros on each side, after the mean is subtracted, before the random crop.',
        },
        flip: { type: 'boolean', description: 'Whether the crop is mirrored with probability 1/2.' },
      },
    },
  },
} as const satisfies JsonSchema;

/** CIFAR-10 as a training sees it. */
export type CifarData = Spec<typeof cifarDataSchema>;

/** Digits as a training sees them. */
export type DigitData = Spec<typeof digitDataSchema>;

/** Crops of handwritten digits on photographs, in the form of CIFAR-10: what backbones of small detectors are trained on. */
export const digitDataSchema = {
  ...cifarDataSchema,
  description: 'Handwritten digits on photographs, prepared as CIFAR-10 is.',
  properties: { ...cifarDataSchema.properties, set: { const: 'digits' } },
} as const satisfies JsonSchema;

/** ImageNet (ILSVRC 2012) as sec. 3.4 uses it. */
export const imageNetDataSchema = {
  type: 'object',
  description: 'ImageNet (ILSVRC 2012). Images are prepared as in sec. 3.4: per-pixel mean subtracted.',
  required: ['set', 'shorterSide', 'crop', 'colour', 'testShorterSide'],
  additionalProperties: false,
  properties: {
    set: { const: 'imagenet' },
    shorterSide: {
      type: 'array',
      minItems: 2,
      maxItems: 2,
      items: [
        { type: 'integer', minimum: 1, maximum: 4096 },
        { type: 'integer', minimum: 1, maximum: 4096 },
      ],
      additionalItems: false,
      description: 'Training images are resized so that their shorter side is drawn from this range.',
    },
    crop: {
      type: 'integer',
      minimum: 32,
      maximum: 4096,
      description: 'Height and width of the crop that the network sees.',
    },
    colour: {
      type: 'boolean',
      description: "Whether AlexNet's colour augmentation is applied (the paper's ref. 21).",
    },
    testShorterSide: {
      type: 'integer',
      minimum: 32,
      maximum: 4096,
      description: 'Shorter side of test images before crops are taken.',
    },
  },
} as const satisfies JsonSchema;

/** ImageNet as a training sees it. */
export type ImageNetData = Spec<typeof imageNetDataSchema>;

/** The data of a training. */
export type DataSpec = CifarData | DigitData | ImageNetData;

/** A test protocol: several views of an image, whose softmax scores are averaged (sec. 3.4). */
export const testSchema = {
  oneOf: [
    {
      type: 'object',
      description:
        'Four corners and the centre of the image, and their flips; CIFAR images are padded by `pad` first.',
      required: ['name', 'pad'],
      additionalProperties: false,
      properties: {
        name: { const: 'tenCrop' },
        pad: {
          type: 'integer',
          minimum: 0,
          maximum: 32,
          description: 'Pixels of zeros on each side of the image.',
        },
      },
    },
    {
      type: 'object',
      description: 'The whole image and its flip, fully convolutional, resized to each size.',
      required: ['name', 'sizes'],
      additionalProperties: false,
      properties: {
        name: { const: 'multiScale' },
        sizes: {
          type: 'array',
          minItems: 1,
          maxItems: 20,
          uniqueItems: true,
          items: { type: 'integer', minimum: 8, maximum: 4096 },
          description: 'Shorter sides that images are resized to.',
        },
        flip: {
          type: 'boolean',
          default: true,
          description: 'Whether flips are among the views; of what is written they show something else.',
        },
      },
    },
  ],
} as const satisfies JsonSchema;

/** A test protocol. */
export type TestSpec = Spec<typeof testSchema>;

/** Labelled images in memory. Pixels are NCHW integers; a pixel's value (0 to 255) is `pixels * scale`. */
export interface ImageSet {
  count: number;
  channels: number;
  size: number;
  pixels: Uint8Array | Uint16Array;
  scale: number;
  labels: Uint8Array;
}
