import type { Graph } from '../graph/graph.ts';
import { toPlain } from '../graph/plain.ts';
import { imageShape } from '../nets/build.ts';
import type { Builder } from '../nets/builder.ts';
import type { Mode } from '../nets/forward.ts';
import type { SgdSpec } from '../optim/sgd.ts';
import {
  type EvaluationGraph,
  gradientsOf,
  type InputSpec,
  layOut,
  maskInputs,
  type Program,
} from '../program.ts';
import { featureMapOf } from './backbones.ts';
import { type Half, type HalfSpec, proposalNetwork, type RegionInputs, regionNetwork } from './networks.ts';
import { mostInBin } from './roi-bins.ts';

/** What the program of a half is built from. */
export interface DetectionProgramSpec extends HalfSpec {
  half: 'proposals' | 'regions';
  /** Height and width of the images, in pixels. */
  imageSize: number;
  sgd: SgdSpec;
  /** Images of a training step, and of a batch of an evaluation. */
  trainBatch: number;
  evaluationBatch: number;
  /** Regions of each image, in a step and in an evaluation. */
  trainRegions: number;
  evaluationRegions: number;
}

/**
 * The program of a half of a detector. Besides images a step of the proposals takes `objectness`, `objectnessWeights`,
 * `offsets` and `offsetWeights`, laid out as the outputs; one of the regions takes `cells`, `labels` (0: background),
 * `offsets` and `offsetWeights`, with context `own` and `whole`, and on VGG masks of dropout. `predict` gives logits and
 * offsets, of regions also the features that they are linear in, one after the other, of exactly one batch. Loss: of classes
 * and boxes together (Girshick 2015, eqn. 1).
 */
export function buildDetectionProgram(spec: DetectionProgramSpec): Program {
  const half = spec.half === 'proposals' ? proposals(spec) : regions(spec);
  const { b } = half.build(spec.trainBatch, spec.trainRegions, spec.imageSize, 'train');
  const slots = layOut(b.parameters.map(p => p.value));
  const training = () => {
    const built = half.build(spec.trainBatch, spec.trainRegions, spec.imageSize, 'train');
    const loss = half.loss(built, spec.trainBatch);
    built.b.graph.output('loss', loss);
    built.b.graph.output('logits', built.logits);
    return { ...built, loss };
  };
  const predict: EvaluationGraph = {
    perImage: false,
    inputs: (size = spec.imageSize) => half.inputs(spec.evaluationBatch, spec.evaluationRegions, size),
    build(size = spec.imageSize): Graph {
      const built = half.build(spec.evaluationBatch, spec.evaluationRegions, size, 'predict');
      const { graph } = built.b;
      graph.output('logits', built.logits);
      graph.output('offsets', built.offsets);
      built.features.forEach((features, i) => {
        graph.output(`features${i + 1}`, features);
      });
      return graph;
    },
  };
  let trained: ReturnType<Program['train']> | undefined;
  return {
    ...spec,
    replicas: 1,
    inputs: {
      ...half.inputs(spec.trainBatch, spec.trainRegions, spec.imageSize),
      ...maskInputs(b),
      ...half.targets(spec.trainBatch),
    },
    parameters: slots.map((slot, i) => ({ ...slot, role: b.parameters[i]!.role })),
    statistics: layOut(b.statistics),
    responseLayers: [],
    forward() {
      const { b, loss, logits } = training();
      return { ...toPlain(b.graph), outputs: { loss: loss.id, logits: logits.id }, nextStatistics: [] };
    },
    train: () => (trained ??= differentiated(training())),
    evaluations: { predict },
  };
}

interface Parts {
  inputs(batch: number, regions: number, size: number): Readonly<Record<string, InputSpec>>;
  targets(batch: number): Readonly<Record<string, InputSpec>>;
  build(batch: number, regions: number, size: number, mode: Mode): Half;
  loss(half: Half, batch: number): ReturnType<Graph['input']>;
}

/** Sigma of the smooth L1 loss of proposals and of regions (Ren et al.'s code). */
const sigmas = { proposals: 3, regions: 1 } as const;

function proposals(spec: DetectionProgramSpec): Parts {
  const { anchors } = spec.detector;
  const count = anchors.sides.length * anchors.ratios.length;
  const map = featureMapOf(spec, spec.imageSize);
  const shape = (batch: number, per: number) => [batch, per * count, map.rows, map.columns];
  const floats = (batch: number, per: number): InputSpec => ({ type: 'float32', shape: shape(batch, per) });
  return {
    inputs: (batch, _regions, size) => ({ images: { type: 'float32', shape: imageShape(batch, size) } }),
    targets: batch => ({
      objectness: floats(batch, 1),
      objectnessWeights: floats(batch, 1),
      offsets: floats(batch, 4),
      offsetWeights: floats(batch, 4),
    }),
    build: (batch, _regions, size, mode) => proposalNetwork(spec, mode, b => imagesOf(b, batch, size)),
    loss({ b: { graph }, logits, offsets }, batch) {
      const targets = (name: string, per: number) => graph.input('targets', name, shape(batch, per));
      const objects = graph.apply(
        'sigmoidCrossEntropy',
        { logits, targets: targets('objectness', 1), weights: targets('objectnessWeights', 1) },
        {},
        'objectness',
      ).loss;
      const boxes = graph.apply(
        'smoothL1',
        { prediction: offsets, targets: targets('offsets', 4), weights: targets('offsetWeights', 4) },
        { sigma: sigmas.proposals },
        'boxes',
      ).loss;
      return graph.apply('add', { a: objects, b: boxes }, {}, 'loss').y;
    },
  };
}

function regions(spec: DetectionProgramSpec): Parts {
  const { detector, classes, trainRegions } = spec;
  const extra = (batch: number) => (detector.context ? batch : 0);
  const cells = (batch: number, each: number, size: number): InputSpec => {
    const map = featureMapOf(spec, size);
    const rows = batch * each + extra(batch);
    const shape = [rows, detector.bins ** 2 * mostInBin(map, detector.bins)];
    return { type: 'int32', shape, below: batch * map.rows * map.columns };
  };
  const rows = (batch: number, each: number): Record<string, InputSpec> => {
    const index: InputSpec = { type: 'int32', shape: [batch * each], below: batch * each + extra(batch) };
    return detector.context ? { own: index, whole: index } : {};
  };
  return {
    inputs: (batch, each, size) => ({
      images: { type: 'float32', shape: imageShape(batch, size) },
      cells: cells(batch, each, size),
      ...rows(batch, each),
    }),
    targets: batch => ({
      labels: { type: 'int32', shape: [batch * trainRegions], below: classes + 1 },
      offsets: { type: 'float32', shape: [batch * trainRegions, 4 * classes] },
      offsetWeights: { type: 'float32', shape: [batch * trainRegions, 4 * classes] },
    }),
    build: (batch, each, size, mode) =>
      regionNetwork(spec, mode, (b): RegionInputs => {
        const images = imagesOf(b, batch, size);
        const index = (name: string) =>
          detector.context ? b.graph.input('indices', name, [batch * each]) : null;
        const places = b.graph.input('indices', 'cells', cells(batch, each, size).shape);
        return { images, cells: places, own: index('own'), whole: index('whole') };
      }),
    loss({ b: { graph }, logits, offsets }, batch) {
      const labels = graph.input('labels', 'labels', [batch * trainRegions]);
      const targets = (name: string) => graph.input('targets', name, offsets.shape);
      const objects = graph.apply('softmaxCrossEntropy', { logits, labels }, {}, 'classes').loss;
      const boxes = graph.apply(
        'smoothL1',
        { prediction: offsets, targets: targets('offsets'), weights: targets('offsetWeights') },
        { sigma: sigmas.regions },
        'boxes',
      ).loss;
      return graph.apply('add', { a: objects, b: boxes }, {}, 'loss').y;
    },
  };
}

function imagesOf(b: Builder, batch: number, size: number) {
  return b.graph.input('images', 'images', imageShape(batch, size));
}

function differentiated({
  b: { graph, parameters },
  loss,
  logits,
}: Half & { loss: ReturnType<Graph['input']> }): ReturnType<Program['train']> {
  return { graph, loss, logits, gradients: gradientsOf(graph, loss, parameters), nextStatistics: [] };
}
