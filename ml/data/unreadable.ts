import { DataError } from '../errors.ts';

/** What it means that the system does not give a file or folder of data; an error that is not the system's is returned. */
export function unreadable(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : `the system says ${code}`;
  return new DataError(
    `${path}: cannot be read, ${reason}`,
    `ls -ld '${path}'   # then restore it or make it readable`,
    error,
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there, or it is a link to what is not there',
  ELOOP: 'its links lead in a circle',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'it is a file where a folder was expected',
  EISDIR: 'it is a folder where a file was expected',
  EIO: 'the disk reports an input/output error',
  ESTALE: 'the network file system has lost it (ESTALE)',
  EMFILE: 'too many files are open (ulimit -n)',
};
