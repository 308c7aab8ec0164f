import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { inFolder } from '../execute/fixtures.ts';
import { isTemporary, makeFolder, writeAtomic, writeError } from './files.ts';

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
        `${file}: could not be written, a part of its path is a file, not a folder.`,
      );
      expect(() => makeFolder(file)).toThrow(UserError);
    }));
});

describe('writeError', () => {
  it('tells a full disk, with what remains safe, from a folder that is not to be written', () => {
    const full = writeError(Object.assign(new Error(), { code: 'ENOSPC' }), '/store/runs/x') as UserError;
    expect(full.message).toBe(
      '/store/runs/x: could not be written, the disk is full. What was written before is whole.',
    );
    expect(full.fix).toContain('goes on from the last checkpoint');
    expect(full.exitCode).toBe(4);
    const refused = writeError(Object.assign(new Error(), { code: 'EROFS' }), '/store/runs/x') as UserError;
    expect(refused).toMatchObject({ exitCode: 2, fix: expect.stringContaining('--store') });
  });

  it('leaves other errors as they are', () => {
    const error = new RangeError('ours');
    expect(writeError(error, 'x')).toBe(error);
  });
});

it('knows what an interrupted write leaves', () => {
  expect(['record.json.12.tmp', 'record.json', 'a.tmp'].map(isTemporary)).toEqual([true, false, false]);
});
