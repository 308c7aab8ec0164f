import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holderName, ownHolder } from '../../ml/data/holder.ts';
import { UserError } from '../errors.ts';
import { inFolder } from '../execute/jobs.fixture.ts';
import {
  makeFolder,
  readError,
  readIfThere,
  readInParts,
  remove,
  sweep,
  writeAtomic,
  writeError,
} from './files.ts';

const failed = (code: string) => Object.assign(new Error(code), { code, syscall: 'x' });

describe('writeAtomic', () => {
  it('replaces a file and leaves nothing beside it', () =>
    inFolder(folder => {
      const file = join(folder, 'a');
      writeFileSync(file, 'old');
      writeAtomic(file, ['new ', Buffer.from('content')]);
      expect(readFileSync(file, 'utf8')).toBe('new content');
      expect(readdirSync(folder)).toEqual(['a']);
    }));

  it('says which file could not be written when a part of its path is a file', () =>
    inFolder(folder => {
      writeFileSync(join(folder, 'a'), '');
      const file = join(folder, 'a', 'b');
      expect(() => writeAtomic(file, ['x'])).toThrow(
        `${file}: cannot be written, a part of its path is a file, not a folder.`,
      );
      expect(() => makeFolder(file)).toThrow(UserError);
    }));

  it('leaves nothing beside a file that it cannot replace', () =>
    inFolder(folder => {
      mkdirSync(join(folder, 'a'));
      expect(() => writeAtomic(join(folder, 'a'), ['x'])).toThrow(UserError);
      expect(readdirSync(folder)).toEqual(['a']);
    }));
});

describe('writeError', () => {
  it('tells a full disk, with what remains safe, from a folder that is not to be written', () => {
    const full = writeError(failed('ENOSPC'), '/store/runs/x') as UserError;
    expect(full.message).toBe(
      '/store/runs/x: cannot be written, the disk is full. Everything written before is intact.',
    );
    expect(full.fix).toContain('it resumes from the last checkpoint');
    expect(full.exitCode).toBe(4);
    const refused = writeError(failed('EROFS'), '/store/runs/x') as UserError;
    expect(refused).toMatchObject({ exitCode: 4, fix: expect.stringContaining('--store') });
  });

  it('tells a path that is none of a file here, which is a slip, from a system that refuses', () => {
    const exitCodeOf = (code: string) => (writeError(failed(code), '/store/x') as UserError).exitCode;
    expect(['ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP'].map(exitCodeOf)).toEqual([2, 2, 2, 2]);
    expect(['EACCES', 'EPERM', 'EROFS'].map(exitCodeOf)).toEqual([4, 4, 4]);
  });

  it.each(['EIO', 'ESTALE', 'EMFILE', 'EXDEV', 'ENXIO', 'EWHATEVER'])(
    'explains %s, which may pass, without asking for another store',
    code => {
      const error = writeError(failed(code), '/store/runs/x') as UserError;
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain('/store/runs/x: cannot be written, ');
      expect(error.fix).not.toContain('--store');
      expect(error.exitCode).toBe(4);
    },
  );

  it('leaves other errors as they are', () => {
    const error = new RangeError('ours');
    expect(writeError(error, 'x')).toBe(error);
    expect(readError(error, 'x')).toBe(error);
    const ours = Object.assign(new TypeError('ours'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(readError(ours, 'x')).toBe(ours);
  });
});

describe('readIfThere', () => {
  it('reads in parts what does not fit into one', () => {
    inFolder(folder => {
      const file = join(folder, 'long');
      const content = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
      writeFileSync(file, content);
      const descriptor = openSync(file, 'r');
      for (const part of [1, 7, 999, 1000, 5000])
        expect(readInParts(descriptor, content.length, part).equals(content)).toBe(true);
      expect(readInParts(descriptor, 2000, 300).equals(content)).toBe(true);
      closeSync(descriptor);
    });
  });

  it('gives the content, null for nothing, and explains what cannot be read', () =>
    inFolder(folder => {
      writeFileSync(join(folder, 'a'), 'x');
      expect(readIfThere(join(folder, 'a'))!.toString()).toBe('x');
      expect(readIfThere(join(folder, 'b'))).toBeNull();
      symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
      const read = () => readIfThere(join(folder, 'loop'));
      expect(read).toThrow(`${join(folder, 'loop')}: cannot be read, its links lead in a circle.`);
      expect(read).toThrow(UserError);
      expect(() => readIfThere(folder)).toThrow('it is a folder');
    }));
});

it('remove takes away a file, a folder or nothing', () =>
  inFolder(folder => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
    writeFileSync(join(folder, 'c'), '');
    for (const name of ['a', 'c', 'd']) remove(join(folder, name));
    expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
  }));

describe('sweep', () => {
  const here = ownHolder();
  const names = {
    dead: `record.json.${holderName({ ...here, pid: 999999999 })}.tmp`,
    own: `record.json.${holderName(here)}.tmp`,
    // A host whose name ends like what earlier versions wrote, heard of just now.
    elsewhere: `record.json.${holderName({ ...here, where: '01234567', host: 'node.12' })}.tmp`,
    earlier: 'record.json.12.tmp',
    other: `scores.bin.${holderName({ ...here, pid: 999999999 })}.tmp`,
  };

  it('takes away what interrupted writes have left, unless its writer lives', () =>
    inFolder(folder => {
      for (const name of [...Object.values(names), 'record.json', 'a.tmp'])
        writeFileSync(join(folder, name), '');
      sweep(folder, file => file === 'record.json');
      expect(readdirSync(folder).sort()).toEqual(
        ['a.tmp', 'record.json', names.own, names.elsewhere, names.other].sort(),
      );
      sweep(folder);
      expect(readdirSync(folder)).not.toContain(names.other);
    }));

  it('finds nothing where there is no folder', () => inFolder(folder => sweep(join(folder, 'a'))));
});
