import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorsOf, labelled } from './anchors.ts';
import { area, type Box, clipped, decoded, encoded, intersection, overlap } from './boxes.ts';
import { mostInBin, roiBins } from './roi-bins.ts';
import { byScore, suppressed, voted } from './suppression.ts';

const whole = fc.integer({ min: 0, max: 60 });
/** Boxes with whole sides, none empty. */
const box = fc
  .tuple(whole, whole, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .map(([x, y, w, h]): Box => [x, y, x + w, y + h]);
const scored = fc.array(fc.tuple(box, fc.integer({ min: 0, max: 5 })), { maxLength: 25 });

/** Pixels of a box, counted one by one. */
function pixels([left, top, right, bottom]: Box): Set<number> {
  const found = new Set<number>();
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) found.add(1000 * y + x);
  return found;
}

describe('boxes', () => {
  it('overlap by the pixels that they share', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        const [own, other] = [pixels(a), pixels(b)];
        const shared = [...own].filter(pixel => other.has(pixel)).length;
        expect(area(a)).toBe(own.size);
        expect(intersection(a, b)).toBe(shared);
        expect(overlap(a, b)).toBeCloseTo(shared / (own.size + other.size - shared), 12);
        expect(overlap(a, b)).toBe(overlap(b, a));
      }),
      { numRuns: 60 },
    );
  });

  it('overlap by as much wherever they lie and however large a pixel is', () => {
    fc.assert(
      fc.property(box, box, whole, fc.integer({ min: 1, max: 8 }), (a, b, shift, scale) => {
        const moved = (each: Box) => each.map(side => scale * (side + shift)) as unknown as Box;
        expect(overlap(moved(a), moved(b))).toBeCloseTo(overlap(a, b), 12);
      }),
    );
  });

  it('that are empty or inside out overlap nothing', () => {
    for (const empty of [
      [5, 5, 5, 9],
      [9, 9, 2, 2],
    ] as const) {
      expect(area(empty)).toBe(0);
      expect(overlap(empty, [0, 0, 20, 20])).toBe(0);
      expect(overlap(empty, empty)).toBe(0);
    }
  });

  it('are clipped to what lies within, twice as once', () => {
    fc.assert(
      fc.property(box, whole, whole, (each, width, height) => {
        const within = clipped(each, width, height);
        expect(area(within)).toBe(intersection(each, [0, 0, width, height]));
        expect(clipped(within, width, height)).toEqual(within);
      }),
    );
  });

  it('come back from their offsets, which do not depend on place or size', () => {
    fc.assert(
      fc.property(box, box, whole, (object, reference, shift) => {
        const offsets = encoded(object, reference);
        for (const [i, side] of decoded(offsets, reference).entries())
          expect(side).toBeCloseTo(object[i]!, 9);
        const moved = (each: Box) => each.map(side => 3 * (side + shift)) as unknown as Box;
        for (const [i, offset] of encoded(moved(object), moved(reference)).entries())
          expect(offset).toBeCloseTo(offsets[i]!, 9);
      }),
    );
  });

  it('stay finite, whatever a net says', () => {
    for (const side of decoded([0, 0, 1e4, 1e4], [0, 0, 10, 10])) expect(Number.isFinite(side)).toBe(true);
  });
});

describe('suppression', () => {
  it('keeps boxes that overlap each other little, and drops none without a better one', () => {
    fc.assert(
      fc.property(scored, fc.constantFrom(0, 0.3, 0.5, 0.7), (all, threshold) => {
        const [boxes, scores] = [all.map(([each]) => each), all.map(([, score]) => score)];
        const kept = suppressed(boxes, scores, threshold);
        const rank = new Map(byScore(scores).map((place, i) => [place, i]));
        for (const [i, a] of kept.entries())
          for (const b of kept.slice(0, i)) {
            expect(overlap(boxes[a]!, boxes[b]!)).toBeLessThanOrEqual(threshold);
            expect(rank.get(b)!).toBeLessThan(rank.get(a)!);
          }
        for (const [place, each] of boxes.entries()) {
          if (kept.includes(place)) continue;
          const better = kept.filter(other => rank.get(other)! < rank.get(place)!);
          expect(better.some(other => overlap(boxes[other]!, each) > threshold)).toBe(true);
        }
        expect(suppressed(boxes, scores, threshold, 3)).toEqual(kept.slice(0, 3));
        expect(suppressed(boxes, scores, 1)).toEqual(byScore(scores));
      }),
    );
  });

  it('lets boxes vote: alone they stay, and all lie within what voted', () => {
    fc.assert(
      fc.property(scored, all => {
        const [boxes, scores] = [all.map(([each]) => each), all.map(([, score]) => score)];
        const kept = suppressed(boxes, scores, 0.3);
        for (const [i, result] of voted(kept, boxes, scores).entries()) {
          const own = boxes[kept[i]!]!;
          const voters = boxes.filter((each, j) => scores[j]! > 0 && overlap(each, own) >= 0.5);
          if (voters.length === 0) expect(result).toEqual(own);
          for (let side = 0; side < 4; side++) {
            const sides = voters.length === 0 ? [own[side]!] : voters.map(each => each[side]!);
            expect(result[side]).toBeGreaterThanOrEqual(Math.min(...sides) - 1e-9);
            expect(result[side]).toBeLessThanOrEqual(Math.max(...sides) + 1e-9);
          }
        }
      }),
    );
    expect(
      voted(
        [0],
        [
          [0, 0, 10, 10],
          [0, 0, 10, 12],
        ],
        [0.75, 0.25],
      ),
    ).toEqual([[0, 0, 10, 10.5]]);
  });
});

describe('anchors', () => {
  it('have the areas of their squares, and their ratios, around the middle of their pixels', () => {
    const grid = { rows: 2, columns: 3, stride: 16, sides: [32, 64], ratios: [0.5, 1, 2] };
    const anchors = anchorsOf(grid);
    expect(anchors).toHaveLength(2 * 3 * 6);
    for (const [i, [left, top, right, bottom]] of anchors.entries()) {
      const [side, ratio] = [grid.sides[Math.floor((i % 6) / 3)]!, grid.ratios[i % 3]!];
      expect((right - left) * (bottom - top)).toBeCloseTo(side ** 2, 6);
      expect((bottom - top) / (right - left)).toBeCloseTo(ratio, 9);
      const position = Math.floor(i / 6);
      expect((left + right) / 2).toBeCloseTo(16 * ((position % 3) + 0.5), 9);
      expect((top + bottom) / 2).toBeCloseTo(16 * (Math.floor(position / 3) + 0.5), 9);
    }
  });

  it('are labelled: far ones background, near ones the object, the best of an object always, outside of the image never', () => {
    const limits = { width: 100, height: 100, positive: 0.7, negative: 0.3 };
    fc.assert(
      fc.property(fc.array(box, { maxLength: 30 }), fc.array(box, { maxLength: 4 }), (anchors, objects) => {
        const labels = labelled(anchors, objects, limits);
        const best = (anchor: Box) => Math.max(0, ...objects.map(object => overlap(anchor, object)));
        for (const [i, label] of labels.entries()) {
          const most = best(anchors[i]!);
          if (label === 'background') expect(most).toBeLessThan(0.3);
          if (most >= 0.7) expect(overlap(anchors[i]!, objects[label as number]!)).toBe(most);
        }
        for (const [j, object] of objects.entries()) {
          const shared = anchors.map(anchor => overlap(anchor, object));
          const most = Math.max(0, ...shared);
          const nearest = shared.indexOf(most);
          if (most > 0) expect(typeof labels[nearest], `object ${j}`).toBe('number');
        }
      }),
    );
    expect(
      labelled(
        [
          [-1, 0, 20, 20],
          [0, 0, 20, 20],
        ],
        [[0, 0, 20, 20]],
        limits,
      ),
    ).toEqual(['ignored', 0]);
    expect(labelled([[0, 0, 20, 20]], [], limits)).toEqual(['background']);
    expect(labelled([[0, 0, 20, 20]], [[5, 5, 5, 9]], limits)).toEqual(['background']);
  });
});

describe('bins of regions', () => {
  it('hold the positions of the region, each bin at least one, none outside of the map', () => {
    const map = { rows: 9, columns: 7, stride: 8 };
    fc.assert(
      fc.property(box, fc.integer({ min: 1, max: 8 }), (region, size) => {
        const most = mostInBin(map, size);
        const bins = roiBins([region], map, size);
        expect(bins).toHaveLength(size * size * most);
        const edge = (value: number, end: number) =>
          Math.min(Math.max(Math.round(value / map.stride), 0), end);
        const [left, top] = [edge(region[0], 6), edge(region[1], 8)];
        const [right, bottom] = [
          Math.max(left + 1, edge(region[2], 7)),
          Math.max(top + 1, edge(region[3], 9)),
        ];
        const expected = new Set<number>();
        for (let row = top; row < bottom; row++)
          for (let column = left; column < right; column++) expected.add(7 * row + column);
        expect(new Set(bins)).toEqual(expected);
        for (let bin = 0; bin < size * size; bin++) {
          const own = [...bins.subarray(bin * most, (bin + 1) * most)];
          const distinct = [...new Set(own)];
          expect(own.slice(0, distinct.length)).toEqual(distinct); // repetitions come last, and are of the last
          expect(new Set(own.slice(distinct.length)).size).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('divide a region that they divide evenly', () => {
    const bins = roiBins([[0, 0, 32, 32]], { rows: 4, columns: 4, stride: 8 }, 2);
    const first = mostInBin({ rows: 4, columns: 4, stride: 8 }, 2);
    expect(new Set(bins.subarray(0, first))).toEqual(new Set([0, 1, 4, 5]));
  });
});
