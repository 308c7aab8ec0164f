import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { exitCodes, UserError } from '../errors.ts';

/**
 * Replaces a file so that after a crash at any moment the old or the new content is there, never a part:
 * written beside it, fsynced, renamed, and the folder fsynced. Fails with a `UserError` on a full disk or a folder
 * that cannot be written; the old file is then untouched.
 */
export function writeAtomic(file: string, parts: readonly (string | Uint8Array)[]): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(temporary, 'w');
    try {
      for (const part of parts) writeFileSync(descriptor, part);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    syncFolder(dirname(file));
  } catch (error) {
    removeIfPossible(temporary);
    throw writeError(error, file);
  }
}

/** Creates a folder and those above it; fails like `writeAtomic`. */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  makeFolder(dirname(folder)); // Node's own recursion hides the cause: on a read-only file system it says ENOENT
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!isFolder(folder)) throw writeError(error, folder); // else another process was quicker
  }
}

/** What a failed write means for the user; an error that is no matter of the disk or of rights is returned as it is. */
export function writeError(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (Object.hasOwn(full, code)) {
    return new UserError(`${file}: could not be written, ${full[code]}. What was written before is whole.`, {
      fix: `make room under ${dirname(file)} and run the same command again: it goes on from the last checkpoint`,
      exitCode: exitCodes.failed,
      cause: error,
    });
  }
  if (Object.hasOwn(refused, code)) {
    return new UserError(`${file}: could not be written, ${refused[code]}.`, {
      fix: 'name a folder that can be written: --store <folder>',
      cause: error,
    });
  }
  return error;
}

const full: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than files may be here (ulimit -f)',
};

const refused: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'a file of that name is there',
};

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Where nothing can be written, nothing can be removed either; the error before this one is the one to tell. */
function removeIfPossible(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {}
}

/** A renamed file survives a power cut only once its folder is written too; Windows cannot and need not do this. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a name is what an interrupted `writeAtomic` leaves. */
export function isTemporary(file: string): boolean {
  return /\.\d+\.tmp$/.test(basename(file));
}
