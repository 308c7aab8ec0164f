/** Which images a training sees and what is done to them before the network does (sec. 3.4 and 4.2). */
export interface CifarData {
  set: 'cifar10';
  /** Images are averaged over squares of this many pixels: 1 leaves the 32x32 images as they are. */
  downsample: 1 | 2 | 4;
  /** The first so many training and test images, in the order of the official files. */
  trainImages: number;
  testImages: number;
  /** Training images: padded on each side, cropped at random to their size, flipped with probability 1/2. */
  augmentation: { pad: number; flip: boolean };
}

/** ImageNet (ILSVRC 2012) as sec. 3.4 uses it. */
export interface ImageNetData {
  set: 'imagenet';
  /** "Resized with its shorter side randomly sampled in [256, 480]" for training. */
  shorterSide: readonly [number, number];
  /** "A 224x224 crop is randomly sampled from an image or its horizontal flip". */
  crop: number;
  /** "The standard color augmentation" of AlexNet: the paper's ref. 21. */
  colour: boolean;
  /** Shorter side for 10-crop and centre-crop testing: 256, as in AlexNet and the authors' release. */
  testShorterSide: number;
}

/** The data of a training. */
export type DataSpec = CifarData | ImageNetData;

/** A test protocol: several views of an image, whose softmax scores are averaged (sec. 3.4). */
export type TestSpec =
  /** Four corners and the centre of the image, and their flips; CIFAR images are padded by `pad` first. */
  | { name: 'tenCrop'; pad: number }
  /** The whole image and its flip, fully convolutional, resized to each of `sizes` (shorter side). */
  | { name: 'multiScale'; sizes: readonly number[] };

/** Labelled images in memory. Pixels are NCHW integers; a pixel's value (0 to 255) is `pixels * scale`. */
export interface ImageSet {
  count: number;
  channels: number;
  size: number;
  pixels: Uint8Array | Uint16Array;
  scale: number;
  labels: Uint8Array;
}
