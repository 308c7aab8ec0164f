import { type AnyNode, type Graph, nodeName, type Value } from '../graph/graph.ts';
import { elements } from '../graph/ops.ts';
import { buildForward } from './build.ts';
import { type NetworkSpec, networkName } from './spec.ts';

/** A layer of a network's main path, as it is computed for one image. */
export interface Layer {
  kind: 'convolution' | 'maxPool' | 'averagePool' | 'dense';
  /** As in the graph: conv1, conv2_1a, pool1, fc. */
  name: string;
  /** Row of Table 1: `conv1`, `conv2_x`, ..., `pool1`, or `head` from the global average pooling on. */
  stage: string;
  /** The block it is part of: `conv2_1` for conv2_1a; null outside of blocks. */
  block: string | null;
  /** Height and width of the window; null for layers that see everything at once. */
  kernel: number | null;
  stride: number;
  /** Channels that go in and come out. */
  inputs: number;
  filters: number;
  /** Height and width of the output; 1 once positions are gone. */
  size: number;
  multiplyAdds: number;
  /** Weights without biases and without BN. */
  weights: number;
}

/** The path around a block. */
export interface Shortcut {
  block: string;
  kind: 'identity' | 'zero-padded' | 'projection';
  /** Whether channels or resolution change: a dotted line in Figure 3. */
  changes: boolean;
  /** Channels and size of what goes in. */
  inputs: number;
  inputSize: number;
  multiplyAdds: number;
  weights: number;
}

/** A network layer by layer: what Table 1 and Figures 2, 3 and 5 show. */
export interface Description {
  name: string;
  /** Height and width of the image. */
  size: number;
  layers: Layer[];
  shortcuts: Shortcut[];
}

/** Describes a network on square images of `size` pixels, read off the very graph that is trained. */
export function describeNetwork(spec: NetworkSpec, size: number): Description {
  const { graph } = buildForward(spec, 'predict', 1, size);
  const producers = producersOf(graph);
  const shortcuts = graph.nodes.flatMap(node => (node.op === 'add' ? [shortcutPath(node, producers)] : []));
  const aside = new Set(shortcuts.flatMap(({ path }) => path));
  return {
    name: networkName(spec),
    size,
    layers: graph.nodes.flatMap(node => (aside.has(node) ? [] : (layerOf(node) ?? []))),
    shortcuts: shortcuts.map(({ shortcut }) => shortcut),
  };
}

type Producers = ReadonlyMap<number, AnyNode>;

function producersOf(graph: Graph): Producers {
  return new Map(
    graph.nodes.flatMap(node => Object.values<Value>(node.outputs).map(value => [value.id, node] as const)),
  );
}

function layerOf(node: AnyNode): Layer | null {
  switch (node.op) {
    case 'conv': {
      const [filters, inputs, kernel] = node.inputs.w.shape as [number, number, number];
      const name = nodeName(node.outputs.y.name);
      return layer('convolution', name, node.outputs.y, {
        kernel,
        stride: node.attributes.stride,
        inputs,
        filters,
        ...costOf(node),
      });
    }
    case 'dense': {
      const [filters, inputs] = node.inputs.w.shape as [number, number];
      return layer('dense', nodeName(node.outputs.y.name), node.outputs.y, {
        inputs,
        filters,
        ...costOf(node),
      });
    }
    case 'maxPool': {
      const { kernel, stride } = node.attributes;
      const channels = node.inputs.x.shape[1]!;
      const name = nodeName(node.outputs.y.name);
      return layer('maxPool', name, node.outputs.y, { kernel, stride, inputs: channels, filters: channels });
    }
    case 'globalAveragePool': {
      const channels = node.inputs.x.shape[1]!;
      return layer('averagePool', nodeName(node.outputs.y.name), node.outputs.y, {
        inputs: channels,
        filters: channels,
      });
    }
    default:
      return null;
  }
}

function layer(
  kind: Layer['kind'],
  name: string,
  output: Value,
  details: Pick<Layer, 'inputs' | 'filters'> & Partial<Layer>,
): Layer {
  const size = output.shape[2] ?? 1;
  return {
    kind,
    name,
    ...place(kind, name),
    kernel: null,
    stride: 1,
    size,
    multiplyAdds: 0,
    weights: 0,
    ...details,
  };
}

/** Where a layer stands, which its name tells: conv3_2b is of block conv3_2 in stage conv3_x. */
function place(kind: Layer['kind'], name: string): Pick<Layer, 'stage' | 'block'> {
  const [, stage, number, part] = name.match(/^(conv\d+)_(\d+)([a-z]?)$/) ?? [];
  if (stage) return { stage: `${stage}_x`, block: part ? `${stage}_${number}` : null };
  return { stage: kind === 'averagePool' || kind === 'dense' ? 'head' : name, block: null };
}

/**
 * The shortcut that an addition takes as its second operand (`Builder.add` of a block), followed back to where it
 * leaves the main path: nothing in between is an identity.
 */
function shortcutPath(
  add: AnyNode & { op: 'add' },
  producers: Producers,
): { shortcut: Shortcut; path: AnyNode[] } {
  const path: AnyNode[] = [];
  let source = add.inputs.b;
  for (let node = producers.get(source.id); node && isOnShortcut(node); node = producers.get(source.id)) {
    path.push(node);
    source = node.inputs.x;
  }
  const convolution = path.find(node => node.op === 'conv');
  const padded = path.some(node => node.op === 'shortcutA');
  const [, inputs, inputSize] = source.shape as [number, number, number];
  const [, outputs, size] = add.outputs.y.shape as [number, number, number];
  const shortcut: Shortcut = {
    block: place('convolution', nodeName(add.inputs.a.name).replace(/\.bn$/, '')).block!,
    kind: convolution ? 'projection' : padded ? 'zero-padded' : 'identity',
    changes: inputs !== outputs || inputSize !== size,
    inputs,
    inputSize,
    ...(convolution ? costOf(convolution) : { multiplyAdds: 0, weights: 0 }),
  };
  return { shortcut, path };
}

function isOnShortcut(node: AnyNode): node is AnyNode & { op: 'conv' | 'shortcutA' | 'batchNormInference' } {
  return node.op === 'conv' || node.op === 'shortcutA' || node.op === 'batchNormInference';
}

function costOf(node: AnyNode & { op: 'conv' | 'dense' }): Pick<Layer, 'multiplyAdds' | 'weights'> {
  const weights = elements(node.inputs.w.shape);
  const positions = node.outputs.y.shape.slice(2);
  return { multiplyAdds: weights * elements(positions), weights };
}
