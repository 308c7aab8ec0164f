import type { Attributes, Shape } from '../../ml/graph/ops.ts';
import type { Kernel } from './kernel.ts';

/** y: the largest element of each window; padding is minus infinity. */
export const maxPool: Kernel<'maxPool'> = ({ x }, { y }, attributes) => {
  eachWindow(x.shape, y.shape, attributes, (at, window) => {
    y.data[at] = x.data[firstLargest(x.data, window)]!;
  });
};

/** dx: the gradient of each window at its first largest element. */
export const maxPoolGradient: Kernel<'maxPoolGradient'> = ({ dy, x }, { dx }, attributes) => {
  const sums = new Float64Array(dx.data.length);
  eachWindow(x.shape, dy.shape, attributes, (at, window) => {
    sums[firstLargest(x.data, window)]! += dy.data[at]!;
  });
  dx.data.set(sums);
};

/** Visits each window with the place of its result in y and the places in x that it covers, row by row. */
export function eachWindow(
  x: Shape,
  y: Shape,
  { kernel, stride, pads: [before] }: Attributes['maxPool'],
  visit: (at: number, window: readonly number[]) => void,
): void {
  const [, , height, width] = x as [number, number, number, number];
  const [batch, channels, yHeight, yWidth] = y as [number, number, number, number];
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let i = 0; i < yHeight; i++) {
      const rows = covered(i * stride - before, kernel, height);
      for (let j = 0; j < yWidth; j++) {
        const columns = covered(j * stride - before, kernel, width);
        const window = rows.flatMap(row => columns.map(column => (plane * height + row) * width + column));
        visit(at++, window);
      }
    }
  }
}

/** The positions of a window along one dimension that are not padding. */
function covered(first: number, kernel: number, size: number): number[] {
  return Array.from({ length: kernel }, (_, k) => first + k).filter(p => p >= 0 && p < size);
}

function firstLargest(x: ArrayLike<number>, window: readonly number[]): number {
  return window.reduce((best, place) => (x[place]! > x[best]! ? place : best));
}
