import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from '../../../ml/detection/boxes.ts';
import type { Found } from '../../../ml/detection/detect.ts';
import { goldenCases } from '../../../ml/detection/golden.fixture.ts';
import { Regions, sidesOf } from '../../../ml/detection/regions.ts';
import { vggNetwork } from '../../../ml/nets/spec.ts';
import { loadTargets } from '../../manifest/load.ts';
import { networksOf } from '../../manifest/types.ts';
import { jobKey } from '../../record/keys.ts';
import { expectReadable, proposalsParts, readProposals } from '../proposals-file.ts';
import type { Released } from '../task.ts';
import { nearestPair } from './classify.ts';
import { contradiction } from './contradiction.ts';
import { detectionsParts, readDetections } from './detections-file.ts';
import { measures, measuresOf } from './measures.ts';
import { rules } from './rules.ts';
import { scored } from './score.ts';
import type { TrainSpec } from './spec.ts';
import { needsOf, releasedOf } from './steps.ts';
import { workloadOf } from './workload.ts';

const target = await loadTargets(['table9', 'table12', 'table10'], 'mini');
const specOf = (name: string) =>
  target.flatMap(networksOf).find(network => network.name === name)!.spec as TrainSpec;
const detector = specOf('ResNet-101 COCO');
const [table7] = await loadTargets(['table7'], 'released');
const onReleased = networksOf(table7!).find(({ skipped }) => !skipped)!.spec as TrainSpec;
const joined = (parts: readonly Uint8Array[]) => Buffer.concat(parts.map(part => Buffer.from(part)));
const float = fc.float({ min: -100, max: 100, noNaN: true, noDefaultInfinity: true });
const box = fc.tuple(float, float, float, float) as fc.Arbitrary<Box>;

describe('what a step needs', () => {
  it('is the steps before it, down to the backbone', () => {
    const { regions, proposals } = needsOf(detector, 3);
    expect([regions!.label, proposals!.label, proposals!.seed]).toEqual(['step 2', 'step 3', 3]);
    const second = regions!.spec as TrainSpec;
    expect([second.step, second.schedule.iterations, second.before.length]).toEqual([2, 1200, 1]);
    expect(Object.values(needsOf(second, 3)).map(({ task, label }) => [task, label])).toEqual([
      ['classification', 'pretraining'],
      ['detection', 'step 1'],
    ]);
    expect(needsOf(proposals!.spec, 3).regions!.spec).toEqual(second);
  });

  it('is shared by detectors that differ later', () => {
    const context = specOf('ResNet-101 COCO context');
    const first = (spec: TrainSpec) => needsOf(needsOf(spec, 1).regions!.spec, 1).proposals!.spec;
    expect(first(context)).toEqual(first(detector));
    expect(needsOf(context, 1).regions!.spec).not.toEqual(needsOf(detector, 1).regions!.spec);
  });

  it('is no pretraining where the weights of the backbone are released, and their digest is in the key', () => {
    const step = (spec: TrainSpec, number: 1 | 2) => {
      const second = needsOf(spec, 1).regions!.spec as TrainSpec;
      return number === 2 ? second : (needsOf(second, 1).proposals!.spec as TrainSpec);
    };
    const [first, second] = [step(onReleased, 1), step(onReleased, 2)];
    expect(Object.keys(needsOf(first, 1))).toEqual([]);
    expect(Object.keys(needsOf(second, 1))).toEqual(['proposals']);
    const { pretraining } = onReleased as { pretraining: { released: Released } };
    expect([first, second].map(releasedOf)).toEqual([pretraining.released, pretraining.released]);
    expect([onReleased, needsOf(onReleased, 1).proposals!.spec].map(releasedOf)).toEqual([null, null]);
    const keyOf = (spec: TrainSpec) =>
      jobKey({
        ...{ version: 2, kind: 'train', task: 'detection', spec, seed: 1, inputs: { data: '' } },
        ...{ backend: 'reference', numerics: 1 },
      });
    const other = { ...pretraining.released, integrity: `sha512-${'a'.repeat(86)}==` };
    expect(keyOf({ ...first, pretraining: { released: other } as never })).not.toBe(keyOf(first));
  });

  it('of an ensemble is detectors of seeds of its own, as they are tested alone', () => {
    const ensemble = specOf('ResNet-101 COCO ensemble');
    const needs = needsOf(ensemble, 2);
    expect(Object.entries(needs).map(([role, { seed }]) => [role, seed])).toEqual([
      ['detector1', 4],
      ['proposals1', 4],
      ['detector2', 5],
      ['proposals2', 5],
      ['detector3', 6],
      ['proposals3', 6],
    ]);
    expect(needs.detector1!.spec).toEqual(specOf('ResNet-101 COCO context'));
    expect(needs.proposals1!.spec).toEqual(needsOf(specOf('ResNet-101 COCO context'), 4).proposals!.spec);
  });

  it('of one that is fine-tuned is a detector on the other data', () => {
    const { backbone } = needsOf(needsOf(specOf('ResNet-101 07+12 +++'), 1).regions!.spec, 1);
    const from = backbone!.spec as TrainSpec;
    expect([from.step, from.data.set, from.from]).toEqual([4, 'digits-coco', null]);
    expect(needsOf(from, 1).regions!.spec).toEqual(
      needsOf(specOf('ResNet-101 COCO context'), 1).regions!.spec,
    );
  });
});

describe('memory of a step', () => {
  it('is what was measured on digits', () => {
    const second = needsOf(detector, 1).regions!.spec as TrainSpec;
    const first = needsOf(second, 1).proposals!.spec as TrainSpec;
    const third = needsOf(detector, 1).proposals!.spec as TrainSpec;
    const peaks = new Map([
      [first, 373],
      [second, 275],
      [third, 395],
      [detector, 922],
    ]);
    for (const [spec, peak] of peaks) {
      expect(Math.abs(workloadOf('train', spec).memoryMiB / peak - 1), `step ${spec.step}`).toBeLessThan(0.2);
    }
  });

  it("counts photographs' values and the parameters of VGG-16", async () => {
    const [paper] = await loadTargets(['table7'], 'paper');
    const of = (name: string) => networksOf(paper!).find(network => network.name.startsWith(name))!;
    const memory = (name: string) => workloadOf('train', of(name).spec as TrainSpec).memoryMiB;
    expect(memory('ResNet-101')).toBeGreaterThan(3000);
    // 137 million parameters, four times, are 2.1 GB.
    expect(memory('VGG-16')).toBeGreaterThan(4000);
  });
});

describe('files of a detector', () => {
  it('proposals are read as they were written', () => {
    const images = fc.array(fc.array(box, { maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(images, images, (train, test) => {
        const sets = { train: regionsOf(train), test: regionsOf(test) };
        const read = readProposals(joined(proposalsParts(sets)));
        expect([boxesOf(read.train), boxesOf(read.test)]).toEqual([train, test]);
        const union = Regions.joined([sets.train, regionsOf(train.map(own => own.slice(1)))]);
        expect(boxesOf(union)).toEqual(train.map(own => [...own, ...own.slice(1)]));
      }),
      { numRuns: 40 },
    );
  });

  it('proposals that Node could not read are refused before anything is trained', () => {
    const ofDet = 476_000 * 2000; // ImageNet's detection set: 15 GB
    expect(() => expectReadable(ofDet, 4 * 2 ** 30)).toThrow(
      /may take 14\.2 GiB, and Node v.* reads 4\.0 GiB/,
    );
    expect(() => expectReadable(ofDet, 2 ** 53)).not.toThrow();
    expect(() => expectReadable(2000 * 82_783, 2 ** 32)).not.toThrow(); // COCO 2014
  });

  it('detections are read as they were written', () => {
    const found = fc.record({
      class: fc.integer({ min: 0, max: 9 }),
      score: float,
      box,
    }) as fc.Arbitrary<Found>;
    const images = fc.array(fc.array(found, { maxLength: 4 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(images, images, (plain, refined) => {
        const names = { classes: ['one', 'two'], images: ['a', 'b'] };
        const sets = new Map([
          ['plain', plain],
          ['refined', refined],
        ]);
        expect(readDetections(joined(detectionsParts(names, sets)))).toEqual({ ...names, found: sets });
      }),
      { numRuns: 40 },
    );
  });
});

describe('scores', () => {
  // Equal scores count in the order in which detections come, which is by image here.
  const cases = goldenCases.filter(({ what }) => !what.startsWith('equal scores'));
  it.each(cases.map(each => [each.what, each] as const))(
    'of %s are those of the development kit',
    (_, golden) => {
      const { detections, objects, classes, voc } = golden;
      const images = Math.max(0, ...[...detections, ...objects].map(({ image }) => image)) + 1;
      const found = Array.from({ length: images }, (_, image) =>
        detections
          .filter(each => each.image === image)
          .map(({ class: name, score, box }) => ({ class: classes.indexOf(name), score, box })),
      );
      const { all, each } = scored(found, objects, classes);
      const known = Object.entries(voc).filter(([, value]) => value !== null);
      const mean = (rule: 0 | 1) =>
        known.reduce((sum, [, value]) => sum + value![rule], 0) / (known.length || 1);
      expect(all.elevenPoint).toBeCloseTo(100 * mean(0), 9);
      expect(all.area).toBeCloseTo(100 * mean(1), 9);
      for (const [name, value] of known) expect(each[`area.${name}`]).toBeCloseTo(100 * value![1], 9);
      expect(Object.keys(each)).toHaveLength(2 * known.length);
    },
  );
});

describe('several scales', () => {
  it('are the adjacent pair whose sides are nearest to what the backbone was pretrained on', () => {
    expect(nearestPair([4, 8, 16, 32], 16)).toBe(1);
    expect(nearestPair([1, 2, 3], 100)).toBe(1);
    expect(nearestPair([200, 400], 1)).toBe(0);
  });
});

describe('specs and records', () => {
  it('have measures that are known', () => {
    for (const network of target.flatMap(networksOf))
      for (const name of measuresOf(network.spec)) expect(measures).toHaveProperty([name]);
    expect(measuresOf(detector)).toContain('refined.coco50');
    expect(measuresOf(specOf('ResNet-101 COCO ensemble'))).not.toContain('trainError');
  });

  it.each<[string, Partial<TrainSpec>, string]>([
    ['steps that are missing', { before: [] }, '0 steps before step 4, expected 3'],
    ['a size that does not fit', { data: { ...detector.data, size: 49 } }, 'no multiple of the features'],
    ['images that do not fit', { data: { ...detector.data, longer: 50 } }, 'do not fit into squares of 48'],
    [
      'iterations of an ensemble',
      { step: 5, before: [...detector.before, detector.before[0]!] },
      '400 iterations in step 5, expected none',
    ],
    [
      'a test on the way',
      { evaluation: { trainErrorEvery: 1, testErrorEvery: 1 } },
      'a detector is tested at the end',
    ],
  ])('with %s are refused', (_, change, message) => {
    const spec = { ...detector, ...change };
    const broken = rules.flatMap(rule => rule.broken(spec, { name: 'x' }) ?? []);
    expect(broken.join('; ')).toContain(message);
    expect(rules.flatMap(rule => rule.broken(detector, { name: 'x' }) ?? [])).toEqual([]);
  });

  const pretrained = detector.pretraining as Exclude<TrainSpec['pretraining'], { released: unknown }>;
  const pretraining: typeof pretrained = {
    ...pretrained,
    data: { set: 'imagenet', shorterSide: [256, 512], crop: 224, colour: true, testShorterSide: 256 },
    evaluation: { ...pretrained.evaluation, statisticsBatches: 0 },
  };
  const onVgg: TrainSpec = {
    ...detector,
    network: vggNetwork(16),
    detector: { ...detector.detector, bins: 7 },
    pretraining,
  };
  it.each<[string, Partial<TrainSpec>, string]>([
    ['bins of another number than fc6 reads', { detector: detector.detector }, 'expected the 7x7 positions'],
    [
      'averaged statistics of a backbone that has none',
      { pretraining: { ...pretraining, evaluation: pretrained.evaluation } },
      'expected statisticsBatches: 0',
    ],
    [
      'a backbone that was pretrained on images that its poolings do not divide',
      { pretraining: { ...pretraining, data: pretrained.data } },
      'images have 16x16 pixels, VGG-16 halves them five times',
    ],
    [
      'tests at sizes that the stride does not divide',
      {
        detections: {
          ...detector.detections,
          tests: [{ name: 'multiScale', refine: true, voting: true, sizes: [32, 40] }],
        },
      },
      "images are tested at 40 pixels, expected multiples of the features' stride 16",
    ],
    ['a size that the stride does not divide', { data: { ...detector.data, size: 56 } }, 'stride 16'],
  ])('on VGG, with %s, are refused', (_, change, message) => {
    const said = (spec: TrainSpec) => rules.flatMap(rule => rule.broken(spec, { name: 'x' }) ?? []);
    expect(said(onVgg)).toEqual([]);
    expect(said({ ...onVgg, ...change }).join('; ')).toContain(message);
  });

  it('agree with each other', () => {
    const names = [...measuresOf(detector), 'area.two', 'elevenPoint.nine'];
    const whole = Object.fromEntries(names.map(name => [name, 1]));
    const curves = { train: [{ at: 400, error: 1, loss: 1 }] };
    const of = (given: Record<string, number>, drawn: typeof curves = curves) =>
      contradiction({ kind: 'train', spec: detector }, { measures: given, curves: drawn });
    expect(of(whole)).toBeNull();
    const { coco: _, ...less } = whole;
    expect(of(less)).toBe('result.measures: coco is missing');
    expect(of({ ...whole, 'area.dog': 1 })).toBe('result.measures: area.dog is not measured by this spec');
    expect(of({ ...whole, 'refined.area.two': 1 })).toContain('refined.area.two is not measured');
    expect(of({ ...whole, recall: 1 })).toBe('result.measures: recall is not measured by this spec');
    expect(of(whole, { train: [{ at: 300, error: 1, loss: 1 }] })).toContain(
      'does not end after iteration 400',
    );
  });
});

function regionsOf(images: readonly (readonly Box[])[]): Regions {
  return new Regions(images.map(sidesOf));
}

function boxesOf(regions: Regions): Box[][] {
  return Array.from({ length: regions.images }, (_, image) => regions.of(image));
}
