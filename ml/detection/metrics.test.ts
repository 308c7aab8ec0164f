import { describe, expect, it } from 'vitest';
import { cocoPrecisions, cocoScores } from './coco.ts';
import { goldenCases } from './golden.fixture.ts';
import { meanPrecision, vocPrecisions } from './voc.ts';

describe.each(goldenCases)('$what', ({ classes, objects, detections, voc, coco }) => {
  it.each([
    ['eleven-point', 0],
    ['area', 1],
  ] as const)('by the devkit of VOC, %s', (rule, place) => {
    const found = vocPrecisions(detections, objects, classes, rule);
    for (const name of classes) {
      const expected = voc[name];
      if (expected) expect(found.get(name), name).toBeCloseTo(expected[place], 12);
      else expect(found.get(name), name).toBeNull();
    }
    const known = Object.values(voc).flatMap(each => (each ? [each[place]] : []));
    const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
    expect(meanPrecision(found)).toBeCloseTo(mean, 12);
  });

  it('by pycocotools', () => {
    const found = Object.values(cocoScores(detections, objects, classes)).map(value => value ?? -1);
    for (const [i, value] of coco.entries()) expect(found[i], String(i)).toBeCloseTo(value, 10);
  });
});

it('finds nothing in nothing', () => {
  expect(vocPrecisions([], [], ['a'], 'area')).toEqual(new Map([['a', null]]));
  expect(meanPrecision(new Map([['a', null]]))).toBeNull();
  expect(new Set(Object.values(cocoScores([], [], ['a'])))).toEqual(new Set([null]));
  const objects = [{ image: 1, class: 'a', box: [0, 0, 10, 10] as const }];
  expect(vocPrecisions([], objects, ['a'], 'eleven-point').get('a')).toBe(0);
  expect(cocoScores([], objects, ['a'])).toMatchObject({ ap: 0, apSmall: 0, apLarge: null, ar100: 0 });
  expect(cocoPrecisions([], objects, ['a']).get('a')).toEqual(Array(10).fill(0));
});
