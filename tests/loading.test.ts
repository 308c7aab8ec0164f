import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'residuals-loading-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hook = `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(process.env.LOADED, url + '\\n');
  return next(url, context);
}`;

/** Sources and packages that a command loads, without bundling them. */
function loadedBy(...words: string[]): { status: number | null; stderr: string; loaded: string[] } {
  const file = join(folder, 'loaded');
  const script = `import { register } from 'node:module';
await import('${root}/loader/register.mjs');
register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
const { main } = await import('${root}/cli/main.ts');
process.exitCode = await main(${JSON.stringify(words)});`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LOADED: file, RESIDUALS_CACHE: join(folder, 'cache') },
  });
  const urls = readFileSync(file, 'utf8').split('\n');
  rmSync(file);
  const names = urls.map(url => url.replace(/^.*\/node_modules\/([^/]+)\/.*$/, '$1').replace(/^.*:\/\//, ''));
  return { status, stderr, loaded: [...new Set(names.map(name => name.replace(`${root}/`, '')))] };
}

describe('what a command loads', { timeout: 120_000 }, () => {
  const store = join(folder, 'store');
  const shown = () => loadedBy('reproduce', 'table6', '--seeds', '3', '--overwrite-pages', '--store', store);

  it('when all is recorded and laid out: no engine, no parser, no schemas of files and nothing that draws', () => {
    cpSync(join(root, 'results'), store, { recursive: true });
    expect(shown().loaded).toContain('handlebars');
    const { status, stderr, loaded } = shown();
    expect(status, stderr).toBe(0);
    const packages = loaded.filter(name => /^[\w@-]+$/.test(name));
    expect(packages.sort()).toEqual(['commander']);
    const heavy =
      /^(backends\/\w+\/(session|probe)|harness\/(execute\/|manifest\/(checks|schemas)\/)|ml\/data\/.*decode)/;
    expect(loaded.filter(name => heavy.test(name))).toEqual([]);
  });
});
