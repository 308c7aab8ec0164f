import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataError } from '../errors.ts';
import { shellWord } from '../shell.ts';

/** What the system says of a file or folder, in words, and a command that helps: one that removes nothing. */
export interface SystemProblem {
  reason: string;
  fix: string;
}

/** What an error of the system means for `path`, or for the path that it names itself; null for any other error. */
export function systemProblem(error: unknown, path?: string): SystemProblem | null {
  const { code, syscall, path: own } = error as NodeJS.ErrnoException;
  if (code === undefined) return null;
  const at = path ?? own ?? '.';
  const link = code === 'ENOENT' || code === 'EEXIST' ? danglingLink(at) : null;
  if (link)
    return { reason: `${link.where} is a link to ${link.to}, which is not here`, fix: fixes.link(link) };
  const known = Object.hasOwn(problems, code) ? problems[code]! : undefined;
  if (known) return { reason: known[0], fix: known[1](at) };
  return syscall === undefined ? null : { reason: `the system says ${code}`, fix: fixes.look(at) };
}

/** What it means that a file is none: a pipe would wait for whoever writes to it, and a device may have no end. */
export function otherThanFile(found: Stats, path: string): SystemProblem | null {
  if (found.isFile()) return null;
  const what = found.isDirectory() ? 'a folder' : 'a pipe or a device';
  return { reason: `it is ${what}, not a file`, fix: fixes.look(path) };
}

/** Whether an error says that nothing is at `path`; a link whose target is not here is something. */
export function isAbsent(error: unknown, path: string): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' && danglingLink(path) === null;
}

/** What it means that the system does not give a file or folder of data; an error that is not the system's is returned. */
export function unreadable(path: string, error: unknown): unknown {
  const problem = systemProblem(error, path);
  return problem ? new DataError(`${path}: cannot be read, ${problem.reason}`, problem.fix, error) : error;
}

/** The path, or the nearest folder above it, that is a link to what is not here. */
function danglingLink(path: string): { where: string; to: string } | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      if (!lstatSync(at).isSymbolicLink()) return null;
      statSync(at);
      return null;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') return null;
      if (syscall === 'stat') return { where: at, to: readlinkSync(at) };
      if (dirname(at) === at) return null;
    }
  }
}

const fixes = {
  look: (path: string) => `ls -ld ${shellWord(path)}`,
  link: ({ where }: { where: string }) =>
    `ls -ld ${shellWord(where)}   # then mount or restore what it leads to, or let it lead elsewhere`,
  access: (path: string) => `ls -ld ${shellWord(path)}   # then chmod or chown it, or run this as its owner`,
  room: (path: string) =>
    `df -h ${shellWord(dirname(path))}   # make room there, then run the same command again`,
  disk: (path: string) =>
    `df ${shellWord(dirname(path))}   # check that disk (dmesg) or mount it again, then run the same command again`,
};

/** Codes of the system: what each means in words, and what helps. */
const problems: Readonly<Record<string, readonly [reason: string, fix: (path: string) => string]>> = {
  EACCES: ['permission denied', fixes.access],
  EPERM: ['permission denied', fixes.access],
  EROFS: [
    'the file system is read-only',
    path => `findmnt -T ${shellWord(dirname(path))}   # mount it read-write, or name another folder`,
  ],
  ENOSPC: ['the disk is full', fixes.room],
  EDQUOT: ['the disk quota is used up', fixes.room],
  EFBIG: [
    'it is larger than files may be here',
    () => 'ulimit -f unlimited   # then run the same command again',
  ],
  ENOENT: ['it is gone, or a folder on the way to it is', path => fixes.look(dirname(path))],
  ENOTDIR: ['a part of its path is a file, not a folder', path => fixes.look(dirname(path))],
  EISDIR: ['it is a folder, not a file', fixes.look],
  EEXIST: ['something of that name is there', fixes.look],
  ENOTEMPTY: ['the folder is not empty', fixes.look],
  ENAMETOOLONG: ['its name is too long', () => 'use shorter names'],
  ELOOP: ['its links lead in a circle', path => `${fixes.look(path)}   # then let the link lead elsewhere`],
  EIO: ['the disk reports an input/output error', fixes.disk],
  ESTALE: ['the network file system has lost it (ESTALE)', fixes.disk],
  ENXIO: ['its device is not there', fixes.disk],
  ENODEV: ['its device is not there', fixes.disk],
  ETIMEDOUT: ['the file system does not answer', fixes.disk],
  EBUSY: ['it is in use', path => `fuser -v ${shellWord(path)}   # what uses it`],
  EXDEV: ['it lies on another file system', fixes.look],
  EMFILE: ['too many files are open', () => 'ulimit -n 4096   # then run the same command again'],
  ENFILE: [
    'too many files are open on this machine',
    () => 'run the same command again when fewer programs run',
  ],
  ENOMEM: ['memory has run out', () => 'free -m   # then run the same command again, with fewer --jobs'],
  EAGAIN: [
    'no more processes may be started',
    () => 'ulimit -u   # then run the same command again, with fewer --jobs',
  ],
  ERR_FS_FILE_TOO_LARGE: ['it is larger than 2 GiB, which no such file is', fixes.look],
  ERR_FS_EISDIR: ['it is a folder, not a file', fixes.look],
};
