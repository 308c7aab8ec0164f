import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { backendNamed } from './backend-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-backend-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** The path of a file with that text. */
function file(text: string): string {
  const path = join(folder, `backend-${files++}.mjs`);
  writeFileSync(path, text);
  return path;
}

const parts = {
  id: "'mine'",
  numerics: '1',
  capabilities: "{ devices: ['cpu'], variants: ['plain'] }",
  probe: '() => {}',
  open: '() => {}',
};

/** A backend as source text, with some of its parts replaced, or left out where they are empty. */
function source(changed: Partial<Record<keyof typeof parts | 'runGraph', string>> = {}): string {
  const entries = Object.entries({ ...parts, ...changed }).filter(([, value]) => value !== '');
  return `{ ${entries.map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
}

describe('a backend is found', () => {
  it('by its name', async () => {
    expect((await backendNamed('reference')).id).toBe('reference');
  });

  it.each([
    ['default', `export default ${source()}`],
    ['backend', `export const backend = ${source()}`],
  ])('as the export %s of a file', async (_, text) => {
    expect((await backendNamed(file(text))).id).toBe('mine');
  });

  it.each([
    ['another id', { id: "'../mine'" }, /id is the string "\.\.\/mine"; expected a name/],
    ['no id', { id: '' }, /id is missing/],
    ['the id of one that is there', { id: "'reference'" }, /name of a backend that comes with Residuals/],
    ['numerics of another type', { numerics: "'1'" }, /numerics is the string "1"; expected a whole number/],
    ['no devices', { capabilities: "{ devices: [], variants: ['a'] }" }, /capabilities\.devices is/],
    ['no capabilities', { capabilities: 'null' }, /capabilities\.devices is missing/],
    ['no probe', { probe: '' }, /probe is missing; expected a function/],
    ['open of another type', { open: '3' }, /open is the number 3; expected a function/],
    ['runGraph of another type', { runGraph: 'true' }, /runGraph is the boolean true/],
  ])('not with %s', async (_, changed, message) => {
    const path = file(`export default ${source(changed)}`);
    await expect(backendNamed(path)).rejects.toThrow(message);
    await expect(backendNamed(path)).rejects.toMatchObject({ exitCode: 2, fix: expect.any(String) });
  });

  it.each([
    ['that exports none', 'export const other = 1', /it exports no backend; expected a default export/],
    ['whose export is no object', 'export default 7', /its backend is the number 7; expected an object/],
    ['that throws', "throw new Error('no engine')", /cannot be loaded: Error: no engine/],
    ['that is no JavaScript', 'export default {', /cannot be loaded: /],
  ])('not in a file %s', async (_, text, message) => {
    await expect(backendNamed(file(text))).rejects.toThrow(message);
  });

  it('not in a file that is not there, nor under another name', async () => {
    await expect(backendNamed(join(folder, 'none.ts'))).rejects.toThrow(/There is no file .*none\.ts/);
    await expect(backendNamed('refrence')).rejects.toThrow(
      /"refrence" is no backend.*Did you mean reference/,
    );
  });
});
