import type { Box } from './boxes.ts';

/** A feature map that regions are pooled from. */
export interface FeatureMap {
  rows: number;
  columns: number;
  /** Pixels of the image between two positions. */
  stride: number;
}

/** Positions that a bin can hold at most, of `size` bins a side. */
export function mostInBin({ rows, columns }: FeatureMap, size: number): number {
  return (Math.ceil(rows / size) + 1) * (Math.ceil(columns / size) + 1);
}

/**
 * RoI max pooling (Girshick 2015, the paper's ref. 7) as indices: for each region and each of its size x size bins by rows,
 * the positions of the feature map whose maximum it is, as `row * columns + column`. Bins have the same number of indices,
 * the last one repeated, so that the maximum and where it is first are those of the bin. A region covers the positions from
 * its rounded left and upper edge to its rounded right and lower one, at least one; bins overlap by a position where the
 * region does not divide. Shape: [regions, size * size, mostInBin].
 */
export function roiBins(regions: readonly Box[], map: FeatureMap, size: number): Int32Array {
  const most = mostInBin(map, size);
  const bins = new Int32Array(regions.length * size * size * most);
  let at = 0;
  for (const [left, top, right, bottom] of regions) {
    const columns = spans(left, right, map.columns, map.stride, size);
    const rows = spans(top, bottom, map.rows, map.stride, size);
    for (const [firstRow, endRow] of rows) {
      for (const [firstColumn, endColumn] of columns) {
        const end = at + most;
        let last = 0;
        for (let row = firstRow; row < endRow; row++)
          for (let column = firstColumn; column < endColumn; column++)
            bins[at++] = last = row * map.columns + column;
        bins.fill(last, at, end);
        at = end;
      }
    }
  }
  return bins;
}

/** First position and the one after the last of each bin along an axis. */
function spans(low: number, high: number, count: number, stride: number, size: number): [number, number][] {
  const position = (edge: number, most: number) => Math.min(Math.max(Math.round(edge / stride), 0), most);
  const first = position(low, count - 1);
  const length = Math.max(1, position(high, count) - first);
  return Array.from({ length: size }, (_, bin) => [
    first + Math.floor((bin * length) / size),
    first + Math.ceil(((bin + 1) * length) / size),
  ]);
}
