import { readdir } from 'node:fs/promises';
import { DataError, MissingDataError } from '../errors.ts';
import { readRegular } from './regular.ts';
import { isAbsent, unreadable } from './system.ts';

/** The content of a file that a data set must have. Fails with a `DataError`; `fix`: what helps when it is not there. */
export async function readNeeded(file: string, fix: string): Promise<Buffer> {
  return readRegular(file).catch((error: unknown) => {
    throw error instanceof DataError ? error : missingOr(file, fix, error);
  });
}

/** The names in a folder that a data set must have; fails like `readNeeded`. */
export async function listNeeded(folder: string, fix: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw missingOr(folder, fix, error);
  });
}

function missingOr(path: string, fix: string, error: unknown): unknown {
  return isAbsent(error, path)
    ? new MissingDataError(`${path} is missing`, fix, error)
    : unreadable(path, error);
}
