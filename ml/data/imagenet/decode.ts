import { readFile } from 'node:fs/promises';
import type { Sharp } from 'sharp';
import { imageChannels } from '../../nets/spec.ts';
import type { CropPosition, DecodeJob, PartJob } from './decode-pool.ts';

/**
 * Reads an image file as RGB, resizes it and cuts its windows, or a part, out. Grey and CMYK
 * files become RGB; orientation tags are not followed and RGB profiles not applied, as in Caffe, which the paper used.
 * Resizing is bilinear, over the pixels' whole footprint where it reduces. Decoders of JPEG round differently: the bytes
 * are the same for one version of sharp on one kind of processor, and within a unit or two elsewhere.
 */
export async function decode(job: DecodeJob): Promise<Uint8Array> {
  const { file } = job;
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  const stored = sharp(await readFile(file), { failOn: 'error', ignoreIcc: true });
  const { width, height, format, hasAlpha } = await stored.metadata();
  // ImageNet has one PNG under the name of a JPEG; what else sharp can read, such as SVG, is not its.
  if (format !== 'jpeg' && format !== 'png')
    throw new Error(`it is ${format ?? 'of an unknown format'}, expected JPEG`);
  const [columns, rows] = 'part' in job ? [job.columns, job.rows] : resized(width, height, job.shorterSide);
  // Resizing weighs pixels by their opacity, and takes it away after that.
  const image = hasAlpha ? sharp(await stored.removeAlpha().png().toBuffer()) : stored;
  image
    .toColourspace('srgb')
    .resize(columns, rows, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false });
  if ('part' in job) return cutPart(image, job);
  const { size, windows } = job;
  return windows.length === 1
    ? cutOne(image, columns, rows, size, windows[0]!)
    : cutAll(image, columns, rows, size, windows);
}

/** Columns and rows once the shorter side has the given length. */
export function resized(width: number, height: number, shorterSide: number): [number, number] {
  const scale = shorterSide / Math.min(width, height);
  return [Math.round(width * scale), Math.round(height * scale)];
}

/** First row or column of a window of `size` in `extent`, at a place from 0 (the first) to 1 (the last). */
export function corner(extent: number, size: number, place: number): number {
  const room = extent - size;
  return Math.min(room, Math.floor(place * (room + 1)));
}

async function cutPart(image: Sharp, { part }: PartJob): Promise<Uint8Array> {
  const pixels = await image.extract(part).raw().toBuffer();
  const plane = part.width * part.height;
  const planes = new Uint8Array(imageChannels * plane);
  for (let i = 0; i < plane; i++)
    for (let channel = 0; channel < imageChannels; channel++)
      planes[channel * plane + i] = pixels[imageChannels * i + channel]!;
  return planes;
}

/** Only the pixels of the window are computed. */
async function cutOne(
  image: Sharp,
  columns: number,
  rows: number,
  size: number,
  { down, right }: CropPosition,
) {
  const [top, left] = [corner(rows, size, down), corner(columns, size, right)];
  const pixels = await image.extract({ left, top, width: size, height: size }).raw().toBuffer();
  const planes = new Uint8Array(imageChannels * size * size);
  copyPlanes(pixels, size, 0, 0, size, planes);
  return planes;
}

async function cutAll(
  image: Sharp,
  columns: number,
  rows: number,
  size: number,
  windows: readonly CropPosition[],
) {
  const pixels = await image.raw().toBuffer();
  const values = imageChannels * size * size;
  const planes = new Uint8Array(windows.length * values);
  for (const [i, { down, right }] of windows.entries()) {
    const [top, left] = [corner(rows, size, down), corner(columns, size, right)];
    copyPlanes(pixels, columns, top, left, size, planes.subarray(i * values, (i + 1) * values));
  }
  return planes;
}

/** A square of interleaved pixels as three planes. */
function copyPlanes(
  pixels: Uint8Array,
  columns: number,
  top: number,
  left: number,
  size: number,
  planes: Uint8Array,
): void {
  const plane = size * size;
  for (let y = 0; y < size; y++) {
    let from = imageChannels * ((top + y) * columns + left);
    for (let to = y * size; to < (y + 1) * size; to++, from += imageChannels) {
      planes[to] = pixels[from]!;
      planes[plane + to] = pixels[from + 1]!;
      planes[2 * plane + to] = pixels[from + 2]!;
    }
  }
}
