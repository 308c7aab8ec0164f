import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataError } from '../../errors.ts';
import { corner, decode, resized } from './decode.ts';
import { DecodePool } from './decode-pool.ts';
import { jpeg } from './files.fixture.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'residuals-decode-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Buffer): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

const whole = { down: 0.5, right: 0.5 };
const gradient = { width: 60, height: 60, space: 'srgb', blue: 100 } as const;

/** Largest difference between planes of bytes and what a function of channel, row and column says. */
function distance(planes: Uint8Array, size: number, expected: (c: number, y: number, x: number) => number) {
  const distances = [...planes].map((value, i) => {
    const [c, y, x] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
    return Math.abs(value - expected(c, y, x));
  });
  return Math.max(...distances);
}

describe('decode', () => {
  const ofGradient = (c: number, y: number, x: number) => [(255 * x) / 59, (255 * y) / 59, gradient.blue][c]!;

  it('gives planes of red, green and blue', async () => {
    const path = await file('rgb.JPEG', await jpeg(gradient));
    const planes = await decode({ file: path, shorterSide: 60, size: 60, windows: [whole] });
    expect(planes.length).toBe(3 * 60 * 60);
    expect(distance(planes, 60, ofGradient)).toBeLessThan(5);
  });

  it('cuts windows out of the resized image, one or several', async () => {
    const path = await file('wide.JPEG', await jpeg({ ...gradient, width: 90 }));
    const windows = [0, 1].flatMap(down => [0, 1, 0.5].map(right => ({ down, right })));
    const all = await decode({ file: path, shorterSide: 30, size: 20, windows });
    const image = sharp(path).resize(45, 30, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false });
    for (const [i, { down, right }] of windows.entries()) {
      const [top, left] = [down * 10, Math.min(25, Math.floor(right * 26))];
      const region = { top, left, width: 20, height: 20 };
      const expected = await image.clone().extract(region).raw().toBuffer();
      const planes = all.subarray(i * 1200, (i + 1) * 1200);
      expect(distance(planes, 20, (c, y, x) => expected[3 * (20 * y + x) + c]!)).toBe(0);
      const one = await decode({ file: path, shorterSide: 30, size: 20, windows: [{ down, right }] });
      expect(one).toEqual(planes);
    }
  });

  it('makes grey, CMYK and palette files RGB', async () => {
    const grey = await file('grey.JPEG', await jpeg({ ...gradient, space: 'b-w' }));
    const job = { shorterSide: 60, size: 60, windows: [whole] };
    const planes = await decode({ ...job, file: grey });
    expect(planes.subarray(0, 3600)).toEqual(planes.subarray(7200));
    const cmyk = await file('cmyk.JPEG', await jpeg({ ...gradient, space: 'cmyk' }));
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const inks = await decode({ ...job, file: cmyk });
    // Printing inks do not reach the purest colours of a screen.
    for (const at of [
      [30, 30],
      [30, 0],
      [0, 30],
    ] as const) {
      const pixel = [0, 1, 2].map(c => inks[(c * 60 + at[0]) * 60 + at[1]]!);
      pixel.forEach((value, c) => {
        expect(Math.abs(value - ofGradient(c, at[0], at[1]))).toBeLessThan(15);
      });
    }
    // ImageNet's n02105855_2933.JPEG is a PNG.
    const png = await sharp(await jpeg(gradient))
      .ensureAlpha()
      .png()
      .toBuffer();
    const rgb = await file('rgb.JPEG', await jpeg(gradient));
    expect(await decode({ ...job, file: await file('png.JPEG', png) })).toEqual(
      await decode({ ...job, file: rgb }),
    );
  });

  it('gives the colours of a transparent PNG as they are stored', async () => {
    const opaque = sharp(await jpeg(gradient)).raw();
    const seethrough = await opaque.clone().ensureAlpha(0.25).png().toBuffer();
    const alpha = Uint8Array.from({ length: 3600 }, (_, i) => (i % 7) * 40);
    const raw = { width: 60, height: 60, channels: 1 } as const;
    const uneven = await sharp(await opaque.clone().toBuffer(), { raw: { ...raw, channels: 3 } })
      .joinChannel(Buffer.from(alpha), { raw })
      .png()
      .toBuffer();
    expect((await sharp(uneven).metadata()).hasAlpha).toBe(true);
    const planes = async (name: string, bytes: Buffer) =>
      decode({ file: await file(name, bytes), shorterSide: 40, size: 40, windows: [whole] });
    const expected = await planes('opaque.JPEG', await opaque.clone().png().toBuffer());
    expect(await planes('quarter.JPEG', seethrough)).toEqual(expected);
    expect(await planes('uneven.JPEG', uneven)).toEqual(expected);
  });

  it('follows neither orientation tags nor RGB profiles', async () => {
    const plain = await jpeg(gradient);
    const raw = sharp(await sharp(plain).raw().toBuffer(), { raw: { width: 60, height: 60, channels: 3 } });
    const options = { quality: 100, chromaSubsampling: '4:4:4' };
    const tagged = await raw.clone().withMetadata({ orientation: 6 }).jpeg(options).toBuffer();
    const untagged = await raw.clone().jpeg(options).toBuffer();
    const profiled = await sharp(untagged).keepIccProfile().withIccProfile('p3').jpeg(options).toBuffer();
    expect((await sharp(tagged).metadata()).orientation).toBe(6);
    expect((await sharp(profiled).metadata()).hasProfile).toBe(true);
    const planes = async (name: string, bytes: Buffer) =>
      decode({ file: await file(name, bytes), shorterSide: 60, size: 60, windows: [whole] });
    expect(await planes('tagged.JPEG', tagged)).toEqual(await planes('untagged.JPEG', untagged));
    const stored = await sharp(profiled, { ignoreIcc: true }).raw().toBuffer();
    const read = await planes('profiled.JPEG', profiled);
    expect(distance(read, 60, (c, y, x) => stored[3 * (60 * y + x) + c]!)).toBe(0);
  });
});

describe('geometry', () => {
  it('gives the shorter side its length and keeps the shape', () => {
    const side = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 640 }), (width, height, shorterSide) => {
        const [columns, rows] = resized(width, height, shorterSide);
        expect(Math.min(columns, rows)).toBe(shorterSide);
        expect(Math.abs(columns * height - rows * width)).toBeLessThanOrEqual(
          0.5 * Math.max(width, height) + 1,
        );
      }),
    );
  });

  it('keeps windows inside and reaches every place', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (size, room, place) => {
          const at = corner(size + room, size, place);
          expect(Number.isInteger(at) && at >= 0 && at <= room).toBe(true);
          const all = Array.from({ length: room + 1 }, (_, i) =>
            corner(size + room, size, (i + 0.5) / (room + 1)),
          );
          expect(all).toEqual([...all.keys()]);
          expect([corner(size + room, size, 0), corner(size + room, size, 1)]).toEqual([0, room]);
        },
      ),
    );
  });
});

describe('DecodePool', () => {
  it('gives every job its own result, whatever the number of threads', async () => {
    const files = await Promise.all(
      Array.from({ length: 8 }, async (_, i) =>
        file(`pool-${i}.JPEG`, await jpeg({ ...gradient, width: 400 - 45 * i, blue: 30 * i })),
      ),
    );
    const jobs = files.map(file => ({ file, shorterSide: 30, size: 24, windows: [whole] }));
    const expected = await Promise.all(jobs.map(decode));
    for (const threads of [1, 2]) {
      const pool = new DecodePool(threads);
      expect(await Promise.all(jobs.map(pool.decode))).toEqual(expected);
      await pool.close();
    }
  });

  it('names the file that cannot be decoded, and goes on', async () => {
    const pool = new DecodePool(1);
    const good = await file('good.JPEG', await jpeg(gradient));
    const job = { shorterSide: 30, size: 24, windows: [whole] };
    const bad = await file('bad.JPEG', (await jpeg(gradient)).subarray(0, 900));
    const failures = [bad, join(folder, 'missing.JPEG')].map(file =>
      pool.decode({ ...job, file }).catch((error: DataError) => error),
    );
    const [damaged, missing] = (await Promise.all(failures)) as [DataError, DataError];
    expect([damaged.name, damaged.message]).toEqual([
      'DataError',
      expect.stringMatching(/bad\.JPEG cannot be decoded: /),
    ]);
    expect(missing.message).toMatch(/missing\.JPEG cannot be decoded: it is gone/);
    expect((await pool.decode({ ...job, file: good })).length).toBe(3 * 24 * 24);
    await pool.close();
    await expect(pool.decode({ ...job, file: good })).rejects.toThrow('closed');
  });
});
