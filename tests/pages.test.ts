import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holderName, ownHolder } from '../ml/data/holder.ts';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'residuals-pages-'));
const store = join(folder, 'store');
const rendered = join(store, 'rendered/resnet-2015/mini/onnxruntime');
afterAll(() => rmSync(folder, { recursive: true }));

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$)/i.test(name)),
);

function reproduce(...args: string[]) {
  return execa(process.execPath, ['cli/start.mjs', 'reproduce', ...args], {
    cwd: root,
    env,
    extendEnv: false,
    reject: false,
    timeout: 120_000,
  });
}

/** The files of a target as they lie in the store. */
function files(target: string): Record<string, string> {
  const names = readdirSync(rendered).filter(name => name.startsWith(`${target}.`));
  return Object.fromEntries(names.map(name => [name, readFileSync(join(rendered, name), 'base64')]));
}

/** Some networks of the evidence have more seeds than others. */
function dropSeedsAfter(last: number, from: string): void {
  for (const key of readdirSync(join(from, 'runs'))) {
    const { identity } = JSON.parse(readFileSync(join(from, 'runs', key, 'record.json'), 'utf8'));
    if (identity.seed > last) rmSync(join(from, 'runs', key), { recursive: true });
  }
}

/** A store with the committed runs, of which each network of Table 6 has three seeds; the profile has one. */
describe('a page', { timeout: 120_000 }, () => {
  let page: Record<string, string>;

  beforeAll(async () => {
    for (const part of ['runs', 'store.json'])
      cpSync(join(root, 'results', part), join(store, part), { recursive: true });
    dropSeedsAfter(3, store);
    const { exitCode, stdout, stderr } = await reproduce('table6', '--store', store);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).not.toContain('more seeds are recorded');
    page = files('table6');
  }, 120_000);

  it('rests on every recorded seed, and its command says which', () => {
    const md = readFileSync(join(rendered, 'table6.md'), 'utf8');
    expect(md).toMatch(/\| ResNet-20 .* 52\.65 ± 1\.29 \(3\) /);
    expect(md).toContain(`npm run reproduce table6 -- --profile mini --seeds 3 --store ${store}\n`);
  });

  it('is shown again without what a crash has left beside its records', async () => {
    const { view } = JSON.parse(readFileSync(join(rendered, 'table6.json'), 'utf8'));
    const job = join(store, 'runs', view.runs[0].key);
    const kept = readdirSync(job);
    const dead = holderName({ ...ownHolder(), pid: 999999999 });
    for (const name of [`order.1.${dead}.json`, `lock.${dead}`, `record.json.${dead}.tmp`, 'checkpoint.bin'])
      writeFileSync(join(job, name), '');
    await reproduce('table6', '--store', store);
    expect(readdirSync(job)).toEqual(kept);
    expect(files('table6')).toEqual(page);
  });

  it('is the same when the seeds are named', async () => {
    await reproduce('table6', '--seeds', '3', '--profile', 'mini', '--store', store);
    expect(files('table6')).toEqual(page);
  });

  it('stays as it is when fewer seeds are asked for, and what was asked for is shown', async () => {
    const { exitCode, stdout } = await reproduce('table6', '--seeds', '1', '--store', store);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ResNet-20 .* 51\.24 \(1\)/);
    expect(stdout).toContain('2 more seeds are recorded (--seeds 3 shows them).');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'rests on more runs and stays as it is; --overwrite-pages replaces it',
    );
    expect(files('table6')).toEqual(page);
    const { targets, files: written } = JSON.parse(
      (await reproduce('table6', '--seeds', '1', '--store', store, '--json')).stdout,
    );
    expect(targets[0]).toMatchObject({ page: 'kept', moreSeeds: 2 });
    expect(written).toEqual([]);
  });

  it('stays when its list of runs is gone, and when other seeds are asked for than it shows', async () => {
    rmSync(join(rendered, 'table6.json'));
    const committed = files('table6');
    await reproduce('table6', '--seeds', '2-3', '--store', store);
    expect(files('table6')).toEqual(committed);
    writeFileSync(join(rendered, 'table6.json'), Buffer.from(page['table6.json']!, 'base64'));
    await reproduce('table6', '--seeds', '2-3', '--store', store);
    expect(files('table6')).toEqual(page);
  });

  it('is replaced when that is asked for', async () => {
    const { stdout } = await reproduce('table6', '--seeds', '1', '--overwrite-pages', '--store', store);
    expect(stdout).toMatch(/^Page: .*table6\.md/m);
    expect(readFileSync(join(rendered, 'table6.md'), 'utf8')).toMatch(/\| ResNet-20 .* 51\.24 \(1\) /);
    await reproduce('table6', '--store', store);
    expect(files('table6')).toEqual(page);
  });

  it('of what is computed names no profile and no seeds', async () => {
    await reproduce('table1', '--profile', 'mini', '--seeds', '3', '--store', store);
    const md = readFileSync(join(rendered, 'table1.md'), 'utf8');
    expect(md).toContain(`\nnpm run reproduce table1 -- --store ${store}\n`);
  });

  it('with the seeds of its profile names none', async () => {
    const own = join(folder, 'one');
    cpSync(join(store, 'store.json'), join(own, 'store.json'));
    const { stdout } = await reproduce('figure2', '--store', own);
    expect(stdout.replaceAll(/ \\\n +/g, ' ')).toContain(`$ npm run reproduce figure2 -- --store ${own}`);
    const plan = await execa(
      process.execPath,
      ['cli/start.mjs', 'plan', 'table6', '--store', own, '--json'],
      {
        cwd: root,
        env,
        extendEnv: false,
      },
    );
    expect(JSON.parse(plan.stdout).runs.every(({ seed }: { seed: number }) => seed === 1)).toBe(true);
  });
});
