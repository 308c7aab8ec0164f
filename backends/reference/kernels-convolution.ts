import type { Shape } from '../../ml/graph/ops.ts';
import type { Kernel } from './kernel.ts';

/** y[n,o,i,j] = sum over c, u, v of w[o,c,u,v] x[n,c, stride i + u - pad, stride j + v - pad]; zero outside x. */
export const conv: Kernel<'conv'> = ({ x, w }, { y }, { stride, pad }) => {
  const taps = validTaps(x.shape, w.shape, y.shape, stride, pad);
  const plane = new Float64Array(y.shape[2]! * y.shape[3]!);
  for (let n = 0; n < y.shape[0]!; n++) {
    for (let o = 0; o < y.shape[1]!; o++) {
      plane.fill(0);
      for (let c = 0; c < x.shape[1]!; c++) {
        for (const { tap, rows, rowStep, yStart, xStart, columns } of taps) {
          const weight = w.data[(o * x.shape[1]! + c) * w.shape[2]! * w.shape[3]! + tap]!;
          const image = (n * x.shape[1]! + c) * x.shape[2]! * x.shape[3]! + xStart;
          for (let row = 0; row < rows; row++) {
            const to = yStart + row * y.shape[3]!;
            const from = image + row * rowStep;
            for (let j = 0; j < columns; j++) plane[to + j]! += weight * x.data[from + j * stride]!;
          }
        }
      }
      y.data.set(plane, (n * y.shape[1]! + o) * plane.length);
    }
  }
};

/** The transpose of `conv` in x. */
export const convInputGradient: Kernel<'convInputGradient'> = ({ dy, w }, { dx }, { stride, pad }) => {
  const taps = validTaps(dx.shape, w.shape, dy.shape, stride, pad);
  const plane = new Float64Array(dx.shape[2]! * dx.shape[3]!);
  for (let n = 0; n < dx.shape[0]!; n++) {
    for (let c = 0; c < dx.shape[1]!; c++) {
      plane.fill(0);
      for (let o = 0; o < dy.shape[1]!; o++) {
        for (const { tap, rows, rowStep, yStart, xStart, columns } of taps) {
          const weight = w.data[(o * dx.shape[1]! + c) * w.shape[2]! * w.shape[3]! + tap]!;
          const gradient = (n * dy.shape[1]! + o) * dy.shape[2]! * dy.shape[3]! + yStart;
          for (let row = 0; row < rows; row++) {
            const to = xStart + row * rowStep;
            const from = gradient + row * dy.shape[3]!;
            for (let j = 0; j < columns; j++) plane[to + j * stride]! += weight * dy.data[from + j]!;
          }
        }
      }
      dx.data.set(plane, (n * dx.shape[1]! + c) * plane.length);
    }
  }
};

/** The transpose of `conv` in w. */
export const convWeightGradient: Kernel<'convWeightGradient'> = ({ x, dy }, { dw }, { stride, pad }) => {
  const taps = validTaps(x.shape, dw.shape, dy.shape, stride, pad);
  for (let o = 0; o < dy.shape[1]!; o++) {
    for (let c = 0; c < x.shape[1]!; c++) {
      for (const { tap, rows, rowStep, yStart, xStart, columns } of taps) {
        let total = 0;
        for (let n = 0; n < x.shape[0]!; n++) {
          const image = (n * x.shape[1]! + c) * x.shape[2]! * x.shape[3]! + xStart;
          const gradient = (n * dy.shape[1]! + o) * dy.shape[2]! * dy.shape[3]! + yStart;
          for (let row = 0; row < rows; row++) {
            const a = gradient + row * dy.shape[3]!;
            const b = image + row * rowStep;
            for (let j = 0; j < columns; j++) total += dy.data[a + j]! * x.data[b + j * stride]!;
          }
        }
        dw.data[(o * x.shape[1]! + c) * dw.shape[2]! * dw.shape[3]! + tap] = total;
      }
    }
  }
};

/** The rectangle of outputs for which one weight of the kernel meets an input that is not padding. */
interface Tap {
  /** u * kernel width + v. */
  tap: number;
  rows: number;
  columns: number;
  /** Offsets of the rectangle's corner in a plane of y and of x. */
  yStart: number;
  xStart: number;
  /** From one row of the rectangle to the next, in a plane of x. */
  rowStep: number;
}

function validTaps(x: Shape, w: Shape, y: Shape, stride: number, pad: number): Tap[] {
  const taps: Tap[] = [];
  for (let u = 0; u < w[2]!; u++) {
    for (let v = 0; v < w[3]!; v++) {
      const [top, bottom] = validRange(x[2]!, y[2]!, u - pad, stride);
      const [left, right] = validRange(x[3]!, y[3]!, v - pad, stride);
      taps.push({
        tap: u * w[3]! + v,
        rows: bottom - top,
        columns: right - left,
        yStart: top * y[3]! + left,
        xStart: (stride * top + u - pad) * x[3]! + stride * left + v - pad,
        rowStep: stride * x[3]!,
      });
    }
  }
  return taps;
}

/** First and end of the outputs i with 0 <= stride i + offset < size. */
function validRange(size: number, outputs: number, offset: number, stride: number): [number, number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  return [first, Math.max(first, Math.min(outputs, Math.ceil((size - offset) / stride)))];
}
