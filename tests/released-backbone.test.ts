import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGraph } from '../backends/reference/run-graph.ts';
import { root } from '../harness/checkout.ts';
import { type ExecuteOptions, execute } from '../harness/execute/execute.ts';
import { loadExperiment } from '../harness/manifest/load.ts';
import { prepare } from '../harness/plan/prepare.ts';
import { releasedFor } from '../harness/plan/released.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { openStore } from '../harness/record/store.ts';
import { feedsFor } from '../harness/tasks/feeds.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { namedState, readState } from '../harness/tasks/state.ts';
import { ensureWeights } from '../harness/tasks/weights.ts';
import { loadWeights, ensureWeights as packageOf } from '../ml/data/imagenet/pretrained.ts';
import type { NetworkSpec } from '../ml/nets/spec.ts';
import { buildProgram, type ModelState, type Program } from '../ml/program.ts';

const { released } = await loadExperiment();
const weights = released.pretrained!;
const loaded = await packageOf(weights).then(
  file => ({ file }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in loaded) console.warn(`skipped: the released weights of ResNet-50 are needed. ${loaded.why}`);

/** Squares of the smaller detector, in pixels. */
const size = 64;

/** What makes the profile small: its backbone and its data set stay. */
const smaller = `
      - text: Everything is small.
        set:
          data:
            set: voc
            train: [2007 trainval]
            test: 2007 test
            trainImages: 4
            testImages: 1
            shorter: 48
            longer: ${size}
            size: ${size}
            flip: true
          detector.anchors.sides: [16, 32]
          detector.filters: 16
          detector.bins: 4
          sampling.anchors: 16
          sampling.regions: 8
          proposals: { before: 60, after: 20, test: 10, overlap: 0.7, side: 4 }
          before:
            - &two { batch: 1, schedule: { iterations: 2, rate: 0.0001, drops: [], divisor: 10, warmup: null } }
            - *two
            - *two
          optimiser.batch: 1
          schedule: { iterations: 2, rate: 0.0001, drops: [], divisor: 10, warmup: null }
          evaluation.trainErrorEvery: 1
          evaluation.testErrorEvery: 2
        for: [ResNet-101 07+12]
`;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-released-'));
  await writeKit(join(folder, 'VOCdevkit'));
  const experiment = join(folder, 'small');
  cpSync(join(root, 'experiments', 'resnet-2015'), experiment, { recursive: true });
  const protocol = join(experiment, 'protocols', 'detection.yaml');
  const text = readFileSync(protocol, 'utf8');
  const changed = text.replace(
    /pretraining: \{ released: pretrained \}\n\s*for:\s*\[[^\]]*\]\n/,
    whole => whole + smaller.slice(1),
  );
  expect(changed).not.toBe(text);
  writeFileSync(protocol, changed);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A development kit of four photographs, with a dog in each. */
async function writeKit(kit: string): Promise<void> {
  const write = (name: string, content: string | Buffer) => {
    const file = join(kit, 'VOC2007', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  const photograph = join(import.meta.dirname, 'photographs', 'chelsea.jpg');
  for (const [i, width] of [60, 80, 90, 100].entries()) {
    const id = `00000${i + 1}`;
    write(
      `JPEGImages/${id}.jpg`,
      await sharp(photograph).resize(width, 60, { fit: 'fill' }).jpeg().toBuffer(),
    );
    const box = '<bndbox><xmin>11</xmin><ymin>6</ymin><xmax>50</xmax><ymax>55</ymax></bndbox>';
    const object = `<object><name>dog</name><difficult>0</difficult>${box}</object>`;
    const extent = `<size><width>${width}</width><height>60</height></size>`;
    write(
      `Annotations/${id}.xml`,
      `<annotation><filename>${id}.jpg</filename>${extent}${object}</annotation>`,
    );
  }
  const ids = [1, 2, 3, 4].map(i => `00000${i}\n`).join('');
  for (const set of ['trainval', 'test']) write(`ImageSets/Main/${set}.txt`, ids);
}

async function planned(store: string): Promise<PlannedJob[]> {
  const { plan } = await prepare(['table7'], {
    ...{ experiment: join(folder, 'small'), profile: 'released', rows: ['ResNet-101 07+12'] },
    ...{ backend: 'onnxruntime', store, data: join(folder, 'VOCdevkit'), force: false },
  });
  return plan.jobs;
}

async function optionsFor(
  jobs: readonly PlannedJob[],
  store: string,
  file?: string,
): Promise<ExecuteOptions> {
  const files = releasedFor(jobs, null).map(async each => {
    const found = await ensureWeights(each, () => {});
    return [each.integrity, { ...found, ...(file !== undefined && { file }) }] as const;
  });
  return {
    ...{ store, dataFolders: { voc: join(folder, 'VOCdevkit') }, jobs: 1, threads: 1, keepGoing: false },
    ...{ force: false, checkpointSeconds: 60, command: 'npm run reproduce table7' },
    weights: Object.fromEntries(await Promise.all(files)),
  };
}

/** The classifier that the weights are of, for images of the smaller detector. */
function classifierOf(network: NetworkSpec): Program {
  const sgd = { momentum: 0, weightDecay: 0, form: 'caffe' } as const;
  return buildProgram({ network, imageSize: size, sgd, trainBatch: 1, evaluationBatch: 1 });
}

describe.skipIf('why' in loaded)('a detector on released weights', { timeout: 600_000 }, () => {
  const { file } = loaded as { file: string };

  it('is four steps on PASCAL VOC alone, and says what it takes in', async () => {
    const jobs = await planned(join(folder, 'none'));
    expect(jobs.map(({ network }) => network).sort()).toEqual([
      'ResNet-101 07+12',
      ...[1, 2, 3].map(step => `ResNet-101 07+12, step ${step}`),
    ]);
    expect(releasedFor(jobs, null).map(each => each.package)).toEqual([weights.package]);
    const held = jobs.filter(({ network }) => /step 3|12$/.test(network));
    expect(releasedFor(held, null)).toEqual([]);
  });

  it('is trained in all steps, its batch norm as released', async () => {
    const store = join(folder, 'out');
    const jobs = await planned(store);
    const { failures } = await execute(jobs, await optionsFor(jobs, store), () => {});
    expect(failures).toEqual([]);
    const records = openStore(store);
    const last = jobs.find(({ network }) => network === 'ResNet-101 07+12')!;
    const { measures } = records.record(last.key)!.result;
    expect(measures['elevenPoint.dog']).toBeGreaterThanOrEqual(0);
    const { network } = last.identity.spec as { network: NetworkSpec };
    const program = classifierOf(network);
    const begun = namedState(program, await loadWeights({ ...weights, file }, program));
    for (const { key } of jobs) {
      const state = readState(records.artefact(key, 'state.bin')!);
      for (const name of ['conv1.bn.mean', 'conv3_2b.bn.variance', 'conv4_6c.bn.scale'])
        expect(state.get(name), name).toEqual(begun.get(name));
      expect(state.get('conv4_6b.weight')).not.toEqual(begun.get('conv4_6b.weight'));
    }
  });

  it('sees in a picture what the classifier sees, before its first iteration', async () => {
    const jobs = await planned(join(folder, 'none'));
    const first = jobs.find(({ network }) => network.endsWith('step 1'))!;
    const { spec, seed, inputs } = first.identity as Extract<typeof first.identity, { kind: 'train' }>;
    const execution = await taskOf('detection').load();
    const work = await execution.openTraining({
      ...{ spec, seed, data: inputs.data, dataFolder: join(folder, 'VOCdevkit'), threads: 1, needs: {} },
      weights: { file, format: weights.format, integrity: weights.integrity },
    });
    const feeds = feedsFor(work.program);
    await work.batches.fill(0, feeds);
    const images = feeds.images as Float32Array;
    // Around each image the square is zero; a pixel of it is a whole number less the mean of the release.
    const [red] = weights.mean;
    const pixel = images[0]! + red;
    expect(Math.abs(pixel - Math.round(pixel))).toBeLessThan(1e-4);
    const network = spec.network;
    const classifier = classifierOf(network);
    const state = await loadWeights({ ...weights, file }, classifier);
    const theirs = featuresOf(classifier, state, images, 'conv4_6c');
    const ours = featuresOf(work.program, work.initial!, images, 'conv4_6c');
    expect(Math.max(...theirs)).toBeGreaterThan(0);
    expect(ours).toEqual(theirs);
    await work.close();
  });

  it('is not begun with a file that has been altered', async () => {
    const altered = join(folder, basename(file));
    const content = readFileSync(file);
    content[content.length >> 1]! ^= 1;
    writeFileSync(altered, content);
    await expect(packageOf(weights, { tarball: altered })).rejects.toThrow(`${altered} is not`);
    const store = join(folder, 'altered');
    const jobs = (await planned(store)).filter(({ network }) => network.endsWith('step 1'));
    const { failures } = await execute(jobs, await optionsFor(jobs, store, altered), () => {});
    expect(failures.map(({ message }) => message)).toEqual([
      `${altered}: not the file that was verified before`,
    ]);
  });
});

/** What comes out of a block of the trunk, for images, by the reference. */
function featuresOf(program: Program, state: ModelState, images: Float32Array, block: string): Float32Array {
  const graph = program.evaluations.predict.build();
  const tensors = namedState(program, state);
  const feeds = graph.inputs.map(({ kind, value }) => {
    return [value.id, kind === 'images' ? images : tensors.get(value.name)!] as const;
  });
  const values = graph.nodes.flatMap(node => Object.values(node.outputs));
  const [features] = values.filter(({ name }) => name === `${block}.bn.y.add.y.relu.y`);
  return runGraph(graph, new Map(feeds)).get(features!.id)!;
}
