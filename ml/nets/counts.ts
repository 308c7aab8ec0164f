import type { Graph } from '../graph/graph.ts';
import { elements } from '../graph/ops.ts';
import { buildForward } from './build.ts';
import { blockLayers, type NetworkSpec } from './spec.ts';

/** Exact cost of a network for one image. */
export interface Counts {
  /** Trained values: weights, biases, BN scale and shift. */
  parameters: number;
  /** Multiply-adds of convolutions and fully connected layers ("FLOPs (multiply-adds)", sec. 3.3). */
  multiplyAdds: number;
}

/**
 * Counts parameters and multiply-adds from the graph itself, for square images of `size` pixels. What the second block of a
 * stage costs, every later one costs too: no more than two of them are built.
 */
export function countNetwork(spec: NetworkSpec, size: number): Counts {
  if (spec.family === 'vgg') return countGraph(spec, size);
  const two = spec.blocks.map(blocks => Math.min(blocks, 2));
  const total = countGraph({ ...spec, blocks: two }, size);
  const { parameters, multiplyAdds } = total;
  for (const [stage, blocks] of spec.blocks.entries()) {
    if (blocks <= 2) continue;
    const one = countGraph({ ...spec, blocks: two.with(stage, 1) }, size);
    total.parameters += (blocks - 2) * (parameters - one.parameters);
    total.multiplyAdds += (blocks - 2) * (multiplyAdds - one.multiplyAdds);
  }
  return total;
}

/** The cost of one block of the first stage that keeps its dimensions (Figure 5), with the shortcut that the network gives it. */
export function countBlock(spec: NetworkSpec, size: number): Counts {
  if (spec.family === 'vgg') throw new Error(`VGG-${spec.depth} has no blocks`);
  const [one, two] = [1, 2].map(blocks =>
    countGraph({ ...spec, blocks: spec.blocks.with(0, blocks).map((n, i) => (i === 0 ? n : 1)) }, size),
  );
  return {
    parameters: two!.parameters - one!.parameters,
    multiplyAdds: two!.multiplyAdds - one!.multiplyAdds,
  };
}

/** Shortcuts that are projections (sec. 4.1): none with A; B where dimensions change; C all of them. */
export function projections(spec: NetworkSpec): number {
  if (spec.family === 'vgg' || spec.shortcut === 'none' || spec.shortcut === 'A') return 0;
  const blocks = spec.blocks.reduce((a, b) => a + b);
  // The first stage of bottlenecks has four times as many channels at its end as at its beginning.
  return spec.shortcut === 'C' ? blocks : spec.blocks.length - (spec.block === 'bottleneck' ? 0 : 1);
}

/** Weighted layers whose outputs have at most this stride in pixels of the image (appendix A). */
export function layersToStride(spec: NetworkSpec, stride: number): number {
  if (spec.family === 'vgg') throw new Error(`the strides of VGG-${spec.depth} are not counted`);
  const first = spec.stem === 'imagenet' ? 4 : 1;
  const stages = spec.blocks.filter((_, stage) => first * 2 ** stage <= stride);
  return 1 + blockLayers[spec.block] * stages.reduce((a, b) => a + b, 0);
}

const counted = new Map<string, Counts>();

/** Counts a graph; networks of different depths have the same ones of two blocks. */
function countGraph(spec: NetworkSpec, size: number): Counts {
  const name = JSON.stringify([spec, size]);
  const counts = counted.get(name) ?? countedAnew(spec, size);
  counted.set(name, counts);
  return { ...counts };
}

function countedAnew(spec: NetworkSpec, size: number): Counts {
  const { graph, parameters } = buildForward(spec, 'predict', 1, size);
  return {
    parameters: parameters.reduce((sum, p) => sum + elements(p.value.shape), 0),
    multiplyAdds: multiplyAdds(graph),
  };
}

/** Multiply-adds of the convolutions and dense layers of a graph, over its whole batch. */
export function multiplyAdds(graph: Graph): number {
  let total = 0;
  for (const node of graph.nodes) {
    if (node.op === 'conv') {
      const [, i, kh, kw] = node.inputs.w.shape as [number, number, number, number];
      total += elements(node.outputs.y.shape) * i * kh * kw;
    } else if (node.op === 'dense') {
      total += elements(node.outputs.y.shape) * node.inputs.w.shape[1]!;
    }
  }
  return total;
}
