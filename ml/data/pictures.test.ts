import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
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

it('is its stored pixels, whatever its orientation tag says', async () => {
  const file = join(folder, 'turned.jpg');
  await sharp({ create: { width: 40, height: 10, channels: 3, background: 'red' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(file);
  expect((await sharp(file).metadata()).orientation).toBe(6);
  expect(await readPicture(file)).toMatchObject({ width: 40, height: 10 });
  expect(await readResized(file, { shorter: 5, longer: 99 })).toMatchObject({ width: 20, height: 5 });
});

it('that is grey is three planes when it is resized, too', async () => {
  const file = join(folder, 'grey.jpg');
  const raw = { width: 20, height: 20, channels: 1 } as const;
  await sharp(
    Uint8Array.from({ length: 400 }, (_, i) => i % 251),
    { raw },
  )
    .toColourspace('b-w')
    .jpeg()
    .toFile(file);
  expect((await sharp(file).metadata()).channels).toBe(1);
  const { pixels } = await readResized(file, { shorter: 10, longer: 10 });
  expect(pixels).toHaveLength(300);
  expect([...pixels.subarray(100, 200)]).toEqual([...pixels.subarray(0, 100)]);
  expect(new Set(pixels).size).toBeGreaterThan(20);
});

it('that is missing or damaged is named', async () => {
  await expect(readPicture(join(folder, 'none.png'))).rejects.toThrow('none.png is missing');
  writeFileSync(join(folder, 'bad.jpg'), 'no picture');
  await expect(readPicture(join(folder, 'bad.jpg'))).rejects.toThrow('bad.jpg is neither JPEG nor PNG');
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
  const raw = { width: 64, height: 64, channels: 3 } as const;
  for (const [name, whole] of [
    ['half.jpg', await sharp(noise, { raw }).jpeg().toBuffer()],
    ['half.png', await sharp(noise, { raw }).png().toBuffer()],
  ] as const) {
    writeFileSync(join(folder, name), whole.subarray(0, whole.length >> 1));
    await expect(readPicture(join(folder, name)), name).rejects.toThrow(`${name} cannot be decoded`);
  }
});

it('of another format, or of very many pixels, is refused', async () => {
  const secret = join(folder, 'secret.png');
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toFile(secret);
  const image = `<image href="file://${secret}" width="8" height="8"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">${image}</svg>`;
  const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==', 'base64');
  for (const [name, content] of [
    ['drawing.jpg', svg],
    ['spaced.jpg', `\n ${svg}`],
    ['moving.jpg', gif],
  ] as const) {
    writeFileSync(join(folder, name), content);
    await expect(readPicture(join(folder, name))).rejects.toThrow(`${name} is neither JPEG nor PNG`);
  }
  const large = join(folder, 'large.png');
  const header = readFileSync(secret);
  header.writeUInt32BE(8193, 16);
  header.writeUInt32BE(8193, 20);
  header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
  writeFileSync(large, header);
  await expect(readPicture(large)).rejects.toThrow(/large\.png cannot be decoded: .*pixel limit/);
});

it('that is made much smaller is made of all its pixels', async () => {
  const columns = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => (i * 7919) % 251);
  const file = join(folder, 'columns.jpg');
  const raw = { width: 256, height: 256, channels: 3 } as const;
  await sharp(columns, { raw }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toFile(file);
  const shrunk = await readResized(file, { shorter: 24, longer: 24 });
  const whole = await readPicture(file);
  const interleaved = new Uint8Array(whole.pixels.length);
  for (let i = 0; i < 256 ** 2; i++)
    for (let channel = 0; channel < 3; channel++)
      interleaved[3 * i + channel] = whole.pixels[channel * 256 ** 2 + i]!;
  const png = join(folder, 'columns.png');
  await sharp(interleaved, { raw }).png().toFile(png);
  expect(shrunk).toEqual(await readResized(png, { shorter: 24, longer: 24 }));
});
