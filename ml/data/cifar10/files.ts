import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DataError } from '../../errors.ts';
import { imageChannels } from '../../nets/spec.ts';
import { openRegular } from '../regular.ts';
import type { ImageSet } from '../spec.ts';
import { isAbsent, unreadable } from '../system.ts';

/** The files of the official "binary version", in order, with their SHA-256; the last one holds the test images. */
export const cifar10Files = [
  { name: 'data_batch_1.bin', sha256: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5' },
  { name: 'data_batch_2.bin', sha256: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed' },
  { name: 'data_batch_3.bin', sha256: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67' },
  { name: 'data_batch_4.bin', sha256: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48' },
  { name: 'data_batch_5.bin', sha256: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add' },
  { name: 'test_batch.bin', sha256: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b' },
] as const;

/** One of the six files. */
export type CifarFile = (typeof cifar10Files)[number];

/** A record is a label and the red, green and blue planes of a 32x32 image; a file holds 10,000 records. */
export const cifar10Layout = {
  size: 32,
  imageBytes: 3072,
  recordBytes: 3073,
  recordsPerFile: 10_000,
} as const;

const fileBytes = cifar10Layout.recordBytes * cifar10Layout.recordsPerFile;

/** One digest of the whole data set: SHA-256 of the six digests as `sha256sum` prints them. */
export const cifar10Digest = createHash('sha256')
  .update(cifar10Files.map(file => `${file.sha256}  ${file.name}\n`).join(''))
  .digest('hex');

/** Reads the 50,000 training and 10,000 test images of a folder; the bytes of every file are verified. */
export async function loadCifar10(folder: string): Promise<{ train: ImageSet; test: ImageSet }> {
  const train = emptySet(5 * cifar10Layout.recordsPerFile);
  const test = emptySet(cifar10Layout.recordsPerFile);
  let file = 0;
  for await (const bytes of verifiedFiles(folder)) {
    if (file < 5) takeRecords(bytes, train, file * cifar10Layout.recordsPerFile);
    else takeRecords(bytes, test, 0);
    file++;
  }
  return { train, test };
}

/** Fails with a `DataError` about the first file of a folder that is missing, truncated or altered. */
export async function verifyCifar10(folder: string): Promise<void> {
  for await (const _ of verifiedFiles(folder));
}

/** Fails with a `DataError` when bytes are not those of a file. `where`: how the file is named to people. */
export function expectBytes({ sha256 }: CifarFile, bytes: Uint8Array, where: string): void {
  if (bytes.length !== fileBytes)
    throw new DataError(`${where} has ${bytes.length} bytes instead of ${fileBytes}`, 'npm run data');
  const received = createHash('sha256').update(bytes).digest('hex');
  if (received === sha256) return;
  throw new DataError(`${where} is damaged: its SHA-256 is ${received} instead of ${sha256}`, 'npm run data');
}

/** The bytes of each file in turn, in one buffer: fresh memory for each would double the time. */
async function* verifiedFiles(folder: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.allocUnsafe(fileBytes);
  for (const file of cifar10Files) {
    const path = join(folder, file.name);
    const size = await readInto(bytes, path).catch((error: unknown) => {
      throw isAbsent(error, path)
        ? new DataError(`${path} is missing`, 'npm run data', error)
        : unreadable(path, error);
    });
    if (size !== fileBytes)
      throw new DataError(`${path} has ${size} bytes instead of ${fileBytes}`, 'npm run data');
    expectBytes(file, bytes, path);
    yield bytes;
  }
}

/** Fills a buffer from a file and returns the file's size, whatever that is. */
async function readInto(bytes: Buffer, path: string): Promise<number> {
  const file = await openRegular(path);
  try {
    let read = 0;
    let more = 0;
    do {
      more = (await file.read(bytes, read, bytes.length - read, read)).bytesRead;
      read += more;
    } while (more > 0);
    return read < bytes.length ? read : (await file.stat()).size;
  } finally {
    await file.close();
  }
}

function emptySet(count: number): ImageSet & { pixels: Uint8Array } {
  const { size, imageBytes } = cifar10Layout;
  const pixels = new Uint8Array(count * imageBytes);
  return { count, channels: imageChannels, size, pixels, scale: 1, labels: new Uint8Array(count) };
}

function takeRecords(bytes: Buffer, set: { pixels: Uint8Array; labels: Uint8Array }, first: number): void {
  const { imageBytes, recordBytes, recordsPerFile } = cifar10Layout;
  for (let i = 0; i < recordsPerFile; i++) {
    set.labels[first + i] = bytes[i * recordBytes]!;
    bytes.copy(set.pixels, (first + i) * imageBytes, i * recordBytes + 1, (i + 1) * recordBytes);
  }
}
