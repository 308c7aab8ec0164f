import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The environment without what an outer npm and vitest add to it. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|INIT_CWD)/i.test(name)),
);

/** `npm run plan table6 ...` as a user types it; smoke, so that nothing depends on what out/ holds. */
function npmRun(...args: string[]) {
  return execa('npm', ['run', 'plan', 'table6', ...args], {
    cwd: root,
    env,
    extendEnv: false,
    reject: false,
  });
}

async function seedsOf(...args: string[]): Promise<number[]> {
  const { stdout } = await npmRun('--profile=smoke', '--rows=ResNet-20', '--json', ...args);
  return JSON.parse(stdout)
    .runs.map((run: { seed: number }) => run.seed)
    .sort();
}

describe('flags before a bare --', () => {
  it('count like those after it, and npm writes nothing into the JSON', async () => {
    expect(await seedsOf('--seeds=3')).toEqual([1, 2, 3]);
    expect(await seedsOf('--', '--seeds', '3')).toEqual([1, 2, 3]);
  });

  it('yield to those after it', async () => {
    expect(await seedsOf('--seeds=3', '--', '--seeds=2')).toEqual([1, 2]);
  });

  it('count when npm knows them too', async () => {
    const { stdout } = await execa(
      'npm',
      ['run', 'reproduce', 'table6', '--dry-run', '--force', '--profile=smoke'],
      { cwd: root, env, extendEnv: false },
    );
    expect(stdout).toMatch(/8 runs to do of 8|\d runs? to do of \d/);
    expect(stdout).not.toContain('finished');
  });
});

describe('what npm takes apart is refused, never ignored', () => {
  it.each([
    [['--seeds', '3'], '"3" is no table or figure: npm cut it off'],
    [['--rows', 'ResNet-20'], '--rows needs a value, and npm cut it off'],
    [['--profile', 'smoke'], '--profile needs a value'],
    [['--sedes=3'], '--sedes is not an option of plan. Did you mean --seeds?'],
    [['--prof=smoke'], 'Did you mean --profile?'],
    [['-j', '4'], '"4" is no table or figure: npm cut it off'],
    [['-j4'], 'npm keeps short options such as -j4 for itself'],
  ])('%j', async (args, message) => {
    const { stderr, exitCode } = await npmRun(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
