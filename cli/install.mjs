import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs `npm ci` in a checkout unless `node_modules` holds what package-lock.json asks for; null or why it failed. */
export function installMissing(root) {
  if (isInstalled(root)) return null;
  process.stderr.write('Installing what package-lock.json lists (npm ci, once) ... ');
  const begin = Date.now();
  const { status, stderr, error } = npmCi(root);
  if (status === 0) {
    process.stderr.write(`done in ${Math.ceil((Date.now() - begin) / 1000)} s\n`);
    return null;
  }
  process.stderr.write('failed\n');
  return explain(error ? String(error.message) : stderr);
}

/** npm leaves a copy of the lockfile in `node_modules` once an installation is complete. */
function isInstalled(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const present = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, { version, optional }]) => {
      const found = present[path];
      return path === '' || (found ? found.version === version : optional === true);
    });
  } catch {
    return false;
  }
}

function npmCi(root) {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'];
  const retries = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
  const args = ['ci', ...flags, ...retries];
  const options = { cwd: root, env: environment(), stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' };
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.c?js$/.test(npm)) return spawnSync(process.execPath, [npm, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** Flags meant for our command, such as --dry-run, would otherwise change what npm does. */
function environment() {
  const env = { ...process.env };
  for (const flag of ['dry_run', 'json', 'force', 'all', 'loglevel']) delete env[`npm_config_${flag}`];
  return env;
}

function explain(output) {
  const lines = output.split('\n').filter(line => !/A complete log|^\s*$/.test(line));
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED|ENETUNREACH)\b/.test(output)) {
    return [
      'The dependencies are not installed and the npm registry cannot be reached.',
      'Connect to a network and run the same command again, or name a mirror: npm config set registry <url>',
    ];
  }
  return [`The dependencies could not be installed:\n${lines.slice(0, 8).join('\n')}`, 'npm ci'];
}
