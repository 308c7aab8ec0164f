import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../backends/registry.ts';
import { loadExperiment, loadTargets } from '../harness/manifest/load.ts';
import { networksOf } from '../harness/manifest/types.ts';
import { decode } from '../ml/data/imagenet/decode.ts';
import { ensureWeights, loadWeights } from '../ml/data/imagenet/pretrained.ts';
import { addSoftmax } from '../ml/metrics/scores.ts';
import { imageNetNetwork, type ResidualNetwork } from '../ml/nets/spec.ts';
import { buildProgram, type ModelState, type Program } from '../ml/program.ts';

const { released, faithful } = await loadExperiment();
const weights = released.pretrained!;
const loaded = await ensureWeights(weights).then(
  file => ({ file }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in loaded) console.warn(`skipped: the released weights of ResNet-50 are needed. ${loaded.why}`);

/** Photographs, the ImageNet class of each, and all classes that name what it shows (see photographs/README.md). */
const photographs = [
  { file: join(import.meta.dirname, 'photographs', 'chelsea.jpg'), label: 285, shows: [281, 282, 285] },
  { file: join(import.meta.dirname, 'photographs', 'coffee.jpg'), label: 967, shows: [967] },
];
const size = 224;

const onnxruntime = await backends.onnxruntime();
const probe = await onnxruntime.probe();
const available = onnxruntime.capabilities.variants.filter(
  name => name === 'standard' || (probe.available && probe.variant === name),
);

/** The network that the weights are of, as the manifests have it. */
async function releasedNetwork(): Promise<ResidualNetwork> {
  const [table] = await loadTargets(['table3'], faithful);
  return networksOf(table!).find(({ name }) => name === weights.network)!.spec.network as ResidualNetwork;
}

describe.skipIf('why' in loaded)('the released weights of ResNet-50', { timeout: 300_000 }, () => {
  let network: ResidualNetwork;
  let state: ModelState;
  let crops: Float32Array;
  beforeAll(async () => {
    network = await releasedNetwork();
    const { file } = loaded as { file: string };
    state = await loadWeights({ ...weights, file }, programOf(network));
    crops = await centreCrops(weights.mean);
  });

  it.each(available)('see what photographs show, by the %s variant', async variant => {
    const scores = await classify(programOf(network), state, crops, variant);
    for (const [i, { label, shows }] of photographs.entries()) {
      const ranked = ranking(scores[i]!);
      expect(ranked[0]).toBe(label);
      expect(ranked.slice(0, shows.length).sort()).toEqual(shows);
      expect(shows.reduce((sum, c) => sum + scores[i]![c]!, 0)).toBeGreaterThan(0.98);
    }
  });

  it('are those of the network of Table 3: 50 layers, option B, stride in the first 1x1', () => {
    const batchNorm = expect.objectContaining({ epsilon: 1e-5 });
    expect(network).toEqual({ ...imageNetNetwork(50, 'B'), batchNorm });
  });

  /**
   * Probabilities of the package's own model.json in TensorFlow.js 4.22 (CPU) for the same crops, with its epsilon and
   * padding; decoders of JPEG may differ by a unit.
   */
  it('give what the model they come from gives', async () => {
    const keras = programOf({
      ...network,
      batchNorm: { epsilon: 1e-3, momentum: network.batchNorm.momentum },
    });
    const scores = await classify(paddedByOne(keras), state, crops, available[0]!);
    const expected = [
      { 285: 0.76988, 282: 0.14047, 281: 0.08664 },
      { 967: 0.99285, 968: 0.00258, 925: 0.00171 },
    ];
    for (const [i, probabilities] of expected.entries()) {
      for (const [c, probability] of Object.entries(probabilities)) {
        expect(Math.abs(scores[i]![Number(c)]! - probability)).toBeLessThan(0.01);
      }
    }
  });
});

function programOf(network: ResidualNetwork): Program {
  return buildProgram({
    network,
    imageSize: size,
    sgd: { momentum: 0, weightDecay: 0, form: 'caffe' },
    trainBatch: 1,
    evaluationBatch: photographs.length,
  });
}

/** Keras pads the input of the max pooling by one on each side, where the authors cut the last window off. */
function paddedByOne(program: Program): Program {
  const { predict } = program.evaluations;
  const build: typeof predict.build = size => {
    const graph = predict.build(size);
    for (const node of graph.nodes)
      if (node.op === 'maxPool') Object.assign(node.attributes, { pads: [1, 1] });
    return graph;
  };
  return { ...program, evaluations: { ...program.evaluations, predict: { ...predict, build } } };
}

async function centreCrops(mean: readonly number[]): Promise<Float32Array> {
  const centre = { shorterSide: 256, size, windows: [{ down: 0.5, right: 0.5 }] };
  const crops = await Promise.all(photographs.map(({ file }) => decode({ file, ...centre })));
  const pixels = Float32Array.from(crops.flatMap(crop => [...crop]));
  return pixels.map((value, i) => value - mean[Math.floor(i / size ** 2) % 3]!);
}

/** Probabilities of the classes for each photograph. */
async function classify(program: Program, state: ModelState, images: Float32Array, variant: string) {
  const session = await onnxruntime.open(program, { threads: 1, variant });
  try {
    await session.setState(state);
    const scores = new Float64Array(photographs.length * 1000);
    addSoftmax(await session.run('predict', { images }), 1000, scores);
    return photographs.map((_, i) => scores.subarray(1000 * i, 1000 * (i + 1)));
  } finally {
    await session.close();
  }
}

function ranking(scores: Float64Array): number[] {
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
}
