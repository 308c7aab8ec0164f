import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const here = dirname(import.meta.dirname);
let root: string;
const bundles = () => join(root, 'node_modules/.cache/residuals/bundles');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'residuals-bundle-'));
  cpSync(import.meta.dirname, join(root, 'loader'), { recursive: true });
  cpSync(join(here, 'package-lock.json'), join(root, 'package-lock.json'));
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(join(here, 'node_modules/esbuild'), join(root, 'node_modules/esbuild'));
  source(
    'main.ts',
    `import { word } from './word.ts';
export async function main(): Promise<string> {
  const { end }: { end: string } = await import('./end.ts');
  return [word, end, import.meta.url, import.meta.dirname].join(' ');
}`,
  );
  source('word.ts', "export const word: string = 'one';");
  source('end.ts', "export const end = 'end';");
});
afterEach(() => rmSync(root, { recursive: true }));

function source(name: string, text: string): void {
  writeFileSync(join(root, name), text);
}

function run(): { stdout: string; stderr: string } {
  const script = `import { importBundled } from '${root}/loader/bundle.mjs';
const { main } = await importBundled('main.ts');
console.log(await main());`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
}

function chunks(): string[] {
  const [folder] = readdirSync(bundles()).filter(name => !name.endsWith('.json'));
  return readdirSync(join(bundles(), folder!)).map(name => join(bundles(), folder!, name));
}

const expected = (word: string) => `${word} end file://${root}/main.ts ${root}\n`;

describe('a bundle', () => {
  it('is made once, and tells where its sources are', () => {
    expect(run()).toMatchObject({ stdout: expected('one'), stderr: '' });
    const made = readdirSync(bundles());
    expect(made).toHaveLength(2);
    expect(run().stdout).toBe(expected('one'));
    expect(readdirSync(bundles())).toEqual(made);
  });

  it('is one file but for what needs a package', () => {
    run();
    const count = () => chunks().filter(name => name.endsWith('.js')).length;
    expect(count()).toBe(1);
    rmSync(bundles(), { recursive: true });
    source('end.ts', "import { version } from 'esbuild';\nexport const end = version && 'end';");
    expect(run().stdout).toBe(expected('one'));
    expect(count()).toBe(2);
  });

  it('is made again when a source has changed', () => {
    run();
    source('word.ts', "export const word: string = 'two';");
    expect(run().stdout).toBe(expected('two'));
  });

  it('is made again when one of its own files has changed', () => {
    run();
    for (const file of chunks().filter(name => name.endsWith('.js')))
      writeFileSync(file, readFileSync(file, 'utf8').replace('"one"', '"other"'));
    expect(run().stdout).toBe(expected('one'));
  });

  it('is done without where it cannot be kept', () => {
    mkdirSync(dirname(bundles()), { recursive: true });
    writeFileSync(bundles(), 'in the way');
    expect(run()).toMatchObject({ stdout: expected('one'), stderr: '' });
  });

  it('names files and lines of the sources in stack traces', () => {
    source('word.ts', '\nconst wrong: any = null;\nexport const word: string = wrong.of.it;');
    expect(run().stderr).toMatch(/word\.ts:3:/);
  });

  it('leaves a mistake in a source to be told', () => {
    source('word.ts', 'export const = 3;');
    expect(run().stderr).toMatch(/word\.ts/);
  });
});
