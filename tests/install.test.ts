import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { create } from 'tar';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const install = pathToFileURL(join(dirname(import.meta.dirname), 'cli/install.mjs')).href;
const folder = mkdtempSync(join(tmpdir(), 'residuals-install-'));

/** A registry with small packages, some of them for one platform. Answers only while `open`. */
let registry: Server;
let open = true;
/** How long it lets each tarball wait. */
let delay = 0;
const platform = `${process.platform}-${process.arch}`;
const foreign = process.platform === 'darwin' ? 'linux' : 'darwin';
const packages: Record<string, { os?: string[]; cpu?: string[] }> = {
  plain: {},
  other: {},
  tool: {},
  [`native-${platform}`]: { os: [process.platform], cpu: [process.arch] },
  'native-elsewhere': { os: [foreign], cpu: [process.arch] },
};
const tarballs = new Map<string, Buffer>();
const integrity = (name: string) =>
  `sha512-${createHash('sha512').update(tarballs.get(name)!).digest('base64')}`;

beforeAll(async () => {
  for (const [name, more] of Object.entries(packages)) {
    const source = join(folder, 'sources', name);
    mkdirSync(join(source, 'package'), { recursive: true });
    writeFileSync(
      join(source, 'package', 'package.json'),
      JSON.stringify({ name, version: '1.0.0', ...more }),
    );
    await create({ file: join(source, 'p.tgz'), gzip: true, cwd: source }, ['package']);
    tarballs.set(name, readFileSync(join(source, 'p.tgz')));
  }
  registry = createServer(async ({ url = '' }, response) => {
    const [, name = '', file] = decodeURIComponent(url).split('/');
    const tarball = tarballs.get(name);
    if (!open || !tarball) return void response.writeHead(open ? 404 : 503).end();
    if (file) {
      await sleep(delay);
      return void response.end(tarball);
    }
    const dist = { tarball: `${address()}/${name}/p.tgz`, integrity: integrity(name) };
    const versions = { '1.0.0': { name, version: '1.0.0', ...packages[name], dist } };
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions }));
  });
  await new Promise<void>(done => registry.listen(0, '127.0.0.1', done));
});
afterAll(() => {
  registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const address = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;

let root: string;
let count = 0;
beforeEach(() => {
  open = true;
  delay = 0;
  root = join(folder, `checkout ${count++}`);
  mkdirSync(root);
  const dependencies = { plain: '1.0.0', other: '1.0.0' };
  const optionalDependencies = { [`native-${platform}`]: '1.0.0', 'native-elsewhere': '1.0.0' };
  const devDependencies = { tool: '1.0.0' };
  const own = { name: 'checkout', version: '1.0.0', dependencies, optionalDependencies, devDependencies };
  const entry = (name: string, more = {}) => [
    `node_modules/${name}`,
    { version: '1.0.0', integrity: integrity(name), ...packages[name], ...more },
  ];
  const entries = [
    ...Object.keys(dependencies).map(name => entry(name)),
    ...Object.keys(optionalDependencies).map(name => entry(name, { optional: true })),
    entry('tool', { dev: true }),
  ];
  const lock = { name: 'checkout', version: '1.0.0', lockfileVersion: 3, requires: true };
  writeFileSync(join(root, 'package.json'), JSON.stringify(own));
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ ...lock, packages: { '': own, ...Object.fromEntries(entries) } }),
  );
});

const environment = () => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_)/i.test(name))),
  npm_config_registry: address(),
  npm_config_cache: join(root, '..', 'cache'),
});

function start(
  options: { dev?: boolean; looks?: boolean } = {},
  more: NodeJS.ProcessEnv = {},
  as: string[] = [],
) {
  const script = `import { installMissing } from ${JSON.stringify(install)};
    console.log(JSON.stringify(await installMissing(${JSON.stringify(root)}, ${JSON.stringify(options)})));`;
  const command = [...as, process.execPath, '--input-type=module', '-e', script];
  return spawn(command[0]!, command.slice(1), { env: { ...environment(), ...more } });
}

async function ended(child: ChildProcess) {
  let [out, err] = ['', ''];
  child.stdout!.on('data', text => (out += text));
  child.stderr!.on('data', text => (err += text));
  await new Promise(done => child.on('close', done));
  const problem = /^(\[|null$)/m.test(out) ? (JSON.parse(out) as [string, string] | null) : undefined;
  return { problem, said: err };
}

const run = (...call: Parameters<typeof start>) => ended(start(...call));
const here = () => readdirSync(join(root, 'node_modules')).filter(name => !name.startsWith('.'));
const beside = () => readdirSync(root).filter(name => name.startsWith('node_modules.'));
const npmCi = (...args: string[]) =>
  ended(
    spawn('npm', ['ci', '--no-audit', '--no-fund', '--silent', ...args], { cwd: root, env: environment() }),
  );
const complete = [`native-${platform}`, 'other', 'plain'];

/** How to run as somebody else; root may write anywhere. */
const asNobody =
  process.getuid?.() !== 0
    ? []
    : ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'env', `HOME=${folder}`];

describe('installing', { timeout: 120_000 }, () => {
  it.each([
    ['', {}],
    [' under NODE_ENV=production', { NODE_ENV: 'production' }],
  ])('is done once, without tools of development%s', async (_, more) => {
    const first = await run({}, more);
    expect(first).toEqual({
      problem: null,
      said: expect.stringMatching(/^Installing what .* done in \d+ s\n$/),
    });
    expect(here()).toEqual(complete);
    open = false;
    expect(await run({}, more)).toEqual({ problem: null, said: '' });
    expect(beside()).toEqual([]);
  });

  it('adds what tests need, and keeps it from then on', async () => {
    await run();
    await run({ dev: true });
    expect(here()).toEqual([...complete, 'tool']);
    open = false;
    expect(await run()).toEqual({ problem: null, said: '' });
  });

  it('takes what npm has installed, with or without tools of development', async () => {
    for (const flags of [['--omit=dev'], []]) {
      await npmCi(...flags);
      open = false;
      expect(await run()).toEqual({ problem: null, said: '' });
      open = true;
    }
  });

  it('does nothing for a command that only looks while anything is there', async () => {
    mkdirSync(join(root, 'node_modules'));
    expect(await run({ looks: true })).toEqual({ problem: null, said: '' });
    expect(here()).toEqual([]);
  });

  it('leaves what is there untouched when the registry cannot be reached', async () => {
    await npmCi();
    rmSync(join(root, 'node_modules', 'other'), { recursive: true });
    const offline = { npm_config_offline: 'true', npm_config_cache: join(root, '..', `empty ${count}`) };
    const { problem } = await run({}, offline);
    expect(problem![0]).toMatch(/registry cannot be reached\. What was installed before is untouched\./);
    expect(here()).toEqual([`native-${platform}`, 'plain', 'tool']);
    expect(beside()).toEqual([]);
  });

  it('says so when there is no npm', async () => {
    const { problem } = await run({}, { PATH: '/nonexistent' });
    expect(problem![0]).toContain('npm cannot be started (ENOENT)');
  });

  it('is done by one process when three want it at once', async () => {
    delay = 500;
    const all = await Promise.all([run(), run(), run()]);
    expect(all.map(({ problem }) => problem)).toEqual([null, null, null]);
    expect(all.filter(({ said }) => said.includes('Installing'))).toHaveLength(1);
    expect(here()).toEqual(complete);
    expect(beside()).toEqual([]);
  });

  it('may be killed at any moment: what was there is never lost, and the next command completes it', async () => {
    await npmCi('--omit=dev');
    rmSync(join(root, 'node_modules', 'other'), { recursive: true });
    delay = 300;
    for (const after of [100, 400, 800, 1200]) {
      const child = start();
      const end = ended(child);
      await sleep(after);
      child.kill('SIGKILL');
      await end;
      // Between the two renames of the swap it lies in the staging folder, from which the next command puts it back.
      const places = [join(root, 'node_modules'), ...beside().map(name => join(root, name, 'old'))];
      const kept = places.some(place => existsSync(join(place, 'plain', 'package.json')));
      expect(kept, `${after} ms`).toBe(true);
    }
    expect((await run()).problem).toBeNull();
    expect(here()).toEqual(complete);
    await sleep(2000); // what a killed one had started goes on for a while
    await run();
    expect(beside()).toEqual([]);
  });

  it('leaves what is there alone when its staging folder is cleared before npm has looked into it', async () => {
    await npmCi();
    rmSync(join(root, 'node_modules', 'other'), { recursive: true });
    const own = join(root, 'node_modules', 'plain', 'package.json');
    const { ino } = statSync(own);
    const real = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
    const late = join(root, 'npm-cli.cjs');
    writeFileSync(
      late,
      `for (const name of ['package.json', 'package-lock.json']) require('node:fs').rmSync(name);
       require(${JSON.stringify(join(real, 'npm/bin/npm-cli.js'))});`,
    );
    expect((await run({}, { npm_execpath: late })).problem).not.toBeNull();
    expect(statSync(own).ino).toBe(ino);
  });

  it('puts back what a killed one had moved away', async () => {
    await npmCi();
    const abandoned = join(root, 'node_modules.installing-1.1.00000000');
    mkdirSync(abandoned);
    renameSync(join(root, 'node_modules'), join(abandoned, 'old'));
    spawnSync('touch', ['-d', '1 hour ago', abandoned]);
    open = false;
    expect((await run()).problem).toBeNull();
    expect(here()).toEqual([...complete, 'tool']);
    expect(beside()).toEqual([]);
  });

  it('recognises packages of another platform', async () => {
    await npmCi();
    const hidden = join(root, 'node_modules', '.package-lock.json');
    const lock = JSON.parse(readFileSync(hidden, 'utf8'));
    lock.packages['node_modules/native-elsewhere'] = lock.packages[`node_modules/native-${platform}`];
    delete lock.packages[`node_modules/native-${platform}`];
    writeFileSync(hidden, JSON.stringify(lock));
    renameSync(
      join(root, 'node_modules', `native-${platform}`),
      join(root, 'node_modules', 'native-elsewhere'),
    );
    const { explainMissing } = (await import(install)) as {
      explainMissing: (root: string) => [string, string] | null;
    };
    const [message, fix] = explainMissing(root)!;
    expect(message).toContain(`node_modules lacks native-${platform}: it was made on another platform`);
    expect(fix).toMatch(/^npm ci /);
    expect((await run()).problem).toBeNull();
    expect(here()).toContain(`native-${platform}`);
    expect(explainMissing(root)).toBeNull();
  });

  it.each([
    ['pnpm', '.modules.yaml'],
    ['yarn', '.yarn-integrity'],
  ])('leaves what %s has made alone', async (manager, mark) => {
    await npmCi();
    const modules = join(root, 'node_modules');
    rmSync(join(modules, '.package-lock.json'));
    writeFileSync(join(modules, mark), '');
    expect(await run()).toEqual({ problem: null, said: '' });
    rmSync(join(modules, 'other'), { recursive: true });
    const { problem } = await run();
    expect(problem![0]).toBe(`node_modules was made by ${manager} and lacks other.`);
    expect(problem![1]).toMatch(new RegExp(`^${manager} install`));
    expect(here()).toContain('plain');
  });

  it.each([
    ['a folder of somebody else', true],
    ['nothing', false],
  ])('takes the place of a link to %s, whose target stays', async (_, exists) => {
    const target = join(folder, `target ${count}`);
    if (exists) mkdirSync(join(target, 'mine'), { recursive: true });
    symlinkSync(target, join(root, 'node_modules'));
    expect((await run()).problem).toBeNull();
    expect(lstatSync(join(root, 'node_modules')).isSymbolicLink()).toBe(false);
    if (exists) expect(readdirSync(target)).toEqual(['mine']);
  });

  it('is not needed in a read-only checkout that is complete, and is explained in one that is not', async () => {
    await npmCi();
    for (const path of [folder, root]) chmodSync(path, 0o755);
    const modes = (mode: number) => chmodSync(root, mode);
    modes(0o555);
    expect(await run({}, {}, asNobody)).toEqual({ problem: null, said: '' });
    modes(0o755);
    rmSync(join(root, 'node_modules', 'other'), { recursive: true });
    modes(0o555);
    const { problem } = await run({}, {}, asNobody);
    modes(0o755);
    expect(problem![0]).toMatch(/cannot be: EACCES: permission denied/);
    expect(problem![1]).toContain('the checkout must be writable');
    expect(here()).toContain('plain');
  });
});
