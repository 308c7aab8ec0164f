/** A picture with what a network said of it. */
export interface Pictured {
  /** Name of the image. */
  title: string;
  width: number;
  height: number;
  /** [3, height, width]: red, green, blue. */
  pixels: Uint8Array;
  /** In pixels of the picture. */
  boxes: readonly PicturedBox[];
}

/** A box in a picture. */
export interface PicturedBox {
  box: readonly [left: number, top: number, right: number, bottom: number];
  label: string;
  /** Probability; null of an object as annotated. */
  score: number | null;
  /** Whether it lies on an object of its class. */
  right: boolean;
}
