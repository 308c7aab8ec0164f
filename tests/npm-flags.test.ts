import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'residuals-npm-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The environment without what an outer npm and vitest add to it, and without files of npm's that the user may have. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|INIT_CWD|CI$)/i.test(name)),
  ),
  npm_config_userconfig: join(folder, 'none'),
};

/**
 * The npm on the PATH, and those that RESIDUALS_NPM names, separated by colons: the `npm-cli.js` of npm 10, 11 and 12, say,
 * from `npm install --prefix <folder> npm@12`.
 */
const npms = ['npm', ...(process.env.RESIDUALS_NPM ?? '').split(':').filter(Boolean)].map(npm => {
  const [command, before] = npm === 'npm' ? ['npm', []] : [process.execPath, [npm]];
  const version = execFileSync(command, [...before, '--version'], {
    cwd: root,
    env,
    encoding: 'utf8',
  }).trim();
  return { version, major: Number.parseInt(version, 10), command, before };
});

describe.each(npms)('npm $version', ({ major, command, before }) => {
  const npm = (args: string[], more: NodeJS.ProcessEnv = {}) =>
    execa(command, [...before, ...args], {
      cwd: root,
      env: { ...env, ...more },
      extendEnv: false,
      reject: false,
    });
  /** `npm run plan table6 ...` as a user types it; smoke, so that nothing depends on what out/ holds. */
  const plan = (...args: string[]) => npm(['run', '--silent', 'plan', 'table6', ...args]);
  const seedsIn = (stdout: string) =>
    JSON.parse(stdout)
      .runs.map((run: { seed: number }) => run.seed)
      .sort();
  const smoke = ['--profile', 'smoke', '--rows', 'ResNet-20', '--store', join(folder, 'store')];

  it('hands on flags after a bare --, and puts nothing beside the JSON', async () => {
    const { stdout } = await plan('--', ...smoke, '--seeds', '3', '--json');
    expect(seedsIn(stdout)).toEqual([1, 2, 3]);
  });

  it('leaves one JSON object whatever the exit code', async () => {
    const after = await npm(['run', '--silent', 'plan', 'nope', '--', '--json']);
    expect(JSON.parse(after.stdout).error).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('nope'),
    });
    const before = await npm(['run', 'plan', 'nope', '--json']);
    expect(JSON.parse(before.stdout)).toHaveProperty('error'); // npm's, since ours would be a second one
    expect(before.stderr).toContain('npm run --silent <command> -- --json');
    const good = await npm(['run', 'plan', 'table6', '--json', '--', ...smoke]);
    expect(seedsIn(good.stdout)).toEqual([1]);
    expect([after.exitCode, before.exitCode, good.exitCode]).toEqual([2, 2, 0]);
  });

  it('has its own flags read that are ours too', async () => {
    const args = ['run', '--silent', 'reproduce', 'table6', '--dry-run', '--force', '--', ...smoke];
    const { stdout } = await npm(args);
    expect(stdout).toMatch(/1 run to do of 1/);
    expect(stdout).toContain('--force');
  });

  it('has settings ignored that nobody typed', async () => {
    const userconfig = join(folder, 'npmrc');
    writeFileSync(userconfig, 'jobs=max ; for node-gyp\nforce=true\nseeds=5\n');
    for (const more of [
      { npm_config_jobs: 'max', npm_config_seeds: '5' },
      { NPM_CONFIG_JOBS: 'max' },
      { npm_config_userconfig: userconfig },
    ]) {
      const { stdout, stderr } = await npm(
        ['run', '--silent', 'plan', 'table6', '--', ...smoke, '--json'],
        more,
      );
      expect(seedsIn(stdout || stderr)).toEqual([1]);
    }
  });

  if (major >= 12) {
    it('refuses flags of ours before -- by itself', async () => {
      const { stderr, exitCode } = await npm(['run', 'plan', 'table6', '--seeds=3']);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('--seeds');
    });
    return;
  }

  const beforeDashes = ['--profile=smoke', '--rows=ResNet-20', `--store=${join(folder, 'store')}`, '--json'];

  it('has flags before -- read as if they stood after it', async () => {
    expect(seedsIn((await plan(...beforeDashes, '--seeds=3')).stdout)).toEqual([1, 2, 3]);
    expect(seedsIn((await plan(...beforeDashes, '--seeds=3', '--', '--seeds=2')).stdout)).toEqual([1, 2]);
  });

  it.each([
    [['--epochs=3'], '--epochs is not an option of plan.', 'npm run plan -- --help'],
    [['--lr', '0.1'], '--lr is not an option of plan.', 'npm run plan -- --help'],
    [['--output=/tmp/x'], '--output is not an option of plan.', 'npm run plan -- --help'],
    [['--depth=20'], '--depth is not an option of plan, but one of npm.', 'npm run plan -- --help'],
    [['--seeds', '3'], '--seeds needs a value, and npm cut it off', 'npm run plan table6 -- --seeds 3'],
    [['--rows', 'ResNet-20'], '--rows needs a value', 'npm run plan table6 -- --rows ResNet-20'],
    [['--profile', 'smoke'], '--profile needs a value', 'npm run plan table6 -- --profile smoke'],
    [['--sedes=3'], 'Did you mean --seeds?', 'npm run plan table6 -- --seeds 3'],
    [['--prof=smoke'], 'Did you mean --profile?', 'npm run plan table6 -- --profile smoke'],
    [['-j', '4'], 'npm keeps short options such as -j for itself', 'npm run plan table6 -- -j 4'],
    [['-j4'], 'npm keeps short options such as -j4 for itself', 'npm run plan table6 -- -j4'],
  ])('has refused what it takes apart, never ignored: %j', async (args, message, fix) => {
    const { stdout, stderr, exitCode } = await plan(...args);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`fix: ${fix}`);
    expect(stdout).not.toContain('table6');
    expect(exitCode).toBe(2);
  });
});
