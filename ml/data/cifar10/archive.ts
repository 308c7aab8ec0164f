import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DataError } from '../../errors.ts';
import { unreadable } from '../system.ts';

/** No file of CIFAR-10 is larger. */
const largest = 40 * 2 ** 20;

/** No archive of CIFAR-10, nor all that is in it, is larger. */
export const mostBytes = 1e9;

/**
 * Reads the files of a tar archive, compressed by gzip or not, whose names are wanted: each is taken as it comes, nothing is
 * written to disk, and paths in the archive mean nothing. All names and paths come back. Fails with what `take` fails with,
 * or with a `DataError` when the file is no archive, or is damaged.
 */
export async function readArchive(
  file: string,
  wanted: (name: string) => boolean,
  take: (name: string, bytes: Buffer) => void,
): Promise<Set<string>> {
  const { Parser } = await import('tar');
  const found = new Set<string>();
  let refusal: { error: unknown } | undefined;
  let tooMuch: DataError | undefined;
  let bytesInside = 0;
  const parser = new Parser({
    strict: true,
    onReadEntry: entry => {
      const name = basename(entry.path);
      found.add(entry.path).add(name);
      bytesInside += entry.size;
      if (bytesInside > mostBytes) {
        tooMuch ??= tooLarge(file, entry.path);
        parser.abort(tooMuch);
      }
      if (!wanted(name) || entry.size > largest || refusal) return void entry.resume();
      const chunks: Buffer[] = [];
      entry.on('data', chunk => chunks.push(chunk));
      entry.on('end', () => {
        try {
          take(name, Buffer.concat(chunks));
        } catch (error) {
          refusal ??= { error };
        }
      });
    },
  });
  const ended = new Promise<void>((end, fail) => {
    parser.on('end', end);
    parser.on('error', fail);
  });
  const bytes = pipeline(createReadStream(file), parser as unknown as NodeJS.WritableStream);
  await Promise.all([bytes, ended]).catch((error: unknown) => {
    throw tooMuch ?? unusable(file, error, found.size > 0);
  });
  if (refusal) throw refusal.error;
  return found;
}

function tooLarge(file: string, member: string): DataError {
  const message = `${file} holds more than CIFAR-10 does: more than 1 GB up to its member ${member.slice(0, 100)}`;
  return new DataError(message, 'name the archive of CIFAR-10');
}

function unusable(file: string, error: unknown, begun: boolean): unknown {
  const known = unreadable(file, error);
  if (known instanceof DataError) return known;
  const what = begun
    ? `is damaged or was not fetched whole: ${(error as Error).message}`
    : `is not a tar archive (.tar or .tar.gz)${/\.zip$/i.test(file) ? '. Archives of the form .zip are not read' : ''}`;
  return new DataError(`${file} ${what}`, 'fetch it again, or name another folder or archive', error);
}
