import type { Box } from './boxes.ts';

/** An object in an image, as annotated. */
export interface TrueObject {
  image: number;
  class: string;
  box: Box;
  /** VOC: neither a miss when it is not found nor a false positive when it is. */
  difficult?: boolean;
  /** COCO: a region of many objects, which any number of detections may fall on. */
  crowd?: boolean;
  /** COCO: of its mask, in square pixels; that of the box when absent. */
  area?: number;
}

/** A box that a detector gives a class, and how sure it is. */
export interface Detection {
  image: number;
  class: string;
  score: number;
  box: Box;
}
