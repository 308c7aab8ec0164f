import { describe, expect, it } from 'vitest';
import type { ImageSet } from '../../../ml/data/spec.ts';
import { overlap } from '../../../ml/detection/boxes.ts';
import { buildLocaliser } from '../../../ml/detection/localiser.ts';
import { loadTargets } from '../../manifest/load.ts';
import { networksOf } from '../../manifest/types.ts';
import { feedsFor } from '../feeds.ts';
import { anchorsFor, CropBatches, WarpedBatches } from './batches.ts';
import { chosen, kept } from './boxes.ts';
import { contradiction } from './contradiction.ts';
import { type LocalisationData, writeCrop, writeRegion } from './data.ts';
import { errorsOf } from './evaluate.ts';
import { measuresOf } from './measures.ts';
import { rules } from './rules.ts';
import type { TrainSpec } from './spec.ts';
import { needsOf } from './steps.ts';

const [target] = await loadTargets(['table13'], 'mini');
const specOf = (name: string) =>
  networksOf(target!).find(network => network.name === name)!.spec as TrainSpec;
const [rpn, rcnn, ensemble] = ['ResNet-101 RPN', 'ResNet-101 RPN + R-CNN', 'ResNet-101 ensemble'].map(specOf);

/** Two images of 16 x 16 whose pixels count up in rows. */
const images: ImageSet = {
  ...{ count: 2, channels: 3, size: 16, scale: 1, labels: Uint8Array.of(3, 0) },
  pixels: Uint8Array.from({ length: 2 * 3 * 256 }, (_, i) => i % 16),
};
const set = {
  images,
  boxes: [
    [2, 2, 12, 14],
    [8, 0, 16, 12],
  ] as const,
};
const data: LocalisationData = { train: set, test: set, mean: new Float32Array(3 * 256) };

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
    expect(writeCrop(set, data.mean, 0, [1, -2, false], out, 0)).toEqual([4, 1, 14, 13]);
    expect([out[0], out[2], out[15]]).toEqual([0, 0, 13]);
    expect(writeCrop(set, data.mean, 0, [0, 0, true], out, 0)).toEqual([4, 2, 14, 14]);
    expect(out[0]).toBe(15);
  });

  it('are warped so that a region fills them', () => {
    const out = new Float32Array(3 * 256);
    writeRegion(set, data.mean, 0, [0, 0, 16, 16], 16, out, 0);
    expect([...out.subarray(0, 16)]).toEqual(Array.from({ length: 16 }, (_, i) => i));
    writeRegion(set, data.mean, 0, [4, 4, 8, 8], 4, out, 0);
    expect([...out.subarray(0, 4)]).toEqual([4, 5, 6, 7]);
  });
});

describe('batches', () => {
  it('of crops train the outputs of the true class alone', () => {
    const spec = { ...rpn!, optimiser: { ...rpn!.optimiser, batch: 2 } };
    const feeds = feedsFor(programOf(spec, 'proposals')) as Record<string, Float32Array>;
    new CropBatches(spec, data, 1).fill(0, feeds);
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

  it('of regions are half of the object', () => {
    const spec = { ...rcnn!, optimiser: { ...rcnn!.optimiser, batch: 8 } };
    const feeds = feedsFor(programOf(spec, 'regions')) as Record<string, Float32Array>;
    new WarpedBatches(spec, data, 1, [[[0, 0, 3, 3]], [[1, 1, 4, 4]]]).fill(0, feeds);
    expect(feeds.targets!.reduce((a, b) => a + b)).toBe(4);
    expect(feeds.targetWeights!.filter(weight => weight > 0)).toHaveLength(8);
    expect(feeds.offsetWeights!.filter(weight => weight > 0)).toHaveLength(16);
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
    expect(best[3]).toBeCloseTo((0.6 * 10 + 0.2 * 12) / 0.8, 9);
    expect(kept({ boxes: [...boxes] as never, scores: [0.6, 0.2, 0.5] }, 0.7, 5).scores).toEqual([0.6, 0.5]);
  });

  it('counts when it overlaps the object by half, and with the class when both are right', () => {
    const found = [set.boxes[0], [0, 0, 4, 4]] as const;
    expect(overlap(found[1], set.boxes[1])).toBeLessThan(0.5);
    expect(errorsOf(found, set, [1, 0])).toEqual({ dense: 50, classError: 50, predicted: 100 });
    expect(errorsOf(found, set, [3, 0])).toEqual({ dense: 50, classError: 0, predicted: 50 });
  });
});

it('specs and records contradict themselves in no case but these', () => {
  for (const spec of [rpn!, rcnn!, ensemble!])
    expect(rules.flatMap(rule => rule.broken(spec, { name: 'x' }) ?? [])).toEqual([]);
  const broken = rules.flatMap(
    rule => rule.broken({ ...rcnn!, before: [] } as TrainSpec, { name: 'x' }) ?? [],
  );
  expect(broken).toEqual(['0 steps before step 2, expected 1']);
  const measures = Object.fromEntries(measuresOf(ensemble!).map(name => [name, 10]));
  const of = (given: Record<string, number>) =>
    contradiction({ kind: 'train', spec: ensemble! }, { measures: given, curves: {} });
  expect(of(measures)).toBeNull();
  expect(of({ ...measures, predicted: 5 })).toContain('less than an error that it contains');
});

function programOf(spec: TrainSpec, half: 'proposals' | 'regions') {
  return buildLocaliser({
    ...{ half, network: spec.network, classes: spec.network.classes, anchors: spec.anchors.length },
    ...{ imageSize: spec.data.size, sgd: spec.optimiser.sgd },
    ...{ trainBatch: spec.optimiser.batch, evaluationBatch: 2 },
  });
}
