import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDet } from '../../../ml/data/ilsvrc/det.fixture.ts';
import { vggNetwork } from '../../../ml/nets/spec.ts';
import { initialState } from '../../../ml/optim/init.ts';
import { buildProgram } from '../../../ml/program.ts';
import { loadTargets } from '../../manifest/load.ts';
import { networksOf } from '../../manifest/types.ts';
import { readProposals } from '../proposals-file.ts';
import { readState, stateFile, stateParts } from '../state.ts';
import type { Artefacts } from '../task.ts';
import { filesOf, trainedHere } from '../trained.fixture.ts';
import { cocoClasses } from './classes.ts';
import { contradiction } from './contradiction.ts';
import { openImages } from './data.ts';
import { dataSets } from './data-sets.ts';
import { readDetections } from './detections-file.ts';
import { execution } from './execution.ts';
import { classMeasuresOf, measures as known, measuresOf } from './measures.ts';
import { rules } from './rules.ts';
import type { TrainSpec } from './spec.ts';
import { needsOf } from './steps.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-official-'));
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const images: { id: number; file_name: string; width: number; height: number }[] = [];
  const annotations: object[] = [];
  for (let i = 1; i <= 6; i++) {
    const [width, height] = i % 2 ? [60, 40] : [36, 48];
    const background = { r: 40 * i, g: 250 - 40 * i, b: 90 };
    const id = `00000${i}`;
    for (const place of ['VOC2007/JPEGImages', 'train2014', 'val2014'])
      mkdirSync(join(folder, place), { recursive: true });
    const picture = await sharp({ create: { width, height, channels: 3, background } })
      .jpeg()
      .toBuffer();
    for (const place of ['VOC2007/JPEGImages', 'train2014', 'val2014'])
      writeFileSync(join(folder, place, `${id}.jpg`), picture);
    const object = (name: string, difficult: number, box: readonly number[]) =>
      `<object><name>${name}</name><difficult>${difficult}</difficult><bndbox><xmin>${box[0]}</xmin><ymin>${box[1]}</ymin><xmax>${box[2]}</xmax><ymax>${box[3]}</ymax></bndbox></object>`;
    // The fifth has no object, the sixth a difficult one alone.
    const objects = [
      [object('dog', 0, [3, 5, 24, 30]), object('person', 1, [1, 1, 10, 12])],
      [],
      [object('cat', 1, [2, 2, 30, 30])],
    ];
    const own = i <= 4 ? objects[0]! : objects[i - 4]!;
    write(
      `VOC2007/Annotations/${id}.xml`,
      `<annotation><filename>${id}.jpg</filename><size><width>${width}</width><height>${height}</height></size>${own.join('')}</annotation>`,
    );
    images.push({ id: i, file_name: `${id}.jpg`, width, height });
    annotations.push({
      id: i,
      image_id: i,
      category_id: 18,
      bbox: [3, 5, 20.5, 25],
      area: 300,
      iscrowd: i === 6 ? 1 : 0,
    });
  }
  const ids = [1, 2, 3, 4, 5, 6].map(i => `00000${i}`).join('\n');
  for (const set of ['trainval', 'test']) write(`VOC2007/ImageSets/Main/${set}.txt`, ids);
  const categories = cocoClasses.map((name, i) => ({ id: i + 1, name }));
  for (const set of ['train2014', 'val2014'])
    write(`annotations/instances_${set}.json`, JSON.stringify({ images, annotations, categories }));
  await writeDet(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const [target] = await loadTargets(['table7'], 'smoke');
const smoke = networksOf(target!).find(({ name }) => name === 'ResNet-101 07+12')!.spec as TrainSpec;

/** The settings of smoke on the real sets' layouts: images of several sizes, resized, mirrored and padded. */
function specFor(set: 'voc' | 'coco' | 'imagenet-det', change: Partial<TrainSpec> = {}): TrainSpec {
  const sets = {
    voc: [['2007 trainval'], '2007 test', 6, 6],
    coco: [['train2014'], 'val2014', 6, 6],
    'imagenet-det': [['train', 'val1'], 'val2', 100, 3],
  } as const;
  const [train, test, trainImages, testImages] = sets[set];
  return {
    ...smoke,
    detector: { ...smoke.detector, context: true },
    data: {
      ...{ set, train, test, trainImages, testImages },
      ...{ shorter: 30, longer: 44, size: 48, flip: true },
    },
    ...change,
  };
}

/** The same on a narrow VGG-16, whose pretraining saw 32x32 pixels: one bin, and a map of 3x3 cells. */
function vggSpecFor(set: 'voc' | 'coco'): TrainSpec {
  const { pretraining: own, detections, detector, ...rest } = specFor(set);
  const pretraining = own as Exclude<typeof own, { released: unknown }>;
  const sizes = [32, 48, 64];
  return {
    ...rest,
    network: vggNetwork(16, { filters: [2, 3, 4, 4, 6], hidden: 8, classes: 10 }),
    detector: { ...detector, bins: 1, held: ['conv1_', 'conv2_'] },
    pretraining: {
      ...pretraining,
      data: { ...pretraining.data, downsample: 1 } as typeof pretraining.data,
      evaluation: { ...pretraining.evaluation, statisticsBatches: 0 },
    },
    detections: {
      ...detections,
      tests: [...detections.tests, { name: 'multiScale', refine: true, voting: true, sizes }],
    },
  };
}

/** Trains a step, and those that it needs before, here; what they leave. */
async function trained(spec: TrainSpec) {
  const left: Record<string, Artefacts> = {};
  for (const [role, need] of Object.entries(needsOf(spec, 1))) {
    left[role] =
      need.task === 'detection'
        ? (await trained(need.spec as TrainSpec)).files
        : backboneOf(need.spec.network as never);
  }
  const { digest: data } = (await dataSets[spec.data.set].digest(folder, 'train'))!;
  const options = { spec, seed: 1, data, dataFolder: folder, threads: 1, needs: left };
  return trainedHere(execution, options, {
    iterations: 3,
    // Batch norm that was never trained does not normalise: features are large, and the rate is small.
    rate: spec.network.family === 'vgg' ? 1e-3 : 1e-8,
    see(feeds, { inputs }) {
      for (const [name, { dropout }] of Object.entries(inputs))
        if (dropout !== undefined) expect(new Set(feeds[name]), name).toEqual(new Set([0, 2]));
    },
  });
}

/** A training curve that ends where the schedule does. */
function ended({ schedule }: TrainSpec) {
  return { train: [{ at: schedule.iterations, error: 0, loss: 0 }] };
}

function backboneOf(network: TrainSpec['network']): Artefacts {
  const sgd = { momentum: 0, weightDecay: 0, form: 'caffe' } as const;
  const program = buildProgram({ network, imageSize: 32, sgd, trainBatch: 1, evaluationBatch: 1 });
  return filesOf({ [stateFile]: stateParts(program, initialState(program, 1)) });
}

describe('images in official layouts', () => {
  it('are resized by their shorter side, their objects with them, and lie in the corner of squares', async () => {
    const { images, truth, classes, ids } = await openImages(specFor('voc').data, folder, 'test');
    expect([images.count, ids[0], classes.length]).toEqual([6, '000001', 20]);
    // 60 x 40 would be 45 x 30: its longer side decides.
    expect(images.extents.slice(0, 2)).toEqual([
      [44, 29],
      [30, 40],
    ]);
    expect(images.scales[0]).toBeCloseTo(44 / 60, 9);
    expect(images.objects[0]!.map(({ difficult }) => difficult)).toEqual([false, true]);
    expect(images.objects[0]![0]!.box[2]).toBeCloseTo((24 * 44) / 60, 9);
    expect(truth[0]!.box).toEqual([2, 4, 24, 30]);
    const square = await images.square(0);
    const at = (x: number, y: number) => square[y * 48 + x];
    expect([at(43, 28)! > 0, at(44, 0), at(0, 29)]).toEqual([true, 0, 0]);
  });

  it('of COCO have crowds among the truth, and none among what is learned', async () => {
    const { images, truth, classes } = await openImages(specFor('coco').data, folder, 'train');
    expect(classes).toHaveLength(80);
    expect(images.objects.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 0]);
    expect(truth.filter(({ crowd }) => crowd)).toHaveLength(1);
  });

  it("of ImageNet's detection set are resized from the size of the file, and their objects from that at which they were shown", async () => {
    const { images, truth, ids } = await openImages(specFor('imagenet-det').data, folder, 'train');
    const dog = ids.indexOf('ILSVRC2013_train/n02084071/n02084071_7');
    // A file of 60 x 39 pixels, shown as 30 x 20.
    expect(images.extents[dog]).toEqual([44, 29]);
    expect(images.scales[dog]).toBeCloseTo(44 / 30, 9);
    expect(images.objects[dog]![0]!.box[2]).toBeCloseTo((21 * 44) / 30, 9);
    expect(truth.find(({ image }) => image === dog)!.box).toEqual([2, 3, 21, 19]);
    expect((await images.square(dog))[28 * 48 + 43]!).toBeGreaterThan(0);
    expect(images.objects.map(({ length }) => length)).toEqual([1, 2, 1, 0, 1]);
  });

  it("of ImageNet's detection set are refused when they have another shape than was annotated", async () => {
    const data = specFor('imagenet-det').data;
    const file = join(folder, 'Annotations/DET/val/ILSVRC2012_val_00000005.xml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('<width>60<', '<width>80<'));
    const opening = openImages(data, folder, 'test').finally(() => writeFileSync(file, text));
    await expect(opening).rejects.toThrow(
      'ILSVRC2012_val_00000005.JPEG does not have the 80 x 40 pixels of its annotation',
    );
  });

  it('are the same whether they are held in memory or decoded when they are used', async () => {
    const [held, read] = await Promise.all(
      [undefined, 0].map(kept => openImages(specFor('voc').data, folder, 'test', kept)),
    );
    for (let image = 0; image < 6; image++)
      expect(await read!.images.square(image)).toEqual(await held!.images.square(image));
    expect(read!.images.extents).toEqual(held!.images.extents);
  });

  it('that are larger than their squares are refused', async () => {
    const data = { ...specFor('voc').data, shorter: null };
    await expect(openImages(data, folder, 'test')).rejects.toThrow(
      'has 60 x 40 pixels, more than the 48 x 48',
    );
  });
});

describe.each(['voc', 'coco', 'imagenet-det'] as const)('all four steps on %s', set => {
  it('end in scores of what is found, in the pixels of the annotations', async () => {
    const spec = specFor(set);
    const { measures, files } = await trained(spec);
    const ofClasses = classMeasuresOf(spec);
    const counts = { voc: 3 * 2 * 20, coco: 2 * 80, 'imagenet-det': 2 * 200 } as const;
    expect(ofClasses).toHaveLength(counts[set]);
    const { truth } = await openImages(spec.data, folder, 'test');
    const there = new Set(truth.filter(({ difficult }) => !difficult).map(object => object.class));
    // Of the other classes nothing, or what is difficult alone, is in these images.
    const recorded = measuresOf(spec).filter(
      name => !ofClasses.includes(name) || there.has(name.slice(name.lastIndexOf('.') + 1)),
    );
    expect(Object.keys(measures).sort()).toEqual(recorded.sort());
    for (const name of recorded) {
      expect(measures[name], name).toBeGreaterThanOrEqual(0);
      expect(known[name]?.sets ?? [set], name).toContain(set);
    }
    expect(contradiction({ kind: 'train', spec }, { measures, curves: ended(spec) })).toBeNull();
    const { images, found, classes } = readDetections(files('detections.bin')!);
    const sizes = { voc: [6, 20], coco: [6, 80], 'imagenet-det': [3, 200] } as const;
    expect([images.length, classes.length]).toEqual(sizes[set]);
    expect([...found.keys()]).toEqual(['plain', 'voted', 'refined']);
    for (const own of found.get('refined')!)
      for (const { box } of own) expect(Math.max(...box)).toBeLessThanOrEqual(60.01);
  }, 60_000);
});

describe.each([true, false])('all four steps on VGG, with context: %s', context => {
  it('end in scores, at several scales too; held layers are those of the pretraining', async () => {
    const { detector, ...rest } = vggSpecFor('voc');
    const spec: TrainSpec = { ...rest, detector: { ...detector, context } };
    expect(rules.flatMap(rule => rule.broken(spec, { name: 'it' }) ?? [])).toEqual([]);
    const { measures, files } = await trained(spec);
    const ofClasses = classMeasuresOf(spec);
    for (const name of measuresOf(spec).filter(each => !ofClasses.includes(each)))
      expect(measures[name], name).toBeGreaterThanOrEqual(0);
    const { found } = readDetections(files('detections.bin')!);
    expect([...found.keys()]).toEqual(['plain', 'voted', 'refined', 'multiScale']);
    const [pretrained, left] = [backboneOf(spec.network)(stateFile)!, files(stateFile)!].map(readState);
    const same = (name: string) => `${left!.get(name)}` === `${pretrained!.get(name)}`;
    for (const name of ['conv1_1', 'conv1_2', 'conv2_1', 'conv2_2'])
      for (const part of ['weight', 'bias']) expect(same(`${name}.${part}`), name).toBe(true);
    for (const name of ['conv3_1', 'conv5_3', 'fc6', 'fc7']) expect(same(`${name}.weight`), name).toBe(false);
    expect(left!.has('fc8.weight')).toBe(false);
    expect(left!.has('cls_score.weight')).toBe(true);
  }, 60_000);
});

describe('a training', () => {
  const opened = (spec: TrainSpec, data: string) => {
    const backbone = backboneOf(spec.network);
    const options = { spec, seed: 1, data, dataFolder: folder, threads: 1, needs: { backbone } };
    return execution.openTraining(options as never);
  };
  const first = needsOf(specFor('voc'), 1).proposals!.spec as TrainSpec;
  const step = needsOf(needsOf(first, 1).regions!.spec, 1).proposals!.spec as TrainSpec;

  it('is not begun on other images than those of the plan', async () => {
    await expect(opened(step, 'of other images')).rejects.toThrow(
      'the images are not those that the run was planned with',
    );
  });

  it('is not begun on fewer images than its protocol has, not even where they are needed later', async () => {
    const { digest } = (await dataSets.voc.digest(folder))!;
    const few = (change: Partial<TrainSpec['data']>) => ({ ...step, data: { ...step.data, ...change } });
    await expect(opened(few({ trainImages: 7 }), digest)).rejects.toMatchObject({
      message: `${folder}: expected 7 images in 2007 trainval, found 6.`,
      exitCode: 4,
    });
    await expect(opened(few({ testImages: 7 }), digest)).rejects.toThrow(
      'expected 7 images in 2007 test, found 6',
    );
  });
});

it('proposals stay within each image, and there are some for each', async () => {
  const spec = specFor('voc');
  const third = needsOf(spec, 1).proposals!.spec as TrainSpec;
  const { measures, files } = await trained(third);
  const { train, test } = readProposals(files('proposals.bin')!);
  expect([train.images, test.images]).toEqual([6, 6]);
  for (let image = 0; image < 6; image++) {
    expect(test.count(image)).toBeGreaterThan(0);
    const [width, height] = image % 2 === 0 ? [44, 29] : [30, 40];
    for (const [left, top, right, bottom] of test.of(image)) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThanOrEqual(width!);
      expect(bottom).toBeLessThanOrEqual(height!);
    }
  }
  expect(measures.recall).toBeGreaterThanOrEqual(0);
}, 60_000);
