import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../harness/record/store.ts';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'residuals-own-'));
const store = join(folder, 'store');
const file = join(folder, 'mine.ts');
afterAll(() => rmSync(folder, { recursive: true }));

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$)/i.test(name)),
);

function residuals(verb: string, ...args: string[]) {
  const flags = ['--experiment', 'tests/experiments/tiny', '--store', store];
  return execa(process.execPath, ['cli/start.mjs', verb, ...args, ...flags], {
    cwd: root,
    env,
    extendEnv: false,
    reject: false,
    timeout: 120_000,
  });
}

/** Writes a backend in two files: the reference, whose losses are `factor` times as large. */
function write(factor: number): void {
  const from = (path: string) => JSON.stringify(join(root, path));
  writeFileSync(join(folder, 'factor.ts'), `export const factor: number = ${factor};\n`);
  writeFileSync(
    file,
    `import type { Backend } from ${from('backends/contract.ts')};
import { reference } from ${from('backends/reference/index.ts')};
import { factor } from './factor.ts';

export default {
  ...reference,
  id: 'mine',
  async open(program, options) {
    const session = await reference.open(program, options);
    const step = session.step.bind(session);
    session.step = async (feeds, rate) => {
      const outputs = await step(feeds, rate);
      return { ...outputs, loss: factor * outputs.loss };
    };
    return session;
  },
} satisfies Backend;
`,
  );
}

describe("a backend in a user's file", { timeout: 240_000 }, () => {
  const small = ['errors', '--rows', 'small', '--backend', file];

  it('computes tables like any other, under its id and the digest of its source', async () => {
    write(1);
    const { exitCode, stderr } = await residuals('reproduce', ...small, '--json');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('Backend: node');
    const [record, ...others] = openStore(store).list().records;
    expect(others).toEqual([]);
    expect(record!.identity.backend).toMatch(/^mine@[0-9a-f]{12}$/);
    expect(record!.provenance.command).toContain(`--backend ${file}`);
    expect(readdirSync(join(store, 'rendered/tiny/quick'))).toEqual([record!.identity.backend]);
    const page = join(store, 'rendered/tiny/quick', record!.identity.backend, 'errors.md');
    expect(readFileSync(page, 'utf8')).toContain(`--backend ${file}`);
  });

  it('is what plan and status speak of, and what it has finished is not done again', async () => {
    const plan = JSON.parse((await residuals('plan', ...small, '--json')).stdout);
    expect(plan.runs).toMatchObject([{ network: 'small-net', state: 'finished' }]);
    const status = await residuals('status', ...small);
    expect(status.stdout).toMatch(/small-net +1 +\S+ finished/);
  });

  it('has runs of its own once its source is another, also that of a file which it imports', async () => {
    write(2);
    const plan = JSON.parse((await residuals('plan', ...small, '--json')).stdout);
    expect(plan.runs).toMatchObject([{ network: 'small-net', state: 'not started' }]);
    write(1);
    const again = JSON.parse((await residuals('plan', ...small, '--json')).stdout);
    expect(again.runs).toMatchObject([{ state: 'finished' }]);
  });

  it.each([
    ['that is not there', join(folder, 'none.ts'), /There is no file .*none\.ts/],
    [
      'without a backend',
      join(folder, 'factor.ts'),
      /factor\.ts: it exports no backend; expected a default export/,
    ],
  ])('is refused in a file %s', async (_, path, message) => {
    for (const verb of ['reproduce', 'plan', 'status']) {
      const { exitCode, stderr } = await residuals(verb, 'errors', '--backend', path);
      expect(stderr).toMatch(message);
      expect(stderr).toContain('fix: ');
      expect(stderr).not.toMatch(/^ +at /m);
      expect(exitCode).toBe(2);
    }
  });
});
