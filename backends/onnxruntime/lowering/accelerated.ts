import { type DeviceName, devices } from '../devices.ts';
import { OnnxBuilder, type Ref } from '../onnx.ts';
import { type StandardLowering, standard } from './standard.ts';

/**
 * The standard lowering for a device. Cards have nodes that take and give few tensors, and max pooling without the places
 * of its maxima: WebGPU does not tell them, and CUDA would add the gradients there in any order.
 */
export function standardOn(device: DeviceName): StandardLowering {
  if (device === 'cpu') return standard;
  const { breadth } = devices[device];
  return {
    ...standard,
    builder: () => new OnnxBuilder(breadth),
    rules: { ...standard.rules, maxPoolGradient },
  };
}

/**
 * Each place of the window by itself: where x is the maximum there, and was at no place before, it takes the gradient. Then
 * a transposed convolution, in which every place has a channel and a filter with a single one, puts them where they belong.
 */
const maxPoolGradient: StandardLowering['rules']['maxPoolGradient'] = (
  b,
  { dy, x, y },
  { kernel, stride, pads: [before, after] },
  node,
) => {
  const [n, channels, height, width] = node.inputs.x.shape as FourD;
  const [, , rows, columns] = node.inputs.dy.shape as FourD;
  const padded = b.op('Pad', [x, b.ints([0, 0, before, before, 0, 0, after, after]), b.scalar(lowest)]);
  let free = b.scalar(1);
  const places: Ref[] = [];
  for (let i = 0; i < kernel; i++) {
    for (let j = 0; j < kernel; j++) {
      const last = [i + (rows - 1) * stride + 1, j + (columns - 1) * stride + 1];
      const there = b.slice(padded, [2, 3], [i, j], last, [stride, stride]);
      const first = b.mul(b.op('Cast', [b.op('Equal', [there, y])], { to: 1 }), free);
      free = b.sub(free, first);
      places.push(b.reshape(b.mul(first, dy), [n * channels, 1, rows, columns]));
    }
  }
  const filters = Float32Array.from({ length: kernel ** 4 }, (_, at) =>
    at % (kernel ** 2 + 1) === 0 ? 1 : 0,
  );
  // Rows and columns of x that no window reads, or that windows reach beyond, at the end.
  const beyond = [
    (rows - 1) * stride + kernel - before - height,
    (columns - 1) * stride + kernel - before - width,
  ];
  const dx = b.op(
    'ConvTranspose',
    [b.concat(places, 1), b.floats(filters, [kernel ** 2, 1, kernel, kernel])],
    {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [before, before, ...beyond.map(size => Math.max(0, size))],
      output_padding: beyond.map(size => Math.max(0, -size)),
    },
  );
  return { dx: b.reshape(dx, node.inputs.x.shape) };
};

type FourD = [number, number, number, number];

/** Below every number that x can hold. */
const lowest = -(2 - 2 ** -23) * 2 ** 127;
