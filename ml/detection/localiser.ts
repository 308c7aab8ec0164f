import type { Graph, Value } from '../graph/graph.ts';
import { toPlain } from '../graph/plain.ts';
import { imageShape } from '../nets/build.ts';
import { Builder } from '../nets/builder.ts';
import { lastStage, trunk, trunkStride } from '../nets/residual.ts';
import type { ResidualNetwork } from '../nets/spec.ts';
import type { SgdSpec } from '../optim/sgd.ts';
import { gradientsOf, type InputSpec, layOut, type Program } from '../program.ts';
import type { FeatureMap } from './roi-bins.ts';

/** What the program of a localiser is built from. */
export interface LocaliserSpec {
  /**
   * `proposals`: two siblings of 1x1 on the features of the whole network, an output of each class for every anchor;
   * `regions`: two fully connected siblings on the average of the features, an output of each class for an image, which is a
   * region that was cut out and warped (appendix C).
   */
  half: 'proposals' | 'regions';
  network: ResidualNetwork;
  classes: number;
  /** Anchors of a position. */
  anchors: number;
  imageSize: number;
  sgd: SgdSpec;
  trainBatch: number;
  evaluationBatch: number;
}

/**
 * The program of a per-class localiser (appendix C). A step takes `images`, `targets`, `targetWeights`, `offsets` and
 * `offsetWeights`, laid out as the outputs: of proposals [images, anchors * classes, rows, columns] and four times as many,
 * all classes of an anchor one after the other; of regions [images, classes] and four times as many. `predict` gives logits and
 * offsets of exactly one batch, at any size.
 */
export function buildLocaliser(spec: LocaliserSpec): Program {
  const { half, imageSize, trainBatch, evaluationBatch } = spec;
  const built = build(spec, trainBatch, imageSize);
  const slots = layOut(built.b.parameters.map(p => p.value));
  const floats = ({ shape }: Value): InputSpec => ({ type: 'float32', shape });
  const images = (batch: number, size = imageSize): InputSpec => ({
    type: 'float32',
    shape: imageShape(batch, size),
  });
  let trained: ReturnType<Program['train']> | undefined;
  return {
    ...spec,
    replicas: 1,
    inputs: {
      images: images(trainBatch),
      targets: floats(built.logits),
      targetWeights: floats(built.logits),
      offsets: floats(built.offsets),
      offsetWeights: floats(built.offsets),
    },
    parameters: slots.map((slot, i) => ({ ...slot, role: built.b.parameters[i]!.role })),
    statistics: layOut(built.b.statistics),
    responseLayers: [],
    forward() {
      const { graph, loss, logits } = withLoss(build(spec, trainBatch, imageSize), half);
      return { ...toPlain(graph), outputs: { loss: loss.id, logits: logits.id }, nextStatistics: [] };
    },
    train() {
      if (trained) return trained;
      const own = build(spec, trainBatch, imageSize);
      const { graph, loss, logits } = withLoss(own, half);
      trained = {
        graph,
        loss,
        logits,
        gradients: gradientsOf(graph, loss, own.b.parameters),
        nextStatistics: [],
      };
      return trained;
    },
    evaluations: {
      predict: {
        perImage: false,
        inputs: size => ({ images: images(evaluationBatch, size) }),
        build(size = imageSize): Graph {
          const { b, logits, offsets } = build(spec, evaluationBatch, size);
          b.graph.output('logits', logits);
          b.graph.output('offsets', offsets);
          return b.graph;
        },
      },
    },
  };
}

/** The positions of a localiser's proposals on images of a size. */
export function localiserMap({ network }: Pick<LocaliserSpec, 'network'>, size: number): FeatureMap {
  const stride = 2 * trunkStride(network);
  const side = Math.ceil(size / stride);
  return { rows: side, columns: side, stride };
}

interface Built {
  b: Builder;
  logits: Value;
  offsets: Value;
}

function build({ half, network, classes, anchors }: LocaliserSpec, batch: number, size: number): Built {
  const b = new Builder({ mode: 'train', batchNorm: network.batchNorm, frozen: true });
  const images = b.graph.input('images', 'images', imageShape(batch, size));
  const x = lastStage(b, network, trunk(b, network, images));
  if (half === 'proposals') {
    const sibling = (name: string, filters: number) =>
      b.biasedConvolution(x, name, filters, 1, 'detectorWeight');
    return {
      b,
      logits: sibling('loc_score', anchors * classes),
      offsets: sibling('loc_box', 4 * anchors * classes),
    };
  }
  const pooled = b.graph.apply('globalAveragePool', { x }, {}, 'pool').y;
  return {
    b,
    logits: b.dense(pooled, 'region_score', classes, 'detectorWeight'),
    offsets: b.dense(pooled, 'region_box', 4 * classes, 'boxWeight'),
  };
}

/** Logistic losses of the classes and smooth L1 losses of the boxes, weighted by the targets' weights. */
function withLoss({ b: { graph }, logits, offsets }: Built, half: LocaliserSpec['half']) {
  const aims = (name: string, weights: string, { shape }: Value) => ({
    targets: graph.input('targets', name, shape),
    weights: graph.input('targets', weights, shape),
  });
  const objects = { logits, ...aims('targets', 'targetWeights', logits) };
  const scores = graph.apply('sigmoidCrossEntropy', objects, {}, 'classes').loss;
  const boxes = { prediction: offsets, ...aims('offsets', 'offsetWeights', offsets) };
  const sigma = half === 'proposals' ? 3 : 1;
  const moved = graph.apply('smoothL1', boxes, { sigma }, 'boxes').loss;
  const loss = graph.apply('add', { a: scores, b: moved }, {}, 'loss').y;
  graph.output('loss', loss);
  graph.output('logits', logits);
  return { graph, loss, logits };
}
