import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readPicture, readResized } from './pictures.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-pictures-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function drawn(name: string, channels: 1 | 3 | 4, values: readonly number[]): Promise<string> {
  const file = join(folder, name);
  const raw = { width: 2, height: values.length / channels / 2, channels };
  await sharp(Uint8Array.from(values), { raw }).png().toFile(file);
  return file;
}

it('a picture is three planes, whatever it was', async () => {
  const colours = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const expected = { width: 2, height: 2, pixels: Uint8Array.of(1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12) };
  expect(await readPicture(await drawn('rgb.png', 3, colours))).toEqual(expected);
  const grey = await readPicture(await drawn('grey.png', 1, [1, 2]));
  expect([...grey.pixels]).toEqual([1, 2, 1, 2, 1, 2]);
  const seen = await readPicture(await drawn('alpha.png', 4, [9, 8, 7, 255, 6, 5, 4, 255]));
  expect([...seen.pixels]).toEqual([9, 6, 8, 5, 7, 4]);
});

it('is resized by its shorter side, or by its longer one where that would be too long', async () => {
  const file = join(folder, 'wide.png');
  await sharp({ create: { width: 40, height: 10, channels: 3, background: 'red' } })
    .png()
    .toFile(file);
  expect(await readResized(file, { shorter: 20, longer: 1000 })).toMatchObject({
    width: 80,
    height: 20,
    scale: 2,
  });
  expect(await readResized(file, { shorter: 20, longer: 60 })).toMatchObject({
    width: 60,
    height: 15,
    scale: 1.5,
  });
});

it('that is missing or damaged is named', async () => {
  await expect(readPicture(join(folder, 'none.png'))).rejects.toThrow('none.png is missing');
  writeFileSync(join(folder, 'bad.jpg'), 'no picture');
  await expect(readPicture(join(folder, 'bad.jpg'))).rejects.toThrow('bad.jpg cannot be decoded');
});
