import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normals } from '../../ml/optim/random.ts';
import { imageErrorOf, imageVariance } from './images.ts';
import { runsFor } from './records.fixture.ts';

const bit = fc.nat({ max: 1 });
const outcomes = (seeds: number, images: number) =>
  fc.array(fc.array(bit, { minLength: images, maxLength: images }), { minLength: seeds, maxLength: seeds });
const bytes = (seeds: readonly number[][]) => seeds.map(images => Uint8Array.from(images));

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1);

describe('the error over images', () => {
  it('is what its formula says (var_i(d_i) - (w_a + w_b) / S) / N, word by word', () =>
    fc.assert(
      fc.property(outcomes(3, 7), outcomes(3, 7), (a, b) => {
        const at = (seeds: number[][], i: number) => seeds.map(images => images[i]!);
        const d = a[0]!.map((_, i) => mean(at(a, i)) - mean(at(b, i)));
        const within = (seeds: number[][]) => mean(a[0]!.map((_, i) => variance(at(seeds, i))));
        const expected = Math.max(0, variance(d) - (within(a) + within(b)) / 3) / 7;
        expect(imageVariance(bytes(a), bytes(b))).toBeCloseTo(expected, 12);
      }),
    ));

  it('is nothing of a network beside itself, and the binomial one where every seed says the same', () => {
    const images = Array.from({ length: 100 }, (_, i) => (i < 20 ? 1 : 0));
    const seeds = bytes([images, images, images]);
    expect(imageVariance(seeds, seeds)).toBe(0);
    expect(imageVariance(seeds, null)).toBeCloseTo((0.2 * 0.8) / 99, 12);
  });

  it('leaves out what seeds alone do: images that are all equally hard have none', () => {
    const [seeds, images] = [4, 20_000];
    const values = new Float32Array(seeds * images);
    normals({ seed: 1, purpose: 'chance', epoch: 0, index: 0 }, 1, values);
    const noise = Array.from({ length: seeds }, (_, s) =>
      Uint8Array.from({ length: images }, (_, i) => (values[s * images + i]! > 1 ? 1 : 0)),
    );
    // Taken for a sampling error, the scatter of the means over seeds would be 0.13 points.
    expect(100 * Math.sqrt(imageVariance(noise, null))).toBeLessThan(0.05);
  });

  it('is not known where a run has left no outcomes, or a side has one seed', () => {
    const runs = runsFor('mini', { 'ResNet-20': [[1, 1]], 'ResNet-56': [[1, 1], [2, 2]] }); // biome-ignore format: short
    const all = () => Uint8Array.of(0, 1);
    expect(imageErrorOf(['ResNet-56'], 'testError', runs, { outcomes: all })).toMatchObject({ images: 2 });
    expect(imageErrorOf(['ResNet-20', 'ResNet-56'], 'testError', runs, { outcomes: all })).toBeNull();
    expect(imageErrorOf(['ResNet-56'], 'testError', runs, { outcomes: () => null })).toBeNull();
  });
});
