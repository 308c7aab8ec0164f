import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { makeFolderTree } from '../../ml/data/folder.ts';
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
  try {
    makeFolderTree(folder);
  } catch (error) {
    throw writeError(error, folder);
  }
}

/** Removes a file, or a folder in its place, where there is one; fails like `writeAtomic`. */
export function remove(file: string): void {
  try {
    rmSync(file, { recursive: true, force: true });
  } catch (error) {
    throw writeError(error, file);
  }
}

/** The content of a file; null when there is none. Fails with a `UserError` when it is there and cannot be read. */
export function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw readError(error, file);
  }
}

/** What a failed read means for the user; an error that is not the system's is returned as it is. */
export function readError(error: unknown, file: string): unknown {
  const reason = reasonOf(error);
  if (reason === null) return error;
  return new UserError(`${file}: cannot be read, ${reason}.`, {
    fix: `ls -ld ${file}   # then make it readable, or restore it`,
    exitCode: exitCodes.failed,
    cause: error,
  });
}

/** What a failed write means for the user; an error that is not the system's is returned as it is. */
export function writeError(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reason = reasonOf(error);
  if (reason === null) return error;
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
    return new UserError(`${file}: cannot be written, ${reason}. Everything written before is intact.`, {
      fix: `make room under ${dirname(file)} and run the same command again: it resumes from the last checkpoint`,
      exitCode: exitCodes.failed,
      cause: error,
    });
  }
  const lasting = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENAMETOOLONG'].includes(code);
  return new UserError(`${file}: cannot be written, ${reason}.`, {
    fix: lasting
      ? 'name a folder that can be written: --store <folder>'
      : 'run the same command again once the file system answers: it resumes from the last checkpoint',
    exitCode: lasting ? exitCodes.usage : exitCodes.failed,
    cause: error,
  });
}

/** An error of the system in words; null for an error that is not the system's. */
export function reasonOf(error: unknown): string | null {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) return null;
  if (Object.hasOwn(reasons, code)) return reasons[code]!;
  return syscall === undefined ? null : `the system says ${code}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than files may be here (ulimit -f)',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'a file of that name is there',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  EIO: 'the disk reports an input/output error',
  ESTALE: 'the network file system has lost it (ESTALE)',
  ENXIO: 'its device is not there',
  ENODEV: 'its device is not there',
  ETIMEDOUT: 'the file system does not answer',
  EMFILE: 'too many files are open (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  EXDEV: 'it lies on another file system',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB, which no file of a store is',
  ERR_FS_EISDIR: 'it is a folder',
  ENOENT: 'it is gone, or a folder on the way to it is',
};

/** Where nothing can be written, nothing can be removed either; the error before this one is the one to tell. */
function removeIfPossible(file: string): void {
  try {
    remove(file);
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
