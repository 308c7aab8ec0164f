import { describe, expect, it } from 'vitest';
import { imageNetNetwork, vggNetwork } from '../../../ml/nets/spec.ts';
import { tinySpec } from '../../execute/jobs.fixture.ts';
import { schemaProblems } from '../../schema.ts';
import { settablePaths } from '../schema.ts';
import { rules } from './rules.ts';
import { type TrainSpec, trainSchema } from './spec.ts';

const imageNet: TrainSpec = {
  ...tinySpec,
  data: { set: 'imagenet', shorterSide: [256, 480], crop: 224, colour: true, testShorterSide: 256 },
  network: imageNetNetwork(34, 'A'),
};

/** What the rules say of a spec: the path that is blamed, and why. */
function broken(spec: TrainSpec, layers?: number): [string, string][] {
  expect(schemaProblems(trainSchema, spec)).toEqual([]); // a schema could not have found it
  const stated = { name: 'it', ...(layers !== undefined && { layers }) };
  return rules.flatMap(rule => {
    const why = rule.broken(spec, stated);
    return why === null ? [] : [[rule.paths[0]!, why] as [string, string]];
  });
}

const change = <P extends keyof TrainSpec>(part: P, fields: object, of: TrainSpec = tinySpec): TrainSpec => ({
  ...of,
  [part]: { ...of[part], ...fields },
});

const vgg: TrainSpec = {
  ...imageNet,
  network: vggNetwork(16),
  evaluation: { ...imageNet.evaluation, responses: false },
};

describe('what VGG cannot do', () => {
  it('is nothing of what it was published with', () => {
    expect(broken(vgg, 16)).toEqual([]);
    expect(broken(change('evaluation', { tests: [{ name: 'tenCrop', pad: 0 }] }, vgg))).toEqual([]);
    expect(broken(change('optimiser', { batch: 8, replicas: 4 }, vgg))).toEqual([]);
  });

  it.each<[string, TrainSpec, string, string]>([
    [
      'other layers than are stated',
      change('network', { depth: 19 }, vgg),
      'network.blocks',
      'these settings build 19 layers, expected 16',
    ],
    [
      'images that five poolings do not divide',
      change('data', { crop: 200 }, vgg),
      'data',
      'images have 200x200 pixels, VGG-16 halves them five times: expected a multiple of 32',
    ],
    [
      'responses',
      change('evaluation', { responses: true }, vgg),
      'evaluation.responses',
      'VGG-16 has no batch normalisation, whose outputs are the responses: expected responses: false, gradients: false',
    ],
    [
      'averaged statistics',
      change('evaluation', { statisticsBatches: 200 }, vgg),
      'evaluation.statisticsBatches',
      'VGG-16 has no batch normalisation, whose statistics are averaged: expected statisticsBatches: 0',
    ],
    [
      'images of several sizes',
      change('evaluation', { tests: [{ name: 'multiScale', sizes: [224, 256], flip: true }] }, vgg),
      'evaluation.tests',
      'fc6 of VGG-16 has weights for every position of 224x224 pixels: expected no test multiScale',
    ],
  ])('%s', (_, spec, path, why) => {
    expect(broken(spec, 16)).toEqual([[path, why]]);
  });
});

describe('settings that contradict each other', () => {
  it('are none in specs that are right', () => {
    expect(broken(tinySpec, 8)).toEqual([]);
    expect(broken(imageNet, 34)).toEqual([]);
    expect(broken({ ...imageNet, network: imageNetNetwork(50, 'B') }, 50)).toEqual([]);
    expect(broken(change('network', { widths: [4, 3, 2], shortcut: 'B' }))).toEqual([]); // B can drop channels
    expect(broken(change('schedule', { drops: [] }))).toEqual([]);
  });

  it.each<[string, TrainSpec, string, string]>([
    [
      'blocks for another number of stages than widths',
      change('network', { blocks: [1, 1] }),
      'network.widths',
      'blocks are given for 2 stages, widths for 3',
    ],
    [
      'widths that fall under option A',
      change('network', { widths: [4, 3, 2] }),
      'network.widths',
      'widths 4, 3, 2 fall, expected equal or rising: option A pads channels, it cannot drop them',
    ],
    [
      'a padding as large as the image',
      change('data', { augmentation: { pad: 8, flip: true } }),
      'data.augmentation.pad',
      'pad 8 is no smaller than the 8x8 image: a crop could hold nothing of it',
    ],
    [
      'sides reversed',
      change('data', { shorterSide: [480, 256] }, imageNet),
      'data.shorterSide',
      'shorterSide [480, 256] is reversed',
    ],
    [
      'a side smaller than the crop',
      change('data', { shorterSide: [200, 256] }, imageNet),
      'data.shorterSide',
      'a shorter side of 200 is smaller than the crop of 224',
    ],
    [
      'another number of classes',
      change('network', { classes: 100 }),
      'data',
      'cifar10 has 10 classes, but network.classes is 100',
    ],
    [
      'another number of classes of ImageNet',
      change('network', { classes: 10 }, imageNet),
      'data',
      'imagenet has 1000 classes, but network.classes is 10',
    ],
    [
      'a test twice',
      change('evaluation', {
        tests: [
          { name: 'tenCrop', pad: 0 },
          { name: 'tenCrop', pad: 4 },
        ],
      }),
      'evaluation.tests',
      'tenCrop is there twice, expected each test once',
    ],
    [
      'drops out of order',
      change('schedule', { drops: [8, 4] }),
      'schedule.drops',
      'drops 8, 4 are not increasing',
    ],
    [
      'a drop twice',
      change('schedule', { drops: [4, 4] }),
      'schedule.drops',
      'drops 4, 4 are not increasing',
    ],
    [
      'a drop after the end',
      change('schedule', { drops: [12] }),
      'schedule.drops',
      'the drop at 12 lies beyond the last of 12 iterations',
    ],
    [
      'points wider than the training',
      change('evaluation', { trainErrorEvery: 13 }),
      'evaluation.trainErrorEvery',
      'expected at most the 12 iterations there are, received 13',
    ],
    [
      'more test images than there are',
      change('evaluation', { testErrorImages: 21 }),
      'evaluation.testErrorImages',
      'expected at most the 20 test images there are, received 21',
    ],
    [
      'a batch larger than the data',
      change('optimiser', { batch: 41 }),
      'optimiser.batch',
      'expected at most the 40 training images there are, received 41',
    ],
  ])('%s', (_, spec, path, why) => {
    expect(broken(spec)).toEqual([[path, why]]);
  });

  it('a network of another depth than its name says', () => {
    expect(broken(tinySpec, 20)).toEqual([
      ['network.blocks', 'these settings build 8 layers, expected 20: 2, and 2 in each basic block'],
    ]);
    expect(broken({ ...imageNet, network: imageNetNetwork(50, 'B') }, 34)[0]![1]).toContain(
      'build 50 layers, expected 34: 2, and 3 in each bottleneck block',
    );
    expect(broken(tinySpec)).toEqual([]); // no number is stated
  });
});

it('the paths that rules name are paths of specs', () => {
  const paths = settablePaths(trainSchema);
  for (const rule of rules) for (const path of rule.paths) expect(paths.has(path), path).toBe(true);
});
