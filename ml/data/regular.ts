import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DataError } from '../errors.ts';
import { otherThanFile } from './system.ts';

/** How to open what may be a pipe without waiting for whoever writes to it. Windows has no such pipes. */
export const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens a file for reading, and nothing that only has the name of one. Fails with a `DataError` then, else as Node does. */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, withoutWaiting);
  const problem = otherThanFile(await file.stat(), path);
  if (problem === null) return file;
  await file.close();
  throw new DataError(`${path}: cannot be read, ${problem.reason}`, problem.fix);
}

/** The content of a file; fails like `openRegular`. */
export async function readRegular(path: string): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}
