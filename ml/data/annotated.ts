import type { Box } from '../detection/boxes.ts';

/** Images whose objects are annotated, in whatever files they lie. */
export interface AnnotatedImages {
  /** Names of the classes; objects name them by their place. */
  classes: readonly string[];
  images: readonly AnnotatedImage[];
}

/** An image and what is in it. */
export interface AnnotatedImage {
  /** Its name in the data set: `000012`. */
  id: string;
  /** Absolute path of the picture. */
  file: string;
  /** In pixels. */
  width: number;
  height: number;
  /** None where nothing of the classes is in it. */
  objects: readonly AnnotatedObject[];
}

/** An annotated object. */
export interface AnnotatedObject {
  /** Place of its class. */
  class: number;
  /** Within the image, of some area. */
  box: Box;
  /** VOC: counts neither as found nor as missed. */
  difficult?: true;
  /** COCO: a region of many objects. */
  crowd?: true;
  /** COCO: of its mask, in square pixels. */
  area?: number;
}

/** Names that pictures may have: of files in one folder, none of them hidden. */
export const pictureName = /^[\w-][\w.-]*$/;
