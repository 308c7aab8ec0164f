import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openData } from './data.ts';
import { dataSets } from './data-sets.ts';
import type { View } from './images.ts';
import { openLists } from './lists.ts';
import { first, optionsFor, type SmallSet, smallSet, withImages } from './photographs.fixture.ts';
import { longestOf, scaledTo } from './scaling.ts';
import type { TrainSpec } from './spec.ts';

let set: SmallSet;
beforeAll(async () => {
  set = await smallSet();
});
afterAll(() => set.remove());

describe('photographs', () => {
  it('have the size of their annotations, whatever that of the pictures', () =>
    withImages(set, async ({ train, test }) => {
      expect([train.count, test.count]).toEqual([9, 5]);
      expect(test.extent(0)).toEqual([150, 100]);
      expect([...Array.from(test.labels)]).toEqual([0, 1, 2, 2, 1]);
      expect(test.boxes(0)).toHaveLength(2);
    }));

  it('are cropped at random, their boxes with them: what is red and green tells where a pixel was', () =>
    withImages(set, async ({ train }) => {
      const { size } = first.data;
      const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
      let compared = 0;
      await fc.assert(
        // The other pictures are grey or of printing colours.
        fc.asyncProperty(
          fc.constantFrom(0, 1, 3, 8),
          fc.tuple(word, word, word, word),
          async (image, words) => {
            const out = new Float32Array(3 * size * size);
            const { boxes, write } = await train.crop(image, Uint32Array.from(words));
            write(out, 0);
            const red = out.subarray(0, size);
            const green = Float32Array.from({ length: size }, (_, y) => out[size * (size + y)]!);
            const sign = Math.sign(red[size - 1]! - red[0]!);
            const extent = train.extent(image);
            const view = train.whole();
            const whole = await squareOf(view, image);
            const darkest = [whole[0]!, whole[view.size ** 2]!];
            for (const [i, box] of train.boxes(image).entries()) {
              const seen = boxes[i]!;
              for (const side of seen) expect(side >= 0 && side <= size).toBe(true);
              for (const [axis, values] of [red, green].entries()) {
                const ends = axis === 0 && sign < 0 ? [axis + 2, axis] : [axis, axis + 2];
                for (const [edge, place] of [seen[axis]!, seen[axis + 2]!].entries()) {
                  if (place <= 0 || place >= size) continue;
                  // What is at the edge of the object in the crop is what is there in the picture.
                  const expected = (255 * box[ends[edge]!]!) / extent[axis]!;
                  const found = values[Math.floor(place)]! - darkest[axis]!;
                  expect(Math.abs(found - expected)).toBeLessThan(10);
                  compared++;
                }
              }
            }
          },
        ),
        { numRuns: 60 },
      );
      expect(compared).toBeGreaterThan(10);
    }));

  it('lie in squares that hold any of them, and boxes lead back', () =>
    withImages(set, async ({ test }) => {
      for (let image = 0; image < 5; image++) {
        for (const view of [test.dense(32), test.dense(40), test.whole()]) {
          expect(view.size % 4).toBe(0);
          const [columns, rows] = view.extent(image);
          expect(Math.max(columns, rows)).toBeLessThanOrEqual(view.size);
          const back = view.annotated(image, [0, 0, columns, rows]);
          for (const [i, side] of [0, 0, ...test.extent(image)].entries())
            expect(back[i]).toBeCloseTo(side, 9);
          const square = await squareOf(view, image);
          const zero = (y: number, x: number) => square[y * view.size + x] === 0;
          if (columns < view.size) expect([0, rows - 1].every(y => zero(y, columns))).toBe(true);
          if (rows < view.size) expect([0, columns - 1].every(x => zero(rows, x))).toBe(true);
          expect(zero(rows - 1, columns - 1)).toBe(false);
        }
      }
      // 75 x 50 at a shorter side of 36 is 54 x 36, of which the middle 32 x 32.
      const central = test.oneCrop().annotated(0, [0, 0, 32, 32]);
      for (const [i, side] of [11, 2, 43, 34].entries())
        expect(central[i]).toBeCloseTo((side * [150, 100][i % 2]!) / [54, 36][i % 2]!, 9);
    }));

  it('give regions of their own pixels', () =>
    withImages(set, async ({ test }) => {
      const source = await test.sources(5)(0);
      const [whole, half] = [new Float32Array(3 * 64), new Float32Array(3 * 64)];
      source.warp([0, 0, 150, 100], 8, whole, 0);
      source.warp([75, 0, 150, 100], 8, half, 0);
      // Red goes from 0 to 255 from left to right.
      expect(whole[7]! - whole[0]!).toBeGreaterThan(200);
      expect(Math.abs(half[0]! - (whole[3]! + whole[4]!) / 2 - 8)).toBeLessThan(8);
      expect(Math.abs(half[7]! - whole[7]! - 8)).toBeLessThan(8);
    }));

  it('are scaled by their shorter side, unless they are long', () => {
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 8, max: 700 }), (width, height, shorter) => {
        const [columns, rows] = scaledTo([width, height], shorter, longestOf(shorter));
        expect(Math.max(columns, rows)).toBeLessThanOrEqual(longestOf(shorter));
        expect(Math.min(columns, rows)).toBeLessThanOrEqual(shorter);
        const isLong = 3 * Math.max(width, height) > 5 * Math.min(width, height);
        expect(Math.min(columns, rows) === shorter || isLong).toBe(true);
        expect(columns >= rows).toBe(width >= height || columns === rows);
      }),
    );
    expect(scaledTo([500, 375], 256)).toEqual([341, 256]);
  });
});

describe('a folder', () => {
  it('is recognised, and has a digest where it is named', async () => {
    const { recognises, digest, ensure } = dataSets['imagenet-loc'];
    const { folder } = set;
    expect([folder, join(folder, 'ILSVRC'), join(folder, 'cache')].map(recognises)).toEqual([
      ...[true, true, false],
    ]);
    expect(await digest(undefined)).toBeNull();
    expect(await ensure(folder)).toBe(folder);
    await expect(ensure(undefined)).rejects.toThrow('cannot be fetched for you');
  });

  it('with other or too few images is refused, and a picture that cannot be decoded is named', async () => {
    await expect(openData({ ...optionsFor(set, first), data: 'another' })).rejects.toThrow(
      'the images are not those that the run was planned with',
    );
    const more = { ...first, data: { ...first.data, trainImages: 10 } } as TrainSpec;
    await expect(openData(optionsFor(set, more))).rejects.toThrow(
      'expected 10 images with boxes in train, found 9',
    );
    await withImages(set, async ({ test }) => {
      const file = (await openLists(set.folder, 3)).val.file(2);
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(0, 200));
      try {
        await expect(test.sources(5)(2)).rejects.toThrow(/ILSVRC2012_val_00000003\.JPEG cannot be decoded/);
        await expect(squareOf(test.whole(), 2)).rejects.toThrow('00000003.JPEG cannot be decoded');
      } finally {
        writeFileSync(file, whole);
      }
    });
  });
});

async function squareOf(view: View, image: number): Promise<Float32Array> {
  const out = new Float32Array(3 * view.size * view.size);
  await view.fill(image, 1, out);
  return out;
}
