import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create, Header } from 'tar';
import { describe } from 'vitest';
import { badInputs, folderAt } from './inputs.fixture.ts';

const bytes = 30_730_000;
const names = [1, 2, 3, 4, 5].map(i => `data_batch_${i}.bin`).concat('test_batch.bin');

/** A file with holes, as large as one of CIFAR-10 unless told otherwise. */
function hollow(file: string, size = bytes): void {
  writeFileSync(file, '');
  truncateSync(file, size);
}

/** A folder that has the names of the binary version, and other bytes. */
function wrongBytes(folder: string, missing: readonly string[] = []): void {
  for (const name of names) if (!missing.includes(name)) hollow(join(folder, name));
}

/** A tar archive whose members are as the headers say, whatever that is. */
function archive(
  file: string,
  members: readonly (ConstructorParameters<typeof Header>[0] & object)[],
  tail = 1024,
): void {
  const blocks = members.flatMap(member => {
    const header = new Header({ mode: 0o644, type: 'File', size: 0, ...(member as object) });
    header.encode();
    return [header.block!, Buffer.alloc(header.type === 'File' ? Math.min(header.size!, 512) : 0)];
  });
  const content = Buffer.concat([...blocks, Buffer.alloc(tail)]);
  writeFileSync(file, file.endsWith('gz') ? gzipSync(content) : content);
}

const fifo = (file: string) => execFileSync('mkfifo', [file]);
const own = {
  run: 'data --data @/x',
  exit: 4,
  fix: /name another folder or archive/,
  env: { RESIDUALS_CACHE: '@/cache' },
  writes: /^cache(\/cifar-10)?$/,
};
const first = 'data_batch_1.bin';
const none = /^\S+\/x does not hold CIFAR-10: expected the files of its "binary version"/;

// biome-ignore format: a table, one input a line
describe('what is named for CIFAR-10', () => {
  badInputs([
    { what: 'nothing', says: /^\S+\/x does not exist$/ },
    { what: 'a link to nothing', make: at => symlinkSync('/nowhere', join(at, 'x')), says: /^\S+\/x: cannot be read, \S+\/x is a link to \/nowhere, which is not here$/, fix: /ls -ld/ },
    { what: 'a link to itself', make: at => symlinkSync('x', join(at, 'x')), says: /^\S+\/x: cannot be read, its links lead in a circle$/, fix: /ls -ld/ },
    { what: 'below a file', make: at => writeFileSync(join(at, 'x'), ''), run: 'data --data @/x/y', says: /^\S+\/x\/y: cannot be read, a part of its path is a file, not a folder$/, fix: /ls -ld/ },
    { what: 'by a name that is too long', run: `data --data @/${'x'.repeat(300)}`, says: /x: cannot be read, its name is too long$/, fix: /use shorter names/ },
    { what: 'a pipe', make: at => fifo(join(at, 'x')), says: /^\S+\/x is neither a folder nor an archive$/ },
    { what: 'a device', run: 'data --data /dev/null', says: /^\/dev\/null is neither a folder nor an archive$/ },
    { what: 'a device without end', run: 'data --data /dev/zero', says: /^\/dev\/zero is neither a folder nor an archive$/ },
    { what: 'an empty folder', make: at => mkdirSync(join(at, 'x')), says: none },
    { what: 'a folder of other files', make: at => writeFileSync(join(folderAt(at, 'x'), 'readme.html'), ''), says: none },
    { what: 'a folder that nobody may read', make: at => mkdirSync(join(at, 'x'), { mode: 0 }), asNobody: true, says: /^\S+\/x: cannot be read, permission denied$/, fix: /chmod or chown/ },
    { what: 'its MATLAB version', make: at => writeFileSync(join(folderAt(at, 'x'), 'data_batch_1.mat'), ''), says: /This is its MATLAB version, which is not read$/ },
    { what: 'CIFAR-100', make: at => writeFileSync(join(folderAt(at, 'x'), 'fine_label_names.txt'), ''), says: /This is CIFAR-100$/ },
    { what: 'a folder with a zip archive', make: at => writeFileSync(join(folderAt(at, 'x'), 'cifar-10.zip'), ''), says: /Archives of the form \.zip are not read$/ },
    { what: 'tables of another library', make: at => writeFileSync(join(folderAt(at, 'x'), 'train.parquet'), ''), says: /These are tables of another library, which are not read$/ },
    { what: 'batches in capitals', make: at => writeFileSync(join(folderAt(at, 'x'), 'DATA_BATCH_1.BIN'), ''), says: none },
  ], own);
});

// biome-ignore format: a table, one input a line
describe('a folder of its binary version', () => {
  badInputs([
    { what: 'with the first batch alone', make: at => hollow(join(folderAt(at, 'x'), first)), says: /data_batch_1\.bin is damaged: its SHA-256 is [0-9a-f]{64} instead of cee91656/ },
    { what: 'without the first batch', make: at => wrongBytes(folderAt(at, 'x'), [first]), says: /^\S+\/data_batch_1\.bin is missing$/ },
    { what: 'with other bytes', make: at => wrongBytes(folderAt(at, 'x')), says: /data_batch_1\.bin is damaged: its SHA-256 is / },
    { what: 'with other bytes, in the official folder', make: at => wrongBytes(folderAt(at, 'x', 'cifar-10-batches-bin')), says: /cifar-10-batches-bin\/data_batch_1\.bin is damaged/ },
    { what: 'with an empty batch', make: at => hollow(join(folderAt(at, 'x'), first), 0), says: /data_batch_1\.bin has 0 bytes instead of 30730000$/ },
    { what: 'with a batch cut off', make: at => hollow(join(folderAt(at, 'x'), first), 4096), says: /data_batch_1\.bin has 4096 bytes instead of 30730000$/ },
    { what: 'with a batch too long', make: at => hollow(join(folderAt(at, 'x'), first), bytes + 1), says: /data_batch_1\.bin has 30730001 bytes instead of 30730000$/ },
    { what: 'with a batch of five gigabytes', make: at => hollow(join(folderAt(at, 'x'), first), 5e9), says: /data_batch_1\.bin has 5000000000 bytes instead of 30730000$/ },
    { what: 'with a folder in the place of a batch', make: at => folderAt(at, 'x', first), says: /data_batch_1\.bin: cannot be read, it is a folder, not a file$/ },
    { what: 'with a pipe in the place of a batch', make: at => fifo(join(folderAt(at, 'x'), first)), says: /data_batch_1\.bin: cannot be read, it is a pipe or a device, not a file$/ },
    { what: 'with a device in the place of a batch', make: at => symlinkSync('/dev/zero', join(folderAt(at, 'x'), first)), says: /data_batch_1\.bin: cannot be read, it is a pipe or a device, not a file$/ },
    { what: 'with a batch that is a link to nothing', make: at => symlinkSync('/nowhere', join(folderAt(at, 'x'), first)), says: /data_batch_1\.bin: cannot be read, \S+ is a link to \/nowhere, which is not here$/ },
    { what: 'with a batch that is a link to itself', make: at => symlinkSync(first, join(folderAt(at, 'x'), first)), says: /data_batch_1\.bin: cannot be read, its links lead in a circle$/ },
    { what: 'with a batch that nobody may read', make: at => writeFileSync(join(folderAt(at, 'x'), first), '', { mode: 0 }), asNobody: true, says: /data_batch_1\.bin: cannot be read, permission denied$/ },
  ], own);
});

// biome-ignore format: a table, one input a line
describe('a folder of its Python version', () => {
  const python = (at: string) => folderAt(at, 'x', 'cifar-10-batches-py');
  badInputs([
    { what: 'with an empty batch', make: at => writeFileSync(join(python(at), 'data_batch_1'), ''), says: /data_batch_1 is not a batch of the Python version of CIFAR-10 as it was published$/ },
    { what: 'with a batch of text', make: at => writeFileSync(join(python(at), 'data_batch_1'), 'x\n'), says: /data_batch_1 is not a batch of the Python version/ },
    { what: 'with a pickle that would run something', make: at => writeFileSync(join(python(at), 'data_batch_1'), "cos\nsystem\n(S'touch @/run'\ntR."), says: /data_batch_1 is not a batch of the Python version/ },
    { what: 'without its first batch', make: at => writeFileSync(join(python(at), 'test_batch'), 'x'), says: /data_batch_1 is missing$/ },
    { what: 'with a pipe in the place of a batch', make: at => fifo(join(python(at), 'data_batch_1')), says: /data_batch_1: cannot be read, it is a pipe or a device, not a file$/, fix: /ls -ld/ },
    { what: 'with a folder in the place of a batch', make: at => folderAt(python(at), 'data_batch_1'), says: /data_batch_1: cannot be read, it is a folder, not a file$/, fix: /ls -ld/ },
    { what: 'with a device in the place of a batch', make: at => symlinkSync('/dev/zero', join(python(at), 'data_batch_1')), says: /data_batch_1: cannot be read, it is a pipe or a device/, fix: /ls -ld/ },
    { what: 'with a batch that is a link to nothing', make: at => symlinkSync('/nowhere', join(python(at), 'data_batch_1')), says: /data_batch_1: cannot be read, \S+ is a link to \/nowhere/, fix: /ls -ld/ },
    { what: 'with a batch that nobody may read', make: at => writeFileSync(join(python(at), 'data_batch_1'), '', { mode: 0 }), asNobody: true, says: /data_batch_1: cannot be read, permission denied$/, fix: /chmod/ },
  ], own);
});

// biome-ignore format: a table, one input a line
describe('an archive', () => {
  const x = (at: string) => join(at, 'x');
  const damaged = /^\S+\/x is damaged or was not fetched whole: /;
  const nothing = /^\S+\/x does not hold CIFAR-10: expected data_batch_1\.bin to data_batch_5\.bin/;
  const member = (path: string, more: object = {}) => ({ path, ...more });
  badInputs([
    { what: 'that is empty', make: at => writeFileSync(x(at), ''), says: /^\S+\/x is empty; expected an archive of CIFAR-10$/ },
    { what: 'of one byte', make: at => writeFileSync(x(at), 'x'), says: /^\S+\/x is not a tar archive/ },
    { what: 'that is text', make: at => writeFileSync(x(at), 'no archive\n'.repeat(100)), says: /^\S+\/x is not a tar archive \(\.tar or \.tar\.gz\)$/ },
    { what: 'that is a page that asks to log in', make: at => writeFileSync(x(at), '<!doctype html><title>Sign in</title>'), says: /^\S+\/x is not a tar archive/ },
    { what: 'of zeros', make: at => hollow(x(at), 10_240), says: /^\S+\/x is not a tar archive/ },
    { what: 'of a gzip that is cut off', make: at => writeFileSync(x(at), gzipSync('x'.repeat(5000)).subarray(0, 20)), says: /^\S+\/x is not a tar archive|is damaged/ },
    { what: 'of a gzip header alone', make: at => writeFileSync(x(at), Buffer.from([0x1f, 0x8b])), says: /^\S+\/x is not a tar archive/ },
    { what: 'of a gzip of text', make: at => writeFileSync(x(at), gzipSync('no archive\n'.repeat(100))), says: /^\S+\/x is not a tar archive/ },
    { what: 'of the form .zip', run: 'data --data @/x.zip', make: at => writeFileSync(join(at, 'x.zip'), 'PK\u0003\u0004'), says: /^\S+\/x\.zip is not a tar archive .* Archives of the form \.zip are not read$/ },
    { what: 'of more gigabytes than it can have', make: at => hollow(x(at), 140e9), says: /^\S+\/x has 140\.0 GB; no archive of CIFAR-10 has more than 1\.0$/ },
    { what: 'without members', make: at => archive(x(at), []), says: /^\S+\/x is not a tar archive/ },
    { what: 'of something else', make: at => archive(x(at), [member('a.txt'), member('b/c.txt')]), says: nothing },
    { what: 'of CIFAR-100', make: at => archive(x(at), [member('cifar-100-binary/train.bin')]), says: /This is CIFAR-100$/ },
    { what: 'of its MATLAB version', make: at => archive(x(at), [member('cifar-10-batches-mat/data_batch_1.mat')]), says: /This is its MATLAB version/ },
    { what: 'with an empty member', make: at => archive(x(at), [member(`cifar-10-batches-bin/${first}`)]), says: /^\S+\/x: data_batch_1\.bin has 0 bytes instead of 30730000$/ },
    { what: 'with a member cut off by its end', make: at => archive(x(at), [member(first, { size: bytes })]), says: damaged },
    { what: 'with a member that says it has eight gigabytes', make: at => archive(x(at), [member(first, { size: 8e9 })]), says: /^\S+\/x holds more than CIFAR-10 does: more than 1 GB up to its member data_batch_1\.bin$/, fix: /name the archive of CIFAR-10/ },
    { what: 'with a member that says it has a petabyte', make: at => archive(x(at), [member(first, { size: 1e15 })]), says: /holds more than CIFAR-10 does/, fix: /name the archive of CIFAR-10/ },
    { what: 'with a member that is a link', make: at => archive(x(at), [member(first, { type: 'SymbolicLink', linkpath: '/etc/passwd' })]), says: /data_batch_1\.bin has 0 bytes instead of 30730000$/ },
    { what: 'with a member that is a hard link', make: at => archive(x(at), [member(first, { type: 'Link', linkpath: '../../etc/passwd' })]), says: /data_batch_1\.bin has 0 bytes instead of 30730000$/ },
    { what: 'with a member that is a device', make: at => archive(x(at), [member(first, { type: 'CharacterDevice', devmaj: 1, devmin: 5 })]), says: /data_batch_1\.bin has 0 bytes instead of 30730000$/ },
    { what: 'with a member that is a pipe', make: at => archive(x(at), [member(first, { type: 'FIFO' })]), says: /data_batch_1\.bin has 0 bytes instead of 30730000$/ },
    { what: 'with a member that is a folder', make: at => archive(x(at), [member(`${first}/`, { type: 'Directory' })]), says: /does not hold|has 0 bytes instead of 30730000$/ },
    { what: 'with a member above it', make: at => archive(x(at), [member(`../../${first}`, { size: 512 })]), says: /^\S+\/x: data_batch_1\.bin has 512 bytes instead of 30730000$/ },
    { what: 'with a member at an absolute path', make: at => archive(x(at), [member(`/tmp/${first}`, { size: 512 })]), says: /^\S+\/x: data_batch_1\.bin has 512 bytes instead of 30730000$/ },
    { what: 'with a member of the Python version that is none', make: at => archive(x(at), [member('cifar-10-batches-py/data_batch_1', { size: 512 })]), says: /^\S+\/x: data_batch_1 is not a batch of the Python version/ },
    { what: 'with a member whose name has an escape code', make: at => archive(x(at), [member('\u001b[31mdata')]), says: nothing },
    { what: 'with a header that was changed', make: at => { archive(x(at), [member(first, { size: 512 })]); writeFileSync(x(at), 'X', { flag: 'r+' }); }, says: /is not a tar archive|is damaged/ },
    { what: 'with other bytes', make: async at => { hollow(join(at, first)); await create({ file: x(at), cwd: at }, [first]); }, says: /^\S+\/x: data_batch_1\.bin is damaged: its SHA-256 is / },
    { what: 'that nobody may read', make: at => writeFileSync(x(at), 'x', { mode: 0 }), asNobody: true, says: /^\S+\/x: cannot be read, permission denied$/, fix: /chmod/ },
  ], own);
});
