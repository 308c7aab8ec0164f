import type { Value } from '../graph/graph.ts';
import { Builder } from '../nets/builder.ts';
import type { Mode } from '../nets/forward.ts';
import { batchNormOf, type NetworkSpec } from '../nets/spec.ts';
import { isShared, regionLayers, sharedLayers } from './backbones.ts';
import type { DetectorSpec } from './spec.ts';

/** What both halves of a detector are built from. */
export interface HalfSpec {
  network: NetworkSpec;
  detector: DetectorSpec;
  /** Classes of objects; background is one more. */
  classes: number;
  /** Whether the layers that both halves share are held as they are (steps 3 and 4 of the training). */
  shared: boolean;
}

/** Outputs of a half for every anchor or region. */
export interface Half {
  b: Builder;
  /** Proposals: [images, anchors, rows, columns]; regions: [regions, classes + 1], background first. */
  logits: Value;
  /** Proposals: [images, 4 * anchors, rows, columns]; regions: [regions, 4 * classes]. */
  offsets: Value;
  /** Regions: what logits and offsets are linear in, [regions, features]; with context that of the image too. */
  features: readonly Value[];
}

/** A region proposal network on features of the trunk: a 3x3 layer and two siblings of 1x1 (Ren et al. 2015, sec. 3.1). */
export function proposalNetwork(spec: HalfSpec, mode: Mode, images: (b: Builder) => Value): Half {
  const b = builderOf(spec, mode);
  const { anchors, filters } = spec.detector;
  const count = anchors.sides.length * anchors.ratios.length;
  const x = sharedLayers(b, spec.network, images(b));
  const slid = b.relu(b.biasedConvolution(x, 'rpn', filters, 3, 'detectorWeight'));
  return {
    b,
    logits: b.biasedConvolution(slid, 'rpn_score', count, 1, 'detectorWeight'),
    offsets: b.biasedConvolution(slid, 'rpn_box', 4 * count, 1, 'detectorWeight'),
    features: [],
  };
}

/** Where the features of regions are pooled, by value: see `roiMaxPool`, and for context `gatherRows`. */
export interface RegionInputs {
  images: Value;
  /** Of all regions, then, with context, of one whole image after the other. */
  cells: Value;
  /** With context: the rows of the regions themselves, and of the image that each is of. */
  own: Value | null;
  whole: Value | null;
}

/** Fast R-CNN: pooled features, the layers for each region, and two siblings (appendix A). */
export function regionNetwork(spec: HalfSpec, mode: Mode, inputs: (b: Builder) => RegionInputs): Half {
  const b = builderOf(spec, mode);
  const { images, cells, own, whole } = inputs(b);
  const { bins } = spec.detector;
  const x = sharedLayers(b, spec.network, images);
  const pooled = b.graph.apply('roiMaxPool', { x, cells }, { bins }, 'roi_pool').y;
  const all = regionLayers(b, spec.network, pooled);
  const rows = (index: Value, name: string) =>
    b.graph.apply('gatherRows', { x: all, rows: index }, {}, name).y;
  const features = own ? rows(own, 'region') : all;
  const context = whole ? rows(whole, 'context') : null;
  const sibling = (name: string, outputs: number, role: 'detectorWeight' | 'boxWeight') => {
    const y = b.dense(features, name, outputs, role);
    // A layer on two features side by side is the sum of one on each; the two biases count as one.
    return context ? b.add(y, b.dense(context, `context_${name}`, outputs, role)) : y;
  };
  return {
    b,
    logits: sibling('cls_score', spec.classes + 1, 'detectorWeight'),
    offsets: sibling('bbox_pred', 4 * spec.classes, 'boxWeight'),
    features: context ? [features, context] : [features],
  };
}

function builderOf({ network, detector, shared }: HalfSpec, mode: Mode): Builder {
  return new Builder({
    mode,
    batchNorm: batchNormOf(network),
    frozen: true,
    held: layer =>
      (shared && isShared(network, layer)) || detector.held.some(beginning => layer.startsWith(beginning)),
  });
}
