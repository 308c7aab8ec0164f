import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageSet } from '../../../ml/data/spec.ts';
import { type Box, overlap } from '../../../ml/detection/boxes.ts';
import { buildLocaliser } from '../../../ml/detection/localiser.ts';
import { Regions, sidesOf } from '../../../ml/detection/regions.ts';
import { loadTargets } from '../../manifest/load.ts';
import { networksOf } from '../../manifest/types.ts';
import { feedsFor } from '../feeds.ts';
import { anchorsFor, CropBatches, WarpedBatches } from './batches.ts';
import { chosen, kept, nearest } from './boxes.ts';
import { contradiction } from './contradiction.ts';
import { digitImages } from './digit-images.ts';
import { bestClasses, errorsOf } from './evaluate.ts';
import type { Crop, RegionSource } from './images.ts';
import { chanceOf, measuresOf } from './measures.ts';
import { rules } from './rules.ts';
import type { TrainSpec } from './spec.ts';
import { needsOf } from './steps.ts';

const [target] = await loadTargets(['table13'], 'mini');
const [faithful] = await loadTargets(['table13'], 'paper');
const paper = networksOf(faithful!)[0]!.spec as TrainSpec;
const specOf = (name: string) =>
  networksOf(target!).find(network => network.name === name)!.spec as TrainSpec;
const [rpn, rcnn, ensemble] = ['ResNet-101 RPN', 'ResNet-101 RPN + R-CNN', 'ResNet-101 ensemble'].map(specOf);

/** Two images of 16 x 16 whose pixels count up in rows. */
const images: ImageSet = {
  ...{ count: 2, channels: 3, size: 16, scale: 1, labels: Uint8Array.of(3, 0) },
  pixels: Uint8Array.from({ length: 2 * 3 * 256 }, (_, i) => i % 16),
};
const boxes = [
  [2, 2, 12, 14],
  [8, 0, 16, 12],
] as const satisfies Box[];
const mean = new Float32Array(3 * 256);
const set = digitImages(images, boxes, mean, { pad: 2, flip: true });

describe('what a step needs', () => {
  it('is the backbone, and of R-CNN the proposals', () => {
    expect(Object.keys(needsOf(rpn!, 1))).toEqual(['backbone1']);
    const { proposals1 } = needsOf(rcnn!, 2);
    expect([proposals1!.task, proposals1!.seed]).toEqual(['localisation', 2]);
    expect(proposals1!.spec).toEqual(rpn);
  });

  it('of an ensemble is everything of each member', () => {
    const needs = needsOf(ensemble!, 2);
    expect(Object.entries(needs).map(([role, { seed }]) => [role, seed])).toEqual([
      ['backbone1', 3],
      ['proposals1', 3],
      ['regions1', 3],
      ['backbone2', 4],
      ['proposals2', 4],
      ['regions2', 4],
    ]);
    expect(needs.regions1!.spec).toEqual(rcnn);
  });
});

describe('images', () => {
  it('are cropped with their boxes', () => {
    const out = new Float32Array(3 * 256);
    // Rows, columns and the side by the largest or the smallest words.
    const cropped = (...words: number[]) => {
      const crop = set.crop(0, Uint32Array.from([...words, 0])) as Crop;
      crop.write(out, 0);
      return crop.boxes;
    };
    const most = 2 ** 32 - 1;
    expect(cropped(Math.ceil((3 * 2 ** 32) / 5), 0, 0)).toEqual([[4, 1, 14, 13]]);
    expect([out[0], out[2], out[15]]).toEqual([0, 0, 13]);
    expect(cropped(2 ** 31, 2 ** 31, most)).toEqual([[4, 2, 14, 14]]);
    expect(out[0]).toBe(15);
  });

  it('are warped so that a region fills them', () => {
    const out = new Float32Array(3 * 256);
    const source = set.source(0) as RegionSource;
    source.warp([0, 0, 16, 16], 16, out, 0);
    expect([...out.subarray(0, 16)]).toEqual(Array.from({ length: 16 }, (_, i) => i));
    source.warp([4, 4, 8, 8], 4, out, 0);
    expect([...out.subarray(0, 4)]).toEqual([4, 5, 6, 7]);
  });
});

describe('batches', () => {
  it('of crops train the outputs of the true class alone', async () => {
    const spec = { ...rpn!, optimiser: { ...rpn!.optimiser, batch: 2 } };
    const feeds = feedsFor(programOf(spec, 'proposals')) as Record<string, Float32Array>;
    await new CropBatches(spec, set, 1).fill(0, feeds);
    const { targets, targetWeights } = feeds;
    expect(targetWeights!.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    const perImage = targetWeights!.length / 2;
    const classes = new Set(
      [...targetWeights!.entries()].flatMap(([i, weight]) => {
        const channel = Math.floor((i % perImage) / 16);
        return weight > 0 ? [`${Math.floor(i / perImage)} ${channel % 10}`] : [];
      }),
    );
    expect([...classes].map(each => Number(each.split(' ')[1])).sort()).toEqual([0, 3]);
    expect(targets!.some(target => target === 1)).toBe(true);
    expect(anchorsFor(spec, 16)).toHaveLength(48);
  });

  it('of crops that show nothing of the object are background, as much as there is at least', async () => {
    const spec = { ...rpn!, optimiser: { ...rpn!.optimiser, batch: 2 } };
    const feeds = feedsFor(programOf(spec, 'proposals')) as Record<string, Float32Array>;
    const unseen = { ...set, crop: (): Crop => ({ boxes: [[16, 3, 16, 9]], write: () => {} }) };
    await new CropBatches(spec, unseen, 1).fill(0, feeds);
    expect(feeds.targets!.some(Boolean) || feeds.offsetWeights!.some(Boolean)).toBe(false);
    expect([...feeds.targetWeights!].filter(Boolean)).toEqual([0.5, 0.5]);
  });

  it('of crops have anchors of all objects', async () => {
    const spec = { ...rpn!, optimiser: { ...rpn!.optimiser, batch: 1 } };
    const feeds = feedsFor(programOf(spec, 'proposals')) as Record<string, Float32Array>;
    const boxes: readonly Box[] = [
      [0, 0, 8, 8],
      [8, 8, 16, 16],
    ];
    await new CropBatches(spec, { ...set, crop: () => ({ boxes, write: () => {} }) }, 1).fill(0, feeds);
    expect([...feeds.targets!].filter(Boolean)).toHaveLength(4);
    // Positions of 4 pixels: anchors of 8 about (2, 2), ... lie nearest to the objects at four places each.
    const places = [...feeds.targets!.entries()].filter(([, target]) => target === 1).map(([i]) => i % 16);
    for (const place of places) expect([0, 1, 4, 5, 10, 11, 14, 15]).toContain(place);
  });

  it('of regions are half of the object', async () => {
    const spec = { ...rcnn!, optimiser: { ...rcnn!.optimiser, batch: 8 } };
    const feeds = feedsFor(programOf(spec, 'regions')) as Record<string, Float32Array>;
    await new WarpedBatches(spec, set, 1, regions([[[0, 0, 3, 3]], [[1, 1, 4, 4]]])).fill(0, feeds);
    expect(feeds.targets!.reduce((a, b) => a + b)).toBe(4);
    expect(feeds.targetWeights!.filter(weight => weight > 0)).toHaveLength(8);
    expect(feeds.offsetWeights!.filter(weight => weight > 0)).toHaveLength(16);
  });

  it('of regions draw any region of any image, each on the object that it overlaps most', async () => {
    const spec = { ...rcnn!, optimiser: { ...rcnn!.optimiser, batch: 8 } };
    const feeds = feedsFor(programOf(spec, 'regions')) as Record<string, Float32Array>;
    const two: readonly Box[] = [
      [0, 0, 8, 8],
      [8, 8, 16, 16],
    ];
    const seen = new Set<string>();
    const noted = {
      ...set,
      boxes: (image: number) => (image === 0 ? two : two.slice(1)),
      source: (image: number): RegionSource => ({ warp: box => seen.add(`${image} ${box}`) }),
    };
    const proposals = regions([
      [[8, 8, 16, 15]],
      [
        [0, 0, 9, 9],
        [0, 0, 5, 5],
      ],
    ]);
    const batches = new WarpedBatches(spec, noted, 1, proposals);
    for (let i = 0; i < 20; i++) {
      seen.clear();
      await batches.fill(i, feeds);
      const right = ['0 0,0,8,8', '0 8,8,16,16', '0 8,8,16,15', '1 8,8,16,16'];
      for (const each of seen) expect([...right, '1 0,0,9,9', '1 0,0,5,5']).toContain(each);
      // The region that is a row lower is moved a sixteenth of its height down, in units of a tenth.
      const moves = feeds.offsets!.filter(value => value !== 0);
      for (const move of moves)
        expect([0.5 / 7 / 0.1, Math.log(8 / 7) / 0.2].some(m => Math.abs(m - move) < 1e-5)).toBe(true);
    }
    const all = new Set<string>();
    for (let i = 0; i < 20; i++) {
      seen.clear();
      await batches.fill(i, feeds);
      for (const each of seen) all.add(each);
    }
    expect(all.size).toBe(6);
  });
});

describe('regions', () => {
  it('are those that were added', () => {
    const all: Box[][] = [
      [[0, 0.5, 1, 2]],
      [],
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8.25],
      ],
    ];
    const list = regions(all);
    expect([list.images, list.total, list.count(1), list.count(2)]).toEqual([3, 3, 0, 2]);
    expect(list.box(2, 1)).toEqual([5, 6, 7, 8.25]);
    expect(Regions.joined([list, list]).of(2)).toEqual([...all[2]!, ...all[2]!]);
  });
});

describe('the box of an image', () => {
  it('is the best one, moved by those that overlap it', () => {
    const boxes = [
      [0, 0, 10, 10],
      [0, 0, 10, 12],
      [30, 30, 40, 40],
    ] as const;
    const best = chosen({ boxes: [...boxes] as never, scores: [0.6, 0.2, 0.5] });
    expect(best![3]).toBeCloseTo((0.6 * 10 + 0.2 * 12) / 0.8, 9);
    expect(kept({ boxes: [...boxes] as never, scores: [0.6, 0.2, 0.5] }, 0.7, 5).scores).toEqual([0.6, 0.5]);
    expect(chosen({ boxes: [], scores: [] })).toBeNull();
  });

  it('counts when it overlaps the object by half, and with the class when both are right', () => {
    const found: Box[] = [boxes[0], [0, 0, 4, 4]];
    expect(overlap(found[1]!, boxes[1])).toBeLessThan(0.5);
    expect(errorsOf(found, set, image => [[1], [0]][image]!)).toEqual({
      ...{ dense: 50, classError: 50, predicted: 100 },
    });
    expect(errorsOf(found, set, image => [[3], [0]][image]!)).toEqual({
      ...{ dense: 50, classError: 0, predicted: 50 },
    });
  });

  it('counts on any of several objects, from exactly half on, and no box counts never', () => {
    const objects = {
      labels: [3, 3, 3, 3],
      boxes: (): Box[] => [
        [0, 0, 4, 4],
        [10, 10, 20, 20],
      ],
    };
    const found: (Box | null)[] = [[10, 10, 20, 15], [10, 10, 20, 14.9], null, [0, 0, 4, 3]];
    expect(errorsOf(found, objects, () => [3])).toEqual({ dense: 50, classError: 0, predicted: 50 });
    expect(nearest([9, 9, 12, 12], objects.boxes()).object).toEqual([10, 10, 20, 20]);
  });

  it('counts with any of five guesses', () => {
    const objects = { labels: [0, 6, 2, 5], boxes: (): Box[] => [[0, 0, 4, 4]] };
    const found: Box[] = [
      [0, 0, 4, 4],
      [0, 0, 4, 4],
      [5, 5, 6, 6],
      [0, 0, 4, 4],
    ];
    // By hand: 0 is third, 6 is seventh, 2 is first but its box is wrong, 5 is fifth.
    const scores = Float32Array.of(3, 1, 9, 4, 2, 1.5, 0);
    const five = () => bestClasses(scores, 5);
    expect(five()).toEqual([2, 3, 0, 4, 5]);
    expect(errorsOf(found, objects, five)).toEqual({ dense: 25, classError: 25, predicted: 50 });
    const one = () => bestClasses(scores, 1);
    expect(errorsOf(found, objects, one)).toEqual({ dense: 25, classError: 75, predicted: 100 });
  });

  it('goes with the best classes, of equal ones the first', () => {
    const scores = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 6 }), (all, most) => {
        const order = [...all.keys()].sort((a, b) => all[b]! - all[a]!);
        expect(bestClasses(Float32Array.from(all), most)).toEqual(order.slice(0, most));
      }),
    );
  });
});

it('specs and records contradict themselves in no case but these', () => {
  for (const spec of [rpn!, rcnn!, ensemble!])
    expect(rules.flatMap(rule => rule.broken(spec, { name: 'x' }) ?? [])).toEqual([]);
  const broken = rules.flatMap(
    rule => rule.broken({ ...rcnn!, before: [] } as TrainSpec, { name: 'x' }) ?? [],
  );
  expect(broken).toEqual(['0 steps before step 2, expected 1']);
  const problems = (change: object, data: object) => {
    const spec = { ...paper, ...change, data: { ...paper.data, ...data } } as TrainSpec;
    return rules.flatMap(rule => rule.broken(spec, { name: 'x' }) ?? []);
  };
  expect(problems({}, {})).toEqual([]);
  expect(problems({ tests: { ...paper.tests, guesses: 1000 } }, {})).toEqual([
    '1000 guesses of 1000 classes are always right',
  ]);
  expect(problems({}, { shorterSide: [480, 256] })).toEqual(['shorterSide [480, 256] is reversed']);
  expect(problems({}, { shorterSide: [200, 256] })).toEqual([
    'a shorter side of 200 is smaller than the crop of 224',
  ]);
  const measures = Object.fromEntries(measuresOf(ensemble!).map(name => [name, 10]));
  const of = (given: Record<string, number>) =>
    contradiction({ kind: 'train', spec: ensemble! }, { measures: given, curves: {} });
  expect(of(measures)).toBeNull();
  expect(of({ ...measures, predicted: 5 })).toContain('less than an error that it contains');
});

it('guessing is right by the number of guesses', () => {
  expect(chanceOf('classError', rpn!)).toBe(90);
  expect(chanceOf('classError', { ...rpn!, tests: { ...rpn!.tests, guesses: 5 } } as TrainSpec)).toBe(50);
  expect(chanceOf('dense', rpn!)).toBeNull();
});

function regions(all: readonly (readonly Box[])[]): Regions {
  return new Regions(all.map(sidesOf));
}

function programOf(spec: TrainSpec, half: 'proposals' | 'regions') {
  return buildLocaliser({
    ...{ half, network: spec.network, classes: spec.network.classes, anchors: spec.anchors.length },
    ...{ imageSize: spec.data.size, sgd: spec.optimiser.sgd },
    ...{ trainBatch: spec.optimiser.batch, evaluationBatch: 2 },
  });
}
