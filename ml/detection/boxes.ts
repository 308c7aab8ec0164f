/**
 * A box in pixels as [left, top, right, bottom]; its right and lower edges are where the next pixel begins, so that its width
 * is right - left. What VOC writes as inclusive pixel indices from 1 is [xmin - 1, ymin - 1, xmax, ymax] here, and what COCO
 * writes as [x, y, width, height] is [x, y, x + width, y + height]: areas and overlaps are theirs.
 */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Its area in square pixels; 0 of a box that is turned inside out. */
export function area([left, top, right, bottom]: Box): number {
  return Math.max(0, right - left) * Math.max(0, bottom - top);
}

/** What two boxes share, in square pixels. */
export function intersection(a: Box, b: Box): number {
  return area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
}

/** Intersection over union, from 0 to 1; 0 where both are empty. */
export function overlap(a: Box, b: Box): number {
  const shared = intersection(a, b);
  return shared === 0 ? 0 : shared / (area(a) + area(b) - shared);
}

/** The part of a box that lies within an image. */
export function clipped([left, top, right, bottom]: Box, width: number, height: number): Box {
  const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
  return [within(left, width), within(top, height), within(right, width), within(bottom, height)];
}

/** What a regressor learns: how far an object's centre lies from a reference box's, and how much larger it is. */
export type Offsets = readonly [dx: number, dy: number, dw: number, dh: number];

/**
 * The object relative to a reference box, which is an anchor or a region: shifts in parts of the reference's sides, and
 * logarithms of the ratios of sides (Girshick et al. 2014, the paper's ref. 8, appendix C).
 */
export function encoded(object: Box, reference: Box): Offsets {
  const [x, y, w, h] = centred(object);
  const [rx, ry, rw, rh] = centred(reference);
  return [(x - rx) / rw, (y - ry) / rh, Math.log(w / rw), Math.log(h / rh)];
}

/** The box that offsets make of a reference box. Sides grow a thousandfold at most, whatever an untrained net says. */
export function decoded([dx, dy, dw, dh]: Offsets, reference: Box): Box {
  const [rx, ry, rw, rh] = centred(reference);
  const [x, y] = [rx + dx * rw, ry + dy * rh];
  const [w, h] = [dw, dh].map((logarithm, i) => Math.exp(Math.min(logarithm, mostGrowth)) * [rw, rh][i]!);
  return [x - w! / 2, y - h! / 2, x + w! / 2, y + h! / 2];
}

const mostGrowth = Math.log(1000);

/** Centre and sides. */
function centred([left, top, right, bottom]: Box): readonly [number, number, number, number] {
  return [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top];
}
