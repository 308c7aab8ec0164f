import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'residuals-second-'));
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true }));

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$)/i.test(name)),
);

function residuals(verb: string, ...args: string[]) {
  const experiment = ['--experiment', 'tests/experiments/tiny'];
  return execa(process.execPath, ['cli/start.mjs', verb, ...args, ...experiment], {
    cwd: root,
    env,
    extendEnv: false,
    reject: false,
    timeout: 120_000,
  });
}

describe("another paper's folder", { timeout: 120_000 }, () => {
  let reproduced: Awaited<ReturnType<typeof residuals>>;
  beforeAll(async () => {
    reproduced = await residuals('reproduce', '--all', '--store', store, '--json');
  }, 120_000);

  it('is all that it takes: its networks are trained and stand beside its numbers', () => {
    expect(reproduced.exitCode, reproduced.stderr).toBe(0);
    const { runs, targets } = JSON.parse(reproduced.stdout);
    for (const target of targets) expect(target).toMatchObject({ experiment: 'tiny', profile: 'quick' });
    expect(runs.map((run: { network: string }) => run.network).sort()).toEqual(['deep-net', 'small-net']);
    expect(targets.map((target: { name: string }) => target.name)).toEqual(['errors', 'training']);
    const [table] = targets;
    const cells = Object.fromEntries(
      table.rows.map((row: { label: string; cells: Record<string, unknown> }) => [
        row.label,
        row.cells.mistakes,
      ]),
    );
    expect(cells['earlier work']).toMatchObject({ published: { value: 24.5 }, reproduced: null });
    expect(cells.deep).toMatchObject({
      published: { value: 20.9, mean: 21.1, estimator: 'best of several' },
      verdict: 'scaled-down',
    });
    expect(cells.deep.reproduced.mean).toBeGreaterThan(0);
  });

  it('is rendered in every format, under its own name, without a word of the first paper', () => {
    const pages = join(store, 'rendered/tiny/quick/onnxruntime');
    for (const file of [
      'errors.md',
      'errors.html',
      'errors.tex',
      'errors.csv',
      'training.svg',
      'training.png',
    ])
      expect(existsSync(join(pages, file)), file).toBe(true);
    for (const file of readdirSync(pages).filter(name => !/png|json$/.test(name))) {
      expect(readFileSync(join(pages, file), 'utf8'), file).not.toMatch(/resnet|ImageNet|1512\.03385/i);
    }
    expect(readFileSync(join(pages, 'errors.md'), 'utf8')).toContain('Mistakes of small networks');
  });

  it('is planned, shown and checked like the first', async () => {
    const plan = await residuals('plan', '--all', '--store', store, '--json');
    expect(JSON.parse(plan.stdout).runs).toHaveLength(2);
    expect((await residuals('validate')).stdout).toMatch(/^Valid: errors, training; /);
    const status = await residuals('status', '--store', store);
    expect(status.stdout).toMatch(/deep-net[\s\S]*finished/);
  });

  it('is shown again from its records alone', async () => {
    const again = await residuals('reproduce', 'errors', '--store', store);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(again.stdout).not.toContain('started');
    expect(again.stdout).toContain('npm run reproduce errors -- --experiment tests/experiments/tiny');
    expect(again.stdout).not.toContain(root);
  });
});
