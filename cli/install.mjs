import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Installs what is missing of the packages that package-lock.json lists, beside node_modules, and swaps it in once it is
 * complete; null, or why it failed and what helps. `dev`: tools of development too; `looks`: the command only looks, and
 * leaves a node_modules that is there alone, since a training may be running on it.
 */
export function installMissing(root, { dev = false, looks = false } = {}) {
  const modules = join(root, 'node_modules');
  if (looks && existsSync(modules)) return null;
  const missing = firstMissing(root, dev);
  if (missing === null) return null;
  const other = otherManager(modules);
  if (other) {
    return [
      `node_modules was made by ${other} and lacks ${missing}.`,
      `${other} install, or: rm -rf node_modules and run the same command again`,
    ];
  }
  return withLock(root, () => (firstMissing(root, dev) === null ? null : install(root, dev)));
}

/** The first package that is needed and is not there in its version; null when all are. */
function firstMissing(root, dev) {
  const modules = join(root, 'node_modules');
  const direct = directPackages(root, dev);
  try {
    const made = installed(modules);
    if (made === stamp(root, true) || (!dev && made === stamp(root, false)))
      return [...direct].find(path => !existsSync(join(root, path, 'package.json')))?.slice(13) ?? null;
    const wanted = readJson(join(root, 'package-lock.json')).packages;
    const present = otherManager(modules) ? null : readJson(join(modules, '.package-lock.json')).packages;
    for (const [path, entry] of Object.entries(wanted)) {
      if (path === '' || (!dev && (entry.dev || entry.devOptional))) continue;
      if (entry.optional && !isForHere(entry)) continue;
      if (present === null && !direct.has(path)) continue; // other managers lay indirect packages out in their own way
      const name = path.replace(/^.*node_modules\//, '');
      const version = present ? present[path]?.version : readJson(join(root, path, 'package.json')).version;
      if (version !== entry.version || !existsSync(join(root, path, 'package.json'))) return name;
    }
    return null;
  } catch {
    return direct.values().next().value?.replace('node_modules/', '') ?? 'its packages';
  }
}

/** What an installation of ours leaves: for which lockfile and platform it was complete. */
function stamp(root, dev) {
  const lockfile = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return [lockfile, process.platform, process.arch, libcHere(), dev ? 'dev' : 'production'].join(' ');
}

const stampFile = '.residuals';

function installed(modules) {
  try {
    return readFileSync(join(modules, stampFile), 'utf8');
  } catch {
    return null; // made by somebody else
  }
}

function directPackages(root, dev) {
  const { dependencies = {}, devDependencies = {} } = readJson(join(root, 'package.json'));
  const names = [...Object.keys(dependencies), ...(dev ? Object.keys(devDependencies) : [])];
  return new Set(names.map(name => `node_modules/${name}`));
}

/** Whether an optional package is meant for this platform; one that names none is. */
function isForHere({ os, cpu, libc }) {
  const fits = (list, own) =>
    !list || list.includes(own) || list.some(each => each[0] === '!' && each !== `!${own}`);
  return (
    Boolean(os || cpu) &&
    fits(os, process.platform) &&
    fits(cpu, process.arch) &&
    (!libc || fits(libc, libcHere()))
  );
}

/** Asking Node for its report takes longer than all else here. */
function libcHere() {
  try {
    return readdirSync('/lib').some(name => name.startsWith('ld-musl-')) ? 'musl' : 'glibc';
  } catch {
    return 'glibc';
  }
}

/** Another package manager that has made node_modules. */
function otherManager(modules) {
  if (existsSync(join(modules, '.modules.yaml'))) return 'pnpm';
  if (existsSync(join(modules, '.yarn-integrity')) || existsSync(join(modules, '.yarn-state.yml')))
    return 'yarn';
  return null;
}

/** Runs `npm ci` in a folder of its own and moves what it made to where it belongs. */
function install(root, dev) {
  process.stderr.write('Installing what package-lock.json lists (npm ci, once) ... ');
  const begin = Date.now();
  const staging = join(root, `node_modules.installing-${process.pid}`);
  const modules = join(root, 'node_modules');
  const old = `${staging}-old`;
  try {
    mkdirSync(staging);
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      if (existsSync(join(root, file))) copyFileSync(join(root, file), join(staging, file));
    const keepsDev = dev || existsSync(join(modules, 'vitest'));
    const { status, stderr, error } = npmCi(staging, keepsDev);
    if (status !== 0) throw new Error(error ? String(error.message) : stderr);
    writeFileSync(join(staging, 'node_modules', stampFile), stamp(root, keepsDev));
    if (existsSync(modules)) renameSync(modules, old);
    renameSync(join(staging, 'node_modules'), modules);
    process.stderr.write(`done in ${Math.ceil((Date.now() - begin) / 1000)} s\n`);
    return null;
  } catch (error) {
    process.stderr.write('failed\n');
    return explain(error.message);
  } finally {
    for (const folder of [staging, old]) rmSync(folder, { recursive: true, force: true });
  }
}

function npmCi(folder, dev) {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'];
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const args = ['ci', dev ? '--include=dev' : '--omit=dev', ...flags, ...retries];
  const options = { cwd: folder, env: environment(), stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' };
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.c?js$/.test(npm)) return spawnSync(process.execPath, [npm, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** What an outer npm has set for our command, such as --dry-run, would otherwise change what npm does. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(?!registry|cache|.*proxy|cafile|.*auth)|package|lifecycle)/i.test(name),
    ),
  );
}

/** Only one process installs; the others wait for it and look again. */
function withLock(root, action) {
  const file = join(root, 'node_modules.installing');
  let said = false;
  while (true) {
    try {
      const lock = openSync(file, 'wx');
      writeSync(lock, String(process.pid));
      closeSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') return explain(`${file}: ${error.message}`);
      if (isAbandoned(file)) rmSync(file, { force: true });
      else {
        if (!said) process.stderr.write('Waiting for another process that installs the packages ...\n');
        said = true;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      }
    }
  }
  try {
    return action();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Whether the process that installs is gone, or, where it cannot be looked up, has been at it for ten minutes. */
function isAbandoned(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    const age = Date.now() - statSync(file).mtimeMs;
    if (!pid) return age > 5000;
    process.kill(pid, 0);
    return age > 600_000;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function explain(output) {
  const lines = output.split('\n').filter(line => !/A complete log|^\s*$/.test(line));
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED|ENETUNREACH)\b/.test(output)) {
    return [
      'The dependencies are not installed and the npm registry cannot be reached. What was installed before is untouched.',
      'connect to a network and run the same command again, or name a mirror: npm config set registry <url>',
    ];
  }
  return [
    `The dependencies could not be installed:\n${lines.slice(0, 8).join('\n')}\nWhat was installed before is untouched.`,
    'npm ci',
  ];
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
