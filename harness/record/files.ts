import { constants as limits } from 'node:buffer';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolderTree } from '../../ml/data/folder.ts';
import { holderName, isLiveHolder, ownHolder } from '../../ml/data/holder.ts';
import { withoutWaiting } from '../../ml/data/regular.ts';
import { isAbsent, otherThanFile, type SystemProblem, systemProblem } from '../../ml/data/system.ts';
import { shellWord } from '../../ml/shell.ts';
import { exitCodes, UserError } from '../errors.ts';

/**
 * Replaces a file so that after a crash at any moment the old or the new content is there, never a part:
 * written beside it under a name that says who writes, fsynced, renamed, and the folder fsynced. Fails with a `UserError` on
 * a full disk or a folder that cannot be written; the old file is then untouched.
 */
export function writeAtomic(file: string, parts: readonly (string | Uint8Array)[]): void {
  const temporary = `${file}.${holderName(ownHolder())}.tmp`;
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

/**
 * Removes what interrupted writes have left in a folder, of files that `isOf` picks. What a living process is about to rename
 * stays; fails like `writeAtomic`.
 */
export function sweep(folder: string, isOf: (file: string) => boolean = () => true): void {
  for (const name of listIfThere(folder)) {
    const [, file, writer] = temporaryName.exec(name) ?? earlierName.exec(name) ?? [];
    if (writer === undefined || !isOf(file!)) continue;
    if (!isLiveHolder(writer, join(folder, name))) remove(join(folder, name));
  }
}

/** Creates a folder and those above it; fails like `writeAtomic`. */
export function makeFolder(folder: string): void {
  try {
    makeFolderTree(folder);
  } catch (error) {
    throw writeError(error, (error as NodeJS.ErrnoException).path ?? folder);
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

/**
 * The content of a file; null when there is none. Fails with a `UserError` when it is there and cannot be read, or is a link
 * to what is not here.
 */
export function readIfThere(file: string): Buffer | null {
  return readBy(file, descriptor => readFileSync(descriptor));
}

/** The content of a file that may have more than 2 GiB; fails like `readIfThere`. */
export function readLongIfThere(file: string): Buffer | null {
  return readBy(file, descriptor => {
    const { size } = fstatSync(descriptor);
    if (size > limits.MAX_LENGTH) throw tooLong(file, size);
    return size < atOnce ? readFileSync(descriptor) : readInParts(descriptor, size);
  });
}

function readBy(file: string, read: (descriptor: number) => Buffer): Buffer | null {
  const descriptor = openIfThere(file);
  if (descriptor === null) return null;
  try {
    return read(descriptor);
  } catch (error) {
    throw readError(error, file);
  } finally {
    closeSync(descriptor);
  }
}

/** Node reads or digests no more at once. Proposals on COCO take 2.6 GB at the paper's protocol. */
export const atOnce = 2 ** 30;

/** The descriptor of a file that is to be read; null when there is none. Fails like `readIfThere`, also on a pipe or device. */
export function openIfThere(file: string): number | null {
  try {
    const descriptor = openSync(file, withoutWaiting);
    const problem = otherThanFile(fstatSync(descriptor), file);
    if (problem === null) return descriptor;
    closeSync(descriptor);
    throw unreadable(file, problem);
  } catch (error) {
    if (isAbsent(error, file)) return null;
    throw readError(error, file);
  }
}

/** The content of a file of a known size; `part`: bytes that are read at a time. */
export function readInParts(descriptor: number, size: number, part = atOnce): Buffer {
  const content = Buffer.allocUnsafeSlow(size);
  let at = 0;
  while (at < size) {
    const read = readSync(descriptor, content, at, Math.min(part, size - at), at);
    if (read === 0) return content.subarray(0, at); // it was cut short meanwhile
    at += read;
  }
  return content;
}

/**
 * The descriptor of a file that is to be appended to, made where there is none. A pipe without a reader would be waited for.
 * Fails like `writeAtomic`, also on a pipe or device.
 */
export function openToAppend(file: string): number {
  try {
    const descriptor = openSync(file, appending);
    const problem = otherThanFile(fstatSync(descriptor), file);
    if (problem === null) return descriptor;
    closeSync(descriptor);
    throw unwritable(file, problem);
  } catch (error) {
    const problem = (error as NodeJS.ErrnoException).code === 'ENXIO' && otherThanFile(statSync(file), file);
    throw problem ? unwritable(file, problem, error) : writeError(error, file);
  }
}

const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);

/** The names in a folder; none when there is no such folder. Fails like `readIfThere`. */
export function listIfThere(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error, folder)) return [];
    throw readError(error, folder);
  }
}

/** What a failed read means for the user; an error that is not the system's is returned as it is. */
export function readError(error: unknown, file: string): unknown {
  const problem = systemProblem(error, file);
  return problem === null ? error : unreadable(file, problem, error);
}

function unreadable(file: string, { reason, fix }: SystemProblem, cause?: unknown): UserError {
  return new UserError(`${file}: cannot be read, ${reason}.`, { fix, exitCode: exitCodes.failed, cause });
}

/** ImageNet's detection set leaves 15 GB of proposals; a buffer of Node 20 ends at 4 GiB. */
function tooLong(file: string, size: number): UserError {
  const most = Math.floor(limits.MAX_LENGTH / 2 ** 30);
  return new UserError(
    `${file}: cannot be read, it has ${size} bytes, and Node ${process.version} reads ${most} GiB.`,
    {
      fix: 'run the same command with Node 22 or later',
      exitCode: exitCodes.failed,
    },
  );
}

function unwritable(file: string, { reason, fix }: SystemProblem, cause?: unknown): UserError {
  return new UserError(`${file}: cannot be written, ${reason}.`, { fix, exitCode: exitCodes.failed, cause });
}

/** What a failed write means for the user; an error that is not the system's is returned as it is. */
export function writeError(error: unknown, file: string): unknown {
  const problem = systemProblem(error, file);
  if (problem === null) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const isElsewhere = isNamedWrongly(error) || ['EACCES', 'EPERM', 'EROFS'].includes(code);
  const intact = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code) ? ' Everything written before is intact.' : '';
  return new UserError(`${file}: cannot be written, ${problem.reason}.${intact}`, {
    fix: isElsewhere
      ? `${problem.fix}, or name another folder: --store <folder>`
      : problem.fix.replace(/again$/, 'again: it resumes from the last checkpoint'),
    exitCode: isNamedWrongly(error) ? exitCodes.usage : exitCodes.failed,
    cause: error,
  });
}

/** Whether an error of the system says that what is at a path is nothing of ours: a mistake in a name, not a failure. */
export function isNamedWrongly(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return strange.includes(code);
}

const strange = [
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ENAMETOOLONG',
  'ELOOP',
  'ERR_FS_FILE_TOO_LARGE',
  'ERR_FS_EISDIR',
];

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

/** The command that puts a file out of the way. */
export function setAside(file: string): string {
  return `mv ${shellWord(file)} ${shellWord(`${file}.bad`)}`;
}

/** What an interrupted `writeAtomic` leaves: the file, and who wrote; earlier versions told the process's number alone. */
const temporaryName = /^(.+)\.(\d+\.\d+\.[0-9a-f]{8}\.[^/]+)\.tmp$/;
const earlierName = /^(.+)\.(\d+)\.tmp$/;
