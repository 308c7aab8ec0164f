import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from '../../ml/detection/boxes.ts';
import { type FeatureMap, mostInBin, roiBins } from '../../ml/detection/roi-bins.ts';
import { Graph } from '../../ml/graph/graph.ts';
import { runGraph } from './run-graph.ts';

const [images, channels] = [2, 3];
const edge = fc.double({ min: -20, max: 70, noNaN: true });

/** Maps of few different numbers, so that bins have several largest cells, below 0 as well; and regions of either image. */
const pooling = fc
  .record({
    rows: fc.integer({ min: 1, max: 7 }),
    columns: fc.integer({ min: 1, max: 7 }),
    stride: fc.constantFrom(4, 8),
    bins: fc.integer({ min: 1, max: 4 }),
    regions: fc.array(fc.tuple(fc.nat(images - 1), fc.tuple(edge, edge, edge, edge)), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .chain(each => {
    const length = images * channels * each.rows * each.columns;
    const numbers = fc.array(fc.integer({ min: -3, max: 2 }), { minLength: length, maxLength: length });
    return numbers.map(data => ({ ...each, data }));
  });

/** Whether a position lies in a bin of an extent: they share more than an edge. */
function within(position: number, bin: number, bins: number, [first, end]: readonly [number, number]) {
  const [at, length] = [position - first, end - first];
  return at >= 0 && at < length && at * bins < (bin + 1) * length && (at + 1) * bins > bin * length;
}

/** Positions along an axis that a region covers, one at least. */
function extent(low: number, high: number, count: number, stride: number): readonly [number, number] {
  const nearest = (side: number, most: number) => Math.min(Math.max(Math.round(side / stride), 0), most);
  const first = nearest(low, count - 1);
  return [first, Math.max(first + 1, nearest(high, count))];
}

/** Of each bin in the order of the output, the place of its first largest position, found by asking all of the map. */
function firstLargest(
  data: readonly number[],
  { rows, columns, stride }: FeatureMap,
  bins: number,
  regions: readonly (readonly [image: number, box: Box])[],
): number[] {
  const places: number[] = [];
  for (const [image, [left, top, right, bottom]] of regions) {
    const [across, down] = [extent(left, right, columns, stride), extent(top, bottom, rows, stride)];
    for (let c = 0; c < channels; c++) {
      for (let bin = 0; bin < bins ** 2; bin++) {
        let best = -1;
        for (let at = 0; at < rows * columns; at++) {
          const [row, column] = [Math.floor(at / columns), at % columns];
          const inside =
            within(row, Math.floor(bin / bins), bins, down) && within(column, bin % bins, bins, across);
          const place = (image * channels + c) * rows * columns + at;
          if (inside && (best < 0 || data[place]! > data[best]!)) best = place;
        }
        places.push(best);
      }
    }
  }
  return places;
}

describe('RoI max pooling', () => {
  it('takes the largest position of each bin of a region, and gives the gradient to the first one', () => {
    fc.assert(
      fc.property(pooling, ({ rows, columns, stride, bins, regions, data }) => {
        const map = { rows, columns, stride };
        const graph = new Graph();
        const x = graph.input('images', 'x', [images, channels, rows, columns]);
        const shape = [regions.length, bins ** 2 * mostInBin(map, bins)];
        const cells = graph.input('indices', 'cells', shape);
        const dy = graph.input('images', 'dy', [regions.length, channels, bins, bins]);
        const { y } = graph.apply('roiMaxPool', { x, cells }, { bins }, 'pool');
        const { dx } = graph.apply('roiMaxPoolGradient', { dy, x, cells }, { bins }, 'gradient');
        const found = regions.flatMap(([image, box]) =>
          [...roiBins([box], map, bins)].map(cell => image * rows * columns + cell),
        );
        const places = firstLargest(data, map, bins, regions);
        const gradient = Float32Array.from(places, (_, i) => 1 + (i % 7)); // whole, so that sums are exact
        const values = runGraph(
          graph,
          new Map<number, Float32Array | Int32Array>([
            [x.id, Float32Array.from(data)],
            [cells.id, Int32Array.from(found)],
            [dy.id, gradient],
          ]),
        );
        expect([...values.get(y.id)!]).toEqual(places.map(place => data[place]!));
        const sums = new Float32Array(data.length);
        for (const [i, place] of places.entries()) sums[place]! += gradient[i]!;
        expect(values.get(dx.id)).toEqual(sums);
      }),
      { numRuns: 300 },
    );
  });
});
