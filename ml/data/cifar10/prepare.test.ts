import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageSet } from '../spec.ts';
import { realCifar10 } from './files.fixture.ts';
import { loadCifar10 } from './files.ts';
import { perPixelMean, prepareImages } from './prepare.ts';

/** Two images of 4x4 with three channels; every pixel differs from its neighbours. */
const set: ImageSet = {
  count: 2,
  channels: 3,
  size: 4,
  pixels: Uint8Array.from({ length: 96 }, (_, i) => (i * 37) % 256),
  scale: 1,
  labels: Uint8Array.of(3, 7),
};

function pixel(
  { pixels, scale, size, channels }: ImageSet,
  image: number,
  channel: number,
  y: number,
  x: number,
) {
  return pixels[((image * channels + channel) * size + y) * size + x]! * scale;
}

describe('prepareImages', () => {
  it('takes the first images and leaves them as they are', () => {
    const one = prepareImages(set, 1, 1);
    expect(one).toEqual({ ...set, count: 1, pixels: set.pixels.slice(0, 48), labels: Uint8Array.of(3) });
  });

  it.each([2, 4] as const)('averages squares of %i pixels without rounding', k => {
    const small = prepareImages(set, k, 2);
    expect([small.size, small.pixels.length]).toEqual([4 / k, 96 / k ** 2]);
    expect(small.labels).toEqual(set.labels);
    for (let image = 0; image < 2; image++) {
      for (let channel = 0; channel < 3; channel++) {
        for (let y = 0; y < small.size; y++) {
          for (let x = 0; x < small.size; x++) {
            let sum = 0;
            for (let i = 0; i < k * k; i++) {
              sum += pixel(set, image, channel, y * k + Math.floor(i / k), x * k + (i % k));
            }
            expect(pixel(small, image, channel, y, x)).toBe(sum / k ** 2);
          }
        }
      }
    }
  });

  it('holds the largest sum', () => {
    const white = { ...set, pixels: new Uint8Array(96).fill(255) };
    expect(pixel(prepareImages(white, 4, 2), 1, 2, 0, 0)).toBe(255);
  });

  it('refuses more images than there are', () => {
    expect(() => prepareImages(set, 1, 3)).toThrow('3 images asked for, but the set has 2');
  });
});

describe('perPixelMean', () => {
  it('is the mean over images of each channel and position', () => {
    const mean = perPixelMean(set);
    expect(mean.length).toBe(48);
    for (let i = 0; i < 48; i++) expect(mean[i]).toBe((set.pixels[i]! + set.pixels[48 + i]!) / 2);
  });

  it('is in units of pixels whatever the scale', () => {
    const mean = perPixelMean(prepareImages(set, 4, 2));
    const whole = perPixelMean(set);
    for (let channel = 0; channel < 3; channel++) {
      const expected = whole.subarray(channel * 16, (channel + 1) * 16).reduce((a, b) => a + b, 0) / 16;
      expect(mean[channel]).toBeCloseTo(expected, 4);
    }
  });
});

const real = await realCifar10();

describe.skipIf(!real)('on CIFAR-10', () => {
  let train: ImageSet;
  beforeAll(async () => {
    ({ train } = await loadCifar10(real!));
  });

  it('the per-pixel mean of halved images averages to the published channel means', () => {
    const mean = perPixelMean(prepareImages(train, 2, 50_000));
    const channels = [0, 1, 2].map(
      c => mean.subarray(c * 256, (c + 1) * 256).reduce((a, b) => a + b, 0) / 256,
    );
    [125.3069, 122.9504, 113.8654].forEach((published, c) => {
      expect(channels[c]).toBeCloseTo(published, 3);
    });
  });
});
