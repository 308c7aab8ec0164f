import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardDeviations } from './moments.ts';

describe('standardDeviations', () => {
  it('are those of all values together, whatever the batches', () => {
    const value = fc.integer({ min: -80, max: 80 }).map(k => k / 8);
    const batches = fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(batches, layer => {
        const all = layer.flat();
        const mean = all.reduce((a, b) => a + b, 0) / all.length;
        const expected = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
        const moments = layer.map(batch => [
          batch.reduce((a, b) => a + b, 0) / 4,
          batch.reduce((a, b) => a + b * b, 0) / 4,
        ]);
        expect(standardDeviations(moments)[0]).toBeCloseTo(expected, 6);
      }),
    );
  });

  it('keeps layers apart, in order', () => {
    const batches = [Float32Array.of(0, 1, 5, 29), Float32Array.of(0, 1, 5, 29)];
    expect(standardDeviations(batches)).toEqual([1, 2]);
  });

  it('does not take the root of a rounding error', () => {
    expect(standardDeviations([[3, 8.999999999]])).toEqual([0]);
  });
});
