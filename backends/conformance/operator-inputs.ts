import { type Attributes, elements, type OpName, type Shape, type signatures } from '../../ml/graph/ops.ts';
import { maxPool } from '../reference/kernels-pooling.ts';
import type { Draw } from './random.ts';

/** Large enough that its place in the formula shows. */
export const epsilon = 1e-3;

/** The name of an input of some operator. */
export type InputName = (typeof signatures)[OpName]['inputs'][number];

/** Shapes of the inputs of an operator. */
export type InputShapes = { [N in InputName]?: Shape };
/** What was drawn of them so far. */
export type InputDraws = { [N in InputName]?: Float32Array | Int32Array };

/** Values that the input can have in a network: `mean` and `inverseStd` belong to x, probabilities sum to 1. */
export function drawInput(
  input: InputName,
  shapes: InputShapes,
  drawn: InputDraws,
  draw: Draw,
  attributes: object,
): Float32Array | Int32Array {
  const shape = shapes[input]!;
  const count = elements(shape);
  switch (input) {
    case 'labels':
      return draw.labels(count, (shapes.logits ?? shapes.probabilities)![1]!);
    case 'cells': {
      const [n, , height, width] = shapes.x as [number, number, number, number];
      return draw.labels(count, n * height * width);
    }
    case 'rows':
      return draw.labels(count, shapes.x?.[0] ?? (attributes as Attributes['gatherRowsGradient']).count);
    case 'targets': // of a logistic loss: 0 or 1
      return shapes.logits ? Float32Array.from(draw.labels(count, 2)) : draw.normals(count);
    case 'mask': // of dropout at rate 1/5
      return Float32Array.from(draw.labels(count, 5), word => (word === 0 ? 0 : 1.25));
    case 'weights':
      return draw.uniforms(count, 0, 0.5);
    case 'x': // behind a ReLU, where regions are pooled: bins have several largest cells
      return shapes.cells
        ? draw.normals(count, 1, -0.5).map(v => Math.max(0, v))
        : draw.normals(count, 1, 0.3);
    case 'y': // of a ReLU
      return draw.normals(count).map(v => Math.max(0, v));
    case 'gamma':
    case 'variance':
    case 'runningVariance':
      return draw.uniforms(count, 0.5, 1.5);
    case 'mean':
      return channelMeans(drawn.x!, shapes.x!, v => v);
    case 'inverseStd': {
      const mean = channelMeans(drawn.x!, shapes.x!, v => v);
      return channelMeans(drawn.x!, shapes.x!, (v, c) => (v - mean[c]!) ** 2).map(v => (v + epsilon) ** -0.5);
    }
    case 'probabilities':
      return softmaxRows(draw.normals(count), shape[1]!);
    default:
      return draw.normals(count);
  }
}

/** Whether what an operator meets is drawn as for a pooling. */
export function isPooling(op: OpName): boolean {
  return op === 'maxPool' || op === 'maxPoolGradient';
}

/** What pooling meets behind a ReLU: many zeros, so that windows have several largest elements; y belongs to x. */
export function drawPooling(
  input: InputName,
  shapes: InputShapes,
  attributes: Attributes['maxPool'],
  drawn: InputDraws,
  draw: Draw,
): Float32Array {
  const y = new Float32Array(elements(shapes[input]!));
  if (input === 'x') return draw.normals(y.length, 1, -0.5).map(v => Math.max(0, v));
  if (input === 'dy') return draw.normals(y.length);
  maxPool({ x: { shape: shapes.x!, data: drawn.x! } }, { y: { shape: shapes.y!, data: y } }, attributes);
  return y;
}

function channelMeans(
  x: Float32Array | Int32Array,
  [batch, channels, height, width]: Shape,
  of: (value: number, channel: number) => number,
): Float32Array {
  const totals = new Float64Array(channels!);
  x.forEach((value, i) => {
    const c = Math.floor(i / (height! * width!)) % channels!;
    totals[c]! += of(value, c);
  });
  return Float32Array.from(totals, total => total / (batch! * height! * width!));
}

function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const exponentials = logits.map(Math.exp);
  return exponentials.map((e, i) => {
    const row = i - (i % classes);
    return e / exponentials.subarray(row, row + classes).reduce((a, b) => a + b);
  });
}
