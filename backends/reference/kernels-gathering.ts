import type { Kernel, Tensor } from './kernel.ts';

/** The largest of the cells of each bin. */
export const roiMaxPool: Kernel<'roiMaxPool'> = ({ x, cells }, { y }, { bins }) => {
  eachBin(x, cells, bins, (place, first) => {
    y.data[place] = x.data[first]!;
  });
};

/** A bin's gradient goes to its first largest cell. */
export const roiMaxPoolGradient: Kernel<'roiMaxPoolGradient'> = ({ dy, x, cells }, { dx }, { bins }) => {
  const sums = new Float64Array(dx.data.length);
  eachBin(x, cells, bins, (place, first) => {
    sums[first]! += dy.data[place]!;
  });
  dx.data.set(sums);
};

/** The named rows of a matrix. */
export const gatherRows: Kernel<'gatherRows'> = ({ x, rows }, { y }) => {
  const columns = x.shape[1]!;
  for (let i = 0; i < y.data.length; i++)
    y.data[i] = x.data[rows.data[Math.floor(i / columns)]! * columns + (i % columns)]!;
};

/** Each row goes back to where it was taken from; those taken more than once add up. */
export const gatherRowsGradient: Kernel<'gatherRowsGradient'> = ({ dy, rows }, { dx }) => {
  const columns = dy.shape[1]!;
  const sums = new Float64Array(dx.data.length);
  for (let i = 0; i < dy.data.length; i++)
    sums[rows.data[Math.floor(i / columns)]! * columns + (i % columns)]! += dy.data[i]!;
  dx.data.set(sums);
};

/** Calls `visit` with each place of the pooled regions, [R, C, bins, bins], and that of its largest cell in x. */
function eachBin(
  x: Tensor,
  cells: Tensor,
  bins: number,
  visit: (place: number, first: number) => void,
): void {
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const [regions, all] = cells.shape as [number, number];
  const [pixels, inBin] = [height * width, all / bins ** 2];
  for (let region = 0; region < regions; region++) {
    for (let bin = 0; bin < bins ** 2; bin++) {
      const begin = region * all + bin * inBin;
      for (let c = 0; c < channels; c++) {
        let first = -1;
        for (let k = 0; k < inBin; k++) {
          const cell = cells.data[begin + k]!;
          const at = (Math.floor(cell / pixels) * channels + c) * pixels + (cell % pixels);
          if (first < 0 || x.data[at]! > x.data[first]!) first = at;
        }
        visit((region * channels + c) * bins ** 2 + bin, first);
      }
    }
  }
}
