import { createHash, type Hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import { openRegular } from './regular.ts';
import { unreadable } from './system.ts';

/** What of files is digested: all their bytes, or their sizes, where there are too many bytes. */
export type Digested = keyof typeof digested;

/**
 * Adds names in a folder to a digest, and of each file its bytes or its size. `label`: what the folder is called in it. Fails
 * with a `DataError` about the first file that cannot be read.
 */
export async function digestFiles(
  hash: Hash,
  [folder, label]: readonly [string, string],
  names: readonly string[],
  what: Digested,
): Promise<void> {
  const sorted = [...names].sort();
  for (let first = 0; first < sorted.length; first += together) {
    const some = sorted.slice(first, first + together);
    const found = await Promise.all(
      some.map(async name => {
        const file = join(folder, name);
        return digested[what](file).catch((error: unknown) => {
          throw error instanceof DataError ? error : unreadable(file, error);
        });
      }),
    );
    for (const [i, name] of some.entries()) hash.update(`${label}/${name} ${found[i]}\n`);
  }
}

/** Files that are looked at together. */
const together = 32;

const digested = {
  async bytes(file: string): Promise<string> {
    const hash = createHash('sha256');
    // Annotations of COCO are hundreds of megabytes.
    for await (const chunk of (await openRegular(file)).createReadStream()) hash.update(chunk as Buffer);
    return hash.digest('hex');
  },
  sizes: async (file: string): Promise<string> => String((await stat(file)).size),
} as const;
