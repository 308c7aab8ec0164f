import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evaluationBatch } from './evaluate.ts';

it('evaluates in batches of the largest size up to 250 that divides the test images', () => {
  expect([10_000, 500, 2000, 20, 251].map(images => evaluationBatch(images, 32))).toEqual([
    250, 250, 250, 20, 1,
  ]);
  expect(evaluationBatch(50_000, 224)).toBe(10);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), images => {
      const batch = evaluationBatch(images, 32);
      expect(images % batch).toBe(0);
      for (let larger = batch + 1; larger <= 250; larger++) expect(images % larger).not.toBe(0);
    }),
  );
});
