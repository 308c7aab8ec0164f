import { area, type Box, overlap } from './boxes.ts';

/** Reference boxes at every position of a feature map. */
export interface AnchorGrid {
  /** Positions. */
  rows: number;
  columns: number;
  /** Pixels of the image between two positions. */
  stride: number;
  /** Sides of the squares that anchors have the areas of, in pixels, and their ratios of height to width. */
  sides: readonly number[];
  ratios: readonly number[];
}

/**
 * The anchors of a grid, all of a position one after the other, positions by rows: of each side all ratios. A position's
 * anchors are centred on the middle of the pixels that it stands for (Ren et al. 2015, the paper's ref. 32).
 */
export function anchorsOf({ rows, columns, stride, sides, ratios }: AnchorGrid): Box[] {
  const shapes = sides.flatMap(side =>
    ratios.map(ratio => [side / Math.sqrt(ratio), side * Math.sqrt(ratio)] as const),
  );
  const anchors: Box[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [(column + 0.5) * stride, (row + 0.5) * stride];
      for (const [width, height] of shapes)
        anchors.push([x - width / 2, y - height / 2, x + width / 2, y + height / 2]);
    }
  }
  return anchors;
}

/** What an anchor learns: an object by its place, background, or nothing. */
export type AnchorLabel = number | 'background' | 'ignored';

/**
 * The labels of anchors (Ren et al. 2015, sec. 3.1.2): positive for an object that it overlaps by `positive` or more, the
 * first of equals, and for an object that no anchor overlaps more; background below `negative`; else ignored, and ignored
 * where an anchor crosses the border of the image, unless `crossing` ones are labelled too. An object that no anchor touches has none.
 */
export function labelled(
  anchors: readonly Box[],
  objects: readonly Box[],
  {
    width,
    height,
    positive,
    negative,
    crossing = false,
  }: { width: number; height: number; positive: number; negative: number; crossing?: boolean },
): AnchorLabel[] {
  const isInside = ([left, top, right, bottom]: Box) =>
    crossing || (left >= 0 && top >= 0 && right <= width && bottom <= height);
  const overlaps = anchors.map(anchor =>
    isInside(anchor) ? objects.map(object => overlap(anchor, object)) : null,
  );
  const best = objects.map((object, i) => {
    if (area(object) === 0) return Number.POSITIVE_INFINITY;
    const most = Math.max(0, ...overlaps.map(each => each?.[i] ?? 0));
    return most > 0 ? most : Number.POSITIVE_INFINITY;
  });
  return overlaps.map(own => {
    if (own === null) return 'ignored';
    const most = Math.max(0, ...own);
    const nearest = own.indexOf(most);
    if (most >= positive) return nearest;
    const onlyOne = own.findIndex((each, i) => each === best[i]);
    if (onlyOne >= 0) return onlyOne;
    return most < negative ? 'background' : 'ignored';
  });
}
