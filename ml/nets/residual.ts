import type { Value } from '../graph/graph.ts';
import type { Builder } from './builder.ts';
import type { ResidualNetwork } from './spec.ts';

/**
 * The networks of Table 1 and of sec. 4.2. Layers are named as in the paper and the authors' release: conv2_1a,
 * conv2_1b, ...
 */
export function residual(b: Builder, spec: ResidualNetwork, images: Value): void {
  b.classifier(lastStage(b, spec, trunk(b, spec, images)), spec.classes);
}

/** All layers before the last stage: what a detector computes once for an image (conv1 to conv4_x; appendix A). */
export function trunk(b: Builder, spec: ResidualNetwork, images: Value): Value {
  let x = stem(b, spec, images);
  for (let stage = 0; stage < spec.widths.length - 1; stage++) x = blocks(b, spec, x, stage);
  return x;
}

/** The last stage, which a detector computes for each region (conv5_x). */
export function lastStage(b: Builder, spec: ResidualNetwork, x: Value): Value {
  return blocks(b, spec, x, spec.widths.length - 1);
}

/** Pixels of an image between two positions of the trunk's features, along each side. */
export function trunkStride({ stem, widths }: ResidualNetwork): number {
  return (stem === 'small' ? 1 : 4) * 2 ** (widths.length - 2);
}

function blocks(b: Builder, spec: ResidualNetwork, images: Value, stage: number): Value {
  let x = images;
  for (let block = 0; block < spec.blocks[stage]!; block++) {
    const stride = stage > 0 && block === 0 ? 2 : 1;
    const name = `conv${stage + 2}_${block + 1}`;
    const branch = branches[spec.block](b, spec, x, name, spec.widths[stage]!, stride);
    x = b.relu(spec.shortcut === 'none' ? branch : b.add(branch, shortcut(b, spec, x, name, branch, stride)));
  }
  return x;
}

function stem(b: Builder, { stem, widths }: ResidualNetwork, images: Value): Value {
  if (stem === 'small') return b.relu(b.convolution(images, 'conv1', widths[0]!, 3, 1));
  // Max pooling in the authors' release: no padding, the last window cut off at the edge ("ceil mode").
  return b.maxPool(b.relu(b.convolution(images, 'conv1', widths[0]!, 7, 2)), 'pool1', 3, 2, [0, 1]);
}

/** The residual function of a block, from its input to what the shortcut is added to. */
type Branch = (
  b: Builder,
  spec: ResidualNetwork,
  x: Value,
  name: string,
  width: number,
  stride: number,
) => Value;

const branches = { basic, bottleneck, single } as const satisfies Record<ResidualNetwork['block'], Branch>;

function single(...[b, , x, name, width, stride]: Parameters<Branch>): Value {
  return b.convolution(x, name, width, 3, stride);
}

function basic(...[b, , x, name, width, stride]: Parameters<Branch>): Value {
  return b.convolution(b.relu(b.convolution(x, `${name}a`, width, 3, stride)), `${name}b`, width, 3, 1);
}

function bottleneck(...[b, { strideIn }, x, name, width, stride]: Parameters<Branch>): Value {
  const [inFirst, inSecond] = strideIn === 'first1x1' ? [stride, 1] : [1, stride];
  const reduced = b.relu(b.convolution(x, `${name}a`, width, 1, inFirst));
  const spatial = b.relu(b.convolution(reduced, `${name}b`, width, 3, inSecond));
  return b.convolution(spatial, `${name}c`, 4 * width, 1, 1);
}

function shortcut(
  b: Builder,
  spec: ResidualNetwork,
  x: Value,
  name: string,
  branch: Value,
  stride: number,
): Value {
  const channels = branch.shape[1]!;
  const grows = stride > 1 || channels !== x.shape[1];
  const projects = spec.shortcut === 'C' || (spec.shortcut === 'B' && grows);
  return projects
    ? b.projection(x, `${name}.projection`, channels, stride)
    : b.shortcutA(x, name, channels, stride);
}
