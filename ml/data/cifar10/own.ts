import { writeFileSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../errors.ts';
import { readRegular } from '../regular.ts';
import { isAbsent, unreadable } from '../system.ts';
import { mostBytes, readArchive } from './archive.ts';
import { type CifarFile, cifar10Files, expectBytes, verifyCifar10 } from './files.ts';
import { recordsFromPython } from './python.ts';

/** CIFAR-10 as a user has it: ready to be used where it is, or to be brought into the official layout. */
export type OwnData = { ready: string } | { name: string; bring: (to: string | null) => Promise<void> };

/**
 * Looks at what a user names: the official files of the binary version or a folder that holds them, those of the Python
 * version (PyTorch and Keras keep these), or the archive of either. `bring` verifies every byte, and writes the six files
 * into a folder when one is given. Fails with a `DataError` that says what was found instead.
 */
export async function ownData(path: string): Promise<OwnData> {
  const found = await stat(path).catch((error: unknown) => {
    if (isAbsent(error, path)) throw refused(`${path} does not exist`);
    throw unreadable(path, error);
  });
  if (found.isFile()) {
    const wrong = wrongSize(found.size);
    if (wrong) throw refused(`${path} ${wrong}`);
    return { name: path, bring: to => bringArchive(path, to) };
  }
  if (!found.isDirectory()) throw refused(`${path} is neither a folder nor an archive`);
  for (const folder of [path, join(path, 'cifar-10-batches-bin')]) {
    if (!(await holds(folder, ({ name }) => name))) continue;
    await verifyCifar10(folder).catch((error: DataError) => {
      throw refused(error.message, error);
    });
    return { ready: folder };
  }
  const kerass = join(path, 'cifar-10-batches-py-target');
  for (const above of [path, kerass]) {
    for (const folder of [above, join(above, 'cifar-10-batches-py')])
      if (await holds(folder, pythonName)) return { name: folder, bring: to => bringPython(folder, to) };
  }
  for (const archive of archives.map(name => join(path, name)))
    if (await isFile(archive)) return { name: archive, bring: to => bringArchive(archive, to) };
  throw refused(`${path} does not hold CIFAR-10: expected ${expected}${otherForm(await readdir(path))}`);
}

const expected =
  'the files of its "binary version" (data_batch_1.bin to data_batch_5.bin, test_batch.bin) or of its "python version" ' +
  '(data_batch_1 to data_batch_5, test_batch), a folder that holds cifar-10-batches-bin or cifar-10-batches-py, or one of their archives';

/** The official archives, and what Keras calls the second. */
const archives = ['cifar-10-binary.tar.gz', 'cifar-10-python.tar.gz', 'cifar-10-batches-py.tar.gz'];

/** Brings the records of a batch where they are wanted, verified. */
function bringRecords(file: CifarFile, bytes: Buffer, where: string): Buffer {
  const records = where.endsWith('.bin') ? bytes : recordsFromPython(bytes);
  if (!records)
    throw refused(`${where} is not a batch of the Python version of CIFAR-10 as it was published`);
  expectBytes(file, records, where);
  return records;
}

async function bringPython(folder: string, to: string | null): Promise<void> {
  for (const file of cifar10Files) {
    const path = join(folder, pythonName(file));
    const bytes = await readRegular(path).catch((error: unknown) => {
      throw isAbsent(error, path) ? refused(`${path} is missing`) : unreadable(path, error);
    });
    const records = explained(() => bringRecords(file, bytes, path));
    if (to !== null) await writeFile(join(to, file.name), records);
  }
}

/**
 * Verifies the files in an archive of either version, and writes them into a folder when one is given. Fails with a
 * `DataError`.
 */
export async function bringArchive(archive: string, to: string | null): Promise<void> {
  const missing = new Set<CifarFile>(cifar10Files);
  const fileOf = (name: string) => cifar10Files.find(file => [file.name, pythonName(file)].includes(name));
  const names = await readArchive(
    archive,
    name => fileOf(name) !== undefined,
    (name, bytes) => {
      const file = fileOf(name)!;
      if (!missing.delete(file)) return; // a second file of that name
      const records = explained(() => bringRecords(file, bytes, `${archive}: ${name}`));
      if (to !== null) writeFileSync(join(to, file.name), records);
    },
  );
  const [first] = missing;
  if (!first) return;
  if (missing.size < cifar10Files.length) throw refused(`${archive} does not hold ${first.name}`);
  throw refused(
    `${archive} does not hold CIFAR-10: expected data_batch_1.bin to data_batch_5.bin and test_batch.bin, or the same of the "python version"${otherForm([...names])}`,
  );
}

/** What the size of a file says against its being an archive of CIFAR-10. */
function wrongSize(bytes: number): string | null {
  if (bytes === 0) return 'is empty; expected an archive of CIFAR-10';
  const [gigabytes, most] = [bytes / 1e9, mostBytes / 1e9].map(each => each.toFixed(1));
  return bytes > mostBytes ? `has ${gigabytes} GB; no archive of CIFAR-10 has more than ${most}` : null;
}

/** What another form of the data, or another data set, is called. */
function otherForm(names: readonly string[]): string {
  const is = (pattern: RegExp) => names.some(name => pattern.test(name));
  if (is(/\.mat$|batches-mat/)) return '. This is its MATLAB version, which is not read';
  if (is(/cifar-100|fine_label_names/)) return '. This is CIFAR-100';
  if (is(/\.parquet$|\.arrow$/)) return '. These are tables of another library, which are not read';
  return is(/\.zip$/) ? '. Archives of the form .zip are not read' : '';
}

async function holds(folder: string, nameOf: (file: CifarFile) => string): Promise<boolean> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (isAbsent(error, folder) || error.code === 'ENOTDIR') return [];
    throw unreadable(folder, error);
  });
  return cifar10Files.some(file => names.includes(nameOf(file)));
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    if (isAbsent(error, path)) return null;
    throw unreadable(path, error);
  });
  return found?.isFile() ?? false;
}

function pythonName({ name }: CifarFile): string {
  return name.replace('.bin', '');
}

/** Lets a check fail with what helps here. */
function explained<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof DataError ? refused(error.message, error) : error;
  }
}

function refused(message: string, cause?: unknown): DataError {
  return new DataError(
    message,
    'name another folder or archive, or none to have it fetched (neither --data nor RESIDUALS_CIFAR10): npm run data',
    cause,
  );
}
