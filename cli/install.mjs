import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimes,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Installs what package-lock.json lists and node_modules lacks, beside it, and swaps it in once complete; null, or why it
 * failed and what helps. `dev`: development tools too; `looks`: leaves a node_modules that is there alone, as one that runs.
 */
export async function installMissing(root, options = {}) {
  return installed(root, options).catch(error => explain(root, error));
}

async function installed(root, { dev = false, looks = false }) {
  const modules = join(root, 'node_modules');
  if (looks && existsSync(modules)) return null;
  const missing = firstMissing(root, dev);
  if (missing === null) {
    if (!looks) clearAbandoned(root);
    return null;
  }
  const other = otherManager(root);
  if (other) {
    return [
      `node_modules was made by ${other} and lacks ${missing}.`,
      `${other} install   # or move node_modules away and run the same command again: npm installs then`,
    ];
  }
  return withStaging(root, staging =>
    firstMissing(root, dev) === null ? null : install(root, staging, dev),
  );
}

/** Why the packages that are here cannot be loaded, as far as that is their fault, and what helps; else null. */
export function explainMissing(root) {
  const missing = firstMissing(root, false);
  if (missing === null) return null;
  const here = `${process.platform} ${process.arch}`;
  const isPlatforms = /-(android|darwin|freebsd|linux|win32|x64|arm64)/.test(missing);
  const why = isPlatforms ? `it was made on another platform than this one (${here})` : 'it is incomplete';
  return [
    `node_modules lacks ${missing}: ${why}. A command that only reads installs nothing.`,
    'npm ci   # once no training uses it; npm run reproduce also installs',
  ];
}

/** The first package that is needed and is not there in its version; null when all are. */
function firstMissing(root, dev) {
  const modules = join(root, 'node_modules');
  const direct = directPackages(root, dev);
  const isThere = path => existsSync(join(root, path, 'package.json'));
  try {
    const made = stampOf(modules);
    const isWhole = made !== null && [true, dev].some(kind => made === stamp(root, modules, kind));
    if (isWhole) return [...direct].find(path => !isThere(path))?.slice('node_modules/'.length) ?? null;
    const wanted = readJson(join(root, 'package-lock.json')).packages;
    const present = otherManager(root) ? null : readJson(join(modules, '.package-lock.json')).packages;
    for (const [path, entry] of Object.entries(wanted)) {
      if (path === '' || (!dev && (entry.dev || entry.devOptional))) continue;
      if (entry.optional && !isForHere(entry)) continue;
      if (present === null && !direct.has(path)) continue; // other managers lay indirect packages out in their own way
      const name = path.replace(/^.*node_modules\//, '');
      const version = present ? present[path]?.version : versionIn(join(root, path));
      if (version !== entry.version || !isThere(path)) return name;
    }
    return null;
  } catch {
    return direct.values().next().value?.slice('node_modules/'.length) ?? 'its packages';
  }
}

function versionIn(folder) {
  try {
    return readJson(join(folder, 'package.json')).version;
  } catch {
    return undefined;
  }
}

/** What an installation of ours leaves: for which lockfile and platform it was complete, and what npm noted of it. */
function stamp(root, modules, dev) {
  const hash = createHash('sha256');
  for (const file of [join(root, 'package-lock.json'), join(modules, '.package-lock.json')])
    hash.update(readFileSync(file)).update('\0');
  const kind = dev ? 'dev' : 'production';
  return [hash.digest('hex'), process.platform, process.arch, libcHere(), kind].join(' ');
}

const stampFile = '.residuals';

function stampOf(modules) {
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
function otherManager(root) {
  const has = name => existsSync(join(root, 'node_modules', name));
  if (has('.modules.yaml')) return 'pnpm';
  if (has('.yarn-integrity') || has('.yarn-state.yml')) return 'yarn';
  const isBuns = ['bun.lock', 'bun.lockb'].some(name => existsSync(join(root, name)));
  return isBuns && existsSync(join(root, 'node_modules')) && !has('.package-lock.json') ? 'bun' : null;
}

/** Runs `npm ci` in the staging folder and moves what it made to where it belongs. */
async function install(root, staging, dev) {
  process.stderr.write('Installing what package-lock.json lists (npm ci, once) ... ');
  const begin = Date.now();
  const modules = join(root, 'node_modules');
  try {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      if (existsSync(join(root, file))) copyFileSync(join(root, file), join(staging, file));
    const keepsDev = dev || existsSync(join(modules, 'vitest'));
    await npmCi(staging, keepsDev);
    const made = join(staging, 'node_modules');
    writeFileSync(join(made, stampFile), stamp(root, made, keepsDev));
    if (lstatSync(modules, { throwIfNoEntry: false })) renameSync(modules, join(staging, 'old'));
    renameSync(made, modules);
    process.stderr.write(`done in ${Math.ceil((Date.now() - begin) / 1000)} s\n`);
    return null;
  } catch (error) {
    process.stderr.write('failed\n');
    return explain(root, error); // what was moved away is put back when the staging folder goes
  }
}

/** Fails with what npm says. */
async function npmCi(folder, dev) {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'];
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  // Without the prefix npm would look for a package.json further up, once another process has cleared the folder.
  const prefix = `--prefix=${folder}`;
  const args = ['ci', prefix, dev ? '--include=dev' : '--omit=dev', ...flags, ...retries];
  const options = { cwd: folder, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] };
  const npm = process.env.npm_execpath;
  const child =
    npm && /npm-cli\.c?js$/.test(npm)
      ? spawn(process.execPath, [npm, ...args], options)
      : spawn('npm', args, { ...options, shell: process.platform === 'win32' });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text;
  });
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0) throw new Error(said.trim() === '' ? `npm ci ended with exit code ${status}` : said);
}

/** Where npm finds its registry, and how; nothing else that an outer npm has set for our command, such as --dry-run. */
function environment() {
  const kept =
    /^npm_config_(_|@|\/\/|registry|cache|userconfig|globalconfig|offline|strict.ssl|ca(file)?$|(https?.|no)?proxy|noproxy|.*auth|fetch|maxsockets)/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => kept.test(name) || !/^npm_(config|package|lifecycle)_|^NODE_ENV$/i.test(name),
    ),
  );
}

const stagingPrefix = 'node_modules.installing-';

/**
 * Only one process installs; the others wait for it and look again. A staging folder is named after the process that made
 * it: whoever sees that of another living one removes its own and waits. Those of the dead are removed, and what they had
 * moved away is put back.
 */
async function withStaging(root, action) {
  const own = `${stagingPrefix}${ownName()}`;
  const staging = join(root, own);
  for (let said = false; ; said = true) {
    mkdirSync(staging);
    clearAbandoned(root);
    if (stagings(root).every(name => name === own)) break;
    clear(root, staging);
    if (!said) process.stderr.write('Waiting for another process to install the packages ...\n');
    await sleep(300 + Number(process.hrtime.bigint() % 300n)); // those that met do not meet again at once
  }
  const alive = setInterval(() => utimes(staging, new Date(), new Date(), () => {}), 5000);
  try {
    return await action(staging);
  } finally {
    clearInterval(alive);
    clear(root, staging);
  }
}

function stagings(root) {
  return readdirSync(root).filter(name => name.startsWith(stagingPrefix));
}

/** Removes the staging folders of the dead. */
function clearAbandoned(root) {
  for (const name of stagings(root)) if (!isAlive(root, name)) clear(root, join(root, name));
}

function clear(root, staging) {
  try {
    restore(root, staging);
    rmSync(staging, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // A child of a killed npm may still write there, or the checkout is read-only; the next command tries again.
  }
}

/** Puts a node_modules back that was moved away for one that did not come. */
function restore(root, staging) {
  const [modules, old] = [join(root, 'node_modules'), join(staging, 'old')];
  const isThere = path => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere(old) && !isThere(modules)) renameSync(old, modules);
}

/** A process where it can be looked up: its id, when it started, and a digest of boot and PID namespace, else of the host. */
function ownName() {
  return `${process.pid}.${startTime(process.pid)}.${whereHere()}`;
}

/** Whether the process that a staging folder is named after lives; one that cannot be looked up touches it all the time. */
function isAlive(root, name) {
  const [pid, started, where] = name.slice(stagingPrefix.length).split('.');
  if (where === whereHere()) return startTime(Number(pid)) === started;
  const { mtimeMs = 0 } = statSync(join(root, name), { throwIfNoEntry: false }) ?? {};
  return Date.now() - mtimeMs < 60_000;
}

function startTime(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return null;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : fields[18];
  } catch {
    return '0'; // not Linux
  }
}

function whereHere() {
  let place = hostname();
  try {
    place = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {}
  return createHash('sha256').update(place).digest('hex').slice(0, 8);
}

function explain(root, { code, syscall = '', message }) {
  const untouched = 'What was installed before is untouched.';
  if (/^spawn npm/.test(syscall)) {
    return [
      `The dependencies are not installed, and npm cannot be started (${code}). ${untouched}`,
      'install npm, which comes with Node: https://nodejs.org/en/download',
    ];
  }
  if (code !== undefined) {
    return [
      `The dependencies are not installed, and cannot be: ${message}. ${untouched}`,
      `ls -ld '${root}'   # the checkout must be writable, on a disk with 1 GB free; or run npm ci where it is, and copy it`,
    ];
  }
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED|ENETUNREACH)\b/.test(message)) {
    return [
      `The dependencies are not installed and the npm registry cannot be reached. ${untouched}`,
      'connect to a network and run the same command again, or name a mirror: npm config set registry <url>',
    ];
  }
  const lines = message.split('\n').filter(line => !/A complete log|^\s*$/.test(line));
  const said = lines.slice(0, 8).join('\n');
  return [`The dependencies could not be installed:\n${said}\n${untouched}`, 'npm ci'];
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
