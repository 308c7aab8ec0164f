import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from './boxes.ts';
import type { Detection, TrueObject } from './truth.ts';
import { leastOverlap, vocPrecisions } from './voc.ts';

/** A box as the annotations have it: pixel indices from 0, corners included. */
function inclusive(xmin: number, ymin: number, xmax: number, ymax: number): Box {
  return [xmin, ymin, xmax + 1, ymax + 1];
}

const at = (box: Box, image = 1): TrueObject => ({ image, class: 'a', box });
const found = (score: number, box: Box, image = 1): Detection => ({ image, class: 'a', score, box });
const area = (detections: readonly Detection[], objects: readonly TrueObject[], matching?: 'ilsvrc') =>
  vocPrecisions(detections, objects, ['a'], 'area', matching).get('a');

describe("the least overlap of ILSVRC's rule", () => {
  it('is w h / ((w + 10) (h + 10)) of a small object, and a half of any other', () => {
    const least = (width: number, height: number) =>
      leastOverlap({ box: [3, 4, 3 + width, 4 + height] }, 'ilsvrc');
    expect(least(10, 10)).toBe(1 / 4);
    expect(least(20, 20)).toBe(4 / 9);
    expect(least(1, 1)).toBe(1 / 121);
    expect(least(10, 1000)).toBe(10000 / 20200); // 50/101: a thin object is never large
    expect(least(24, 24)).toBe(576 / 1156);
    expect(least(25, 25)).toBe(1 / 2);
    expect(least(500, 300)).toBe(1 / 2);
    expect(leastOverlap({ box: [0, 0, 10, 10] }, 'voc')).toBe(1 / 2);
  });

  it('is never more than a half', () => {
    const side = fc.double({ min: 0.1, max: 5000, noNaN: true });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const least = leastOverlap({ box: [0, 0, width, height] }, 'ilsvrc');
        expect(least).toBeGreaterThan(0);
        expect(least).toBeLessThanOrEqual(0.5);
      }),
    );
  });
});

describe("the development kit's example: an object of 10 x 10 pixels in a detection of 20 x 20", () => {
  const object = at(inclusive(10, 10, 19, 19));
  it('is found, at an overlap of 100/400, and would not be by VOC', () => {
    const detections = [found(0.9, inclusive(5, 5, 24, 24))];
    expect(area(detections, [object], 'ilsvrc')).toBe(1);
    expect(area(detections, [object])).toBe(0);
  });

  it('is not found by one that is a pixel wider', () => {
    expect(area([found(0.9, inclusive(5, 5, 25, 24))], [object], 'ilsvrc')).toBe(0); // 100/420
  });
});

describe('objects and detections', () => {
  const [left, right] = [at(inclusive(0, 0, 99, 99)), at(inclusive(20, 0, 119, 99))];

  it('a detection takes the best of the objects that are still free: by VOC it would be wrong', () => {
    // The second overlaps the taken one by 19/21, and the free one by 17/23.
    const detections = [found(0.9, inclusive(0, 0, 99, 99)), found(0.8, inclusive(5, 0, 104, 99))];
    expect(area(detections, [left, right], 'ilsvrc')).toBe(1);
    expect(area(detections, [left, right])).toBe(1 / 2);
  });

  it('a second detection of the only object is wrong', () => {
    // Right, wrong, right: precisions 1 and 2/3 at recalls 1/2 and 1.
    const detections = [
      found(0.9, inclusive(0, 0, 99, 99)),
      found(0.8, inclusive(0, 0, 99, 98)),
      found(0.7, inclusive(20, 0, 119, 99), 2),
    ];
    expect(area(detections, [left, { ...right, image: 2 }], 'ilsvrc')).toBeCloseTo(5 / 6, 15);
  });

  it('of equal overlaps the first object is taken: the second is left for the next detection', () => {
    // The first lies between both, 50/100 of each. Were the second object taken, its own detection would be wrong.
    const objects = [at(inclusive(0, 0, 49, 9)), at(inclusive(50, 0, 99, 9))];
    const detections = [found(0.9, inclusive(0, 0, 99, 9)), found(0.8, inclusive(50, 0, 99, 9))];
    expect(area(detections, objects, 'ilsvrc')).toBe(1);
    expect(area(detections, [...objects].reverse(), 'ilsvrc')).toBe(1 / 2);
  });

  it('the smaller object may be near enough where the larger one, more overlapped, is not', () => {
    const detections = [found(0.9, inclusive(0, 0, 19, 19))];
    const small = at(inclusive(5, 5, 14, 14)); // 100/400, needs 1/4
    const large = at(inclusive(0, 0, 99, 7)); // 160/1040, needs more
    expect(area(detections, [large, small], 'ilsvrc')).toBeCloseTo(1 / 2, 15);
    const larger = at(inclusive(0, 0, 19, 44)); // 400/900 of 1/2
    expect(area(detections, [larger, small], 'ilsvrc')).toBeCloseTo(1 / 2, 15);
    expect(area([...detections, found(0.8, inclusive(0, 0, 19, 44))], [larger, small], 'ilsvrc')).toBe(1);
  });

  it('of equal scores the first detection comes first', () => {
    const detections = [found(0.5, inclusive(0, 0, 99, 99)), found(0.5, inclusive(200, 0, 300, 99))];
    expect(area(detections, [left], 'ilsvrc')).toBe(1);
    expect(area([...detections].reverse(), [left], 'ilsvrc')).toBe(1 / 2);
  });
});

const corner = fc.integer({ min: 0, max: 60 });
/** Boxes with a least side. */
const boxes = (least: number) =>
  fc
    .tuple(
      corner,
      corner,
      fc.integer({ min: least, max: least + 40 }),
      fc.integer({ min: least, max: least + 40 }),
    )
    .map(([x, y, width, height]): Box => [x, y, x + width, y + height]);
const cases = (least: number) =>
  fc.record({
    objects: fc.array(
      fc.record({ image: fc.integer({ min: 1, max: 3 }), class: fc.constant('a'), box: boxes(least) }),
      { minLength: 1, maxLength: 7 },
    ),
    detections: fc.array(
      fc.record({
        image: fc.integer({ min: 1, max: 3 }),
        class: fc.constant('a'),
        score: fc.integer({ min: 0, max: 5 }).map(tenths => tenths / 10),
        box: boxes(least),
      }),
      { maxLength: 12 },
    ),
  });

it("equals VOC's rule where objects are large and no image has two of a class", () => {
  fc.assert(
    fc.property(cases(25), ({ objects, detections }) => {
      const alone = objects.filter((each, i) => objects.findIndex(({ image }) => image === each.image) === i);
      expect(area(detections, alone, 'ilsvrc')).toBe(area(detections, alone));
    }),
    { numRuns: 300 },
  );
});

it('is the routine of the development kit, image by image', () => {
  fc.assert(
    fc.property(cases(1), ({ objects, detections }) => {
      expect(area(detections, objects, 'ilsvrc')).toBeCloseTo(byTheKit(detections, objects), 12);
    }),
    { numRuns: 500 },
  );
});

/** eval_detection.m and VOCap.m in their own order: images first, corners included, recalls and precisions as lists. */
function byTheKit(detections: readonly Detection[], objects: readonly TrueObject[]): number {
  const judged: { score: number; right: boolean }[] = [];
  for (const image of [1, 2, 3]) {
    const truth = objects.filter(each => each.image === image).map(({ box }) => ({ box, detected: false }));
    const best = detections.filter(each => each.image === image).sort((a, b) => b.score - a.score);
    for (const { score, box } of best) {
      const [x1, y1, x2, y2] = [box[0], box[1], box[2] - 1, box[3] - 1];
      let [most, match] = [Number.NEGATIVE_INFINITY, -1];
      for (const [k, { box: own, detected }] of truth.entries()) {
        if (detected) continue;
        const [a1, b1, a2, b2] = [own[0], own[1], own[2] - 1, own[3] - 1];
        const iw = Math.min(x2, a2) - Math.max(x1, a1) + 1;
        const ih = Math.min(y2, b2) - Math.max(y1, b1) + 1;
        if (iw <= 0 || ih <= 0) continue;
        const [w, h] = [a2 - a1 + 1, b2 - b1 + 1];
        const union = (x2 - x1 + 1) * (y2 - y1 + 1) + w * h - iw * ih;
        const shared = (iw * ih) / union;
        if (shared >= Math.min(0.5, (w * h) / ((w + 10) * (h + 10))) && shared > most)
          [most, match] = [shared, k];
      }
      if (match >= 0) truth[match]!.detected = true;
      judged.push({ score, right: match >= 0 });
    }
  }
  // Equal scores stay in the order of the images; here they come in that of the list.
  const order = detections
    .map(({ image, score }, i) => ({ image, score, i }))
    .sort((a, b) => b.score - a.score);
  const places = [1, 2, 3].flatMap(image => order.filter(each => each.image === image).map(({ i }) => i));
  const outcome = new Map(places.map((place, i) => [place, judged[i]!.right]));
  const [recall, precision] = [[0], [0]];
  let [right, seen] = [0, 0];
  for (const { i } of order) {
    seen++;
    if (outcome.get(i)) right++;
    recall.push(right / objects.length);
    precision.push(right / seen);
  }
  recall.push(1);
  precision.push(0);
  for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i]!, precision[i + 1]!);
  return recall.reduce((sum, each, i) => (i === 0 ? 0 : sum + (each - recall[i - 1]!) * precision[i]!), 0);
}
