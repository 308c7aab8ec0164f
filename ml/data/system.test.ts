import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../errors.ts';
import { isAbsent, systemProblem, unreadable } from './system.ts';

const failed = (code: string, more = {}) =>
  Object.assign(new Error(code), { code, syscall: 'open', ...more });
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "residuals system's-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const codes = [
  ...['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST'],
  ...['ENOTEMPTY', 'ENAMETOOLONG', 'ELOOP', 'EIO', 'ESTALE', 'ENXIO', 'ENODEV', 'ETIMEDOUT', 'EBUSY'],
  ...['EXDEV', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EWHATEVER'],
];

describe('an error of the system', () => {
  it.each(codes)('%s is named as what it is, with a command that removes nothing', code => {
    const { reason, fix } = systemProblem(failed(code), '/data/a b')!;
    expect(reason).not.toMatch(/damage|absent|missing|bug/);
    expect(fix).not.toMatch(/\brm\b|\bmv\b|delete|remove/);
    expect(fix).not.toContain('/data/a b '); // quoted for a shell
  });

  it('names the path that it carries when none is given', () => {
    expect(systemProblem(failed('EACCES', { path: '/x' }))!.fix).toContain('ls -ld /x');
  });

  it('is told from a fault of ours', () => {
    expect(systemProblem(new TypeError('x'))).toBeNull();
    expect(systemProblem(Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeNull();
    expect(systemProblem(failed('constructor'))!.reason).toBe('the system says constructor');
    expect(systemProblem('text')).toBeNull();
  });

  it('becomes an error about data, and another error stays what it is', () => {
    const error = unreadable('/data/x', failed('EIO')) as DataError;
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe('/data/x: cannot be read, the disk reports an input/output error');
    const ours = new RangeError('ours');
    expect(unreadable('/data/x', ours)).toBe(ours);
  });
});

describe('a link to what is not here', () => {
  it.each([
    ['the file itself', 'link', (link: string) => link],
    ['a folder above it', 'folder', (link: string) => join(link, 'a', 'b')],
  ])('is something, not nothing: %s', (_, name, below) => {
    const link = join(folder, name);
    symlinkSync('/nowhere/at all', link);
    const path = below(link);
    expect(isAbsent(failed('ENOENT'), path)).toBe(false);
    const { reason, fix } = systemProblem(failed('ENOENT'), path)!;
    expect(reason).toBe(`${link} is a link to /nowhere/at all, which is not here`);
    expect(fix).toContain("ls -ld '");
  });

  it('is told from a file that is not there', () => {
    mkdirSync(join(folder, 'whole'));
    symlinkSync(join(folder, 'whole'), join(folder, 'good'));
    writeFileSync(join(folder, 'file'), '');
    for (const path of ['x', 'whole/x', 'good/x', 'x/y/z'])
      expect(isAbsent(failed('ENOENT'), join(folder, path)), path).toBe(true);
    expect(isAbsent(failed('ENOTDIR'), join(folder, 'file', 'x'))).toBe(false);
    expect(isAbsent(failed('EACCES'), join(folder, 'x'))).toBe(false);
  });
});
