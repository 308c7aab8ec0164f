import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { Box } from '../../detection/boxes.ts';
import { DataError } from '../../errors.ts';
import { imageChannels } from '../../nets/spec.ts';
import { shellWord } from '../../shell.ts';
import { neededCache } from '../cache.ts';
import { cifar10Digest, cifar10Files, cifar10Layout, loadCifar10 } from '../cifar10/files.ts';
import { ensureCifar10 } from '../cifar10/sources.ts';
import { digestFiles } from '../digest.ts';
import { fillCache } from '../fill-cache.ts';
import { readNeeded } from '../needed.ts';
import type { ImageSet } from '../spec.ts';
import { unreadable } from '../system.ts';
import { boxesOf, type Materials, writeCoco, writeCrops, writeDet, writeVoc } from './generate.ts';
import { loadMnist, mnistDigest } from './mnist.ts';

/** Raised whenever what is drawn changes: it is part of the digest, and of the folders' names. */
const generator = 1;

const writers = {
  crops: writeCrops,
  voc: writeVoc,
  coco: writeCoco,
  det: writeDet,
  loc: (folder, materials) => writeCrops(folder, materials, true),
} as const satisfies Record<string, (folder: string, materials: Materials) => Promise<void>>;

/** A part of the data: crops for classifiers, canvases as VOC, as COCO and as ImageNet's detection set, crops with their boxes. */
export type DigitPart = keyof typeof writers;

/** Digest of all that is drawn: of what it is drawn from, and of the generator. */
export const digitsDigest = createHash('sha256')
  .update(`digits ${generator}\n${mnistDigest}\n${cifar10Digest}\n`)
  .digest('hex');

/**
 * The folder with a part of the digits on photographs, drawn from MNIST and CIFAR-10 unless it is there. `folder`: where
 * parts are kept; else `RESIDUALS_DIGITS`, else the user's cache folder. Any number of processes may do this at once.
 */
export async function ensureDigits(
  part: DigitPart,
  { folder, onProgress = () => {} }: { folder?: string; onProgress?: (message: string) => void } = {},
): Promise<string> {
  const home = resolve(folder ?? process.env.RESIDUALS_DIGITS ?? neededCache('digits'));
  const name = `${part}-v${generator}`;
  if (existsSync(join(home, name))) {
    await expectAsDrawn(join(home, name));
    return join(home, name);
  }
  const { folder: cifar } = await ensureCifar10({ onProgress });
  const photographs = await loadCifar10(cifar);
  const materials: Materials = {
    train: { digits: await loadMnist('train', onProgress), photographs: photographs.train },
    test: { digits: await loadMnist('test', onProgress), photographs: photographs.test },
  };
  onProgress(`drawing digits on photographs (${part})`);
  const draw = async (temporary: string) => {
    await writers[part](join(temporary, name), materials);
    await writeFile(join(temporary, name, digestFile), `${await digestOf(join(temporary, name))}\n`);
  };
  await fillCache(home, [name], draw).catch((error: unknown) => {
    // Another process was faster: what it has drawn is the same.
    if (!existsSync(join(home, name))) throw error;
  });
  return join(home, name);
}

/** Reads the 50,000 training and 10,000 test crops of a folder. */
export async function loadDigitCrops(folder: string): Promise<{ train: ImageSet; test: ImageSet }> {
  const files = await Promise.all(cifar10Files.map(({ name }) => readCrops(join(folder, name))));
  return { train: setOf(files.slice(0, 5)), test: setOf(files.slice(5)) };
}

/** Reads the boxes of the digits in all crops of a folder. */
export async function loadDigitBoxes(folder: string): Promise<{ train: Box[]; test: Box[] }> {
  const files = await Promise.all(
    cifar10Files.map(({ name }) =>
      readExactly(join(folder, boxesOf(name)), 4 * cifar10Layout.recordsPerFile),
    ),
  );
  const boxes = files.map(bytes =>
    Array.from({ length: bytes.length / 4 }, (_, i): Box => {
      const [left, top, right, bottom] = bytes.subarray(4 * i, 4 * i + 4);
      return [left!, top!, right!, bottom!];
    }),
  );
  return { train: boxes.slice(0, 5).flat(), test: boxes[5]! };
}

/** In the folder of a part: the digest of all its other files as they were drawn. */
const digestFile = 'drawn.sha256';

/** Fails with a `DataError` when files of a part were changed, added or taken away: runs would be recorded under a wrong digest. */
async function expectAsDrawn(folder: string): Promise<void> {
  const fix = drawAgain(folder);
  const drawn = (await readNeeded(join(folder, digestFile), fix)).toString().trim();
  if (drawn !== (await digestOf(folder)))
    throw new DataError(`${folder} is not as it was drawn: files were changed, added or removed`, fix);
}

async function digestOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => !entry.isDirectory());
  const names = files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
  const hash = createHash('sha256');
  // What an operating system puts into folders that are looked at, such as .DS_Store, is not read.
  const drawn = names.filter(name => name !== digestFile && !/(^|[/\\])\./.test(name));
  const paths = drawn.map(name => name.split(sep).join('/'));
  await digestFiles(hash, [folder, 'drawn'], paths, 'bytes');
  return hash.digest('hex');
}

function drawAgain(folder: string): string {
  return `rm -r ${shellWord(folder)}   # it is then drawn again`;
}

function readCrops(path: string): Promise<Buffer> {
  return readExactly(path, cifar10Layout.recordBytes * cifar10Layout.recordsPerFile);
}

async function readExactly(path: string, length: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (bytes.length === length) return bytes;
  throw new DataError(`${path} has ${bytes.length} bytes instead of ${length}`, drawAgain(join(path, '..')));
}

function setOf(files: readonly Buffer[]): ImageSet {
  const { size, imageBytes, recordBytes, recordsPerFile } = cifar10Layout;
  const count = files.length * recordsPerFile;
  const pixels = new Uint8Array(count * imageBytes);
  const labels = new Uint8Array(count);
  for (const [file, bytes] of files.entries()) {
    for (let i = 0; i < recordsPerFile; i++) {
      const at = file * recordsPerFile + i;
      labels[at] = bytes[i * recordBytes]!;
      pixels.set(bytes.subarray(i * recordBytes + 1, (i + 1) * recordBytes), at * imageBytes);
    }
  }
  return { count, channels: imageChannels, size, pixels, scale: 1, labels };
}
