import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'residuals-conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The environment without what npm and vitest add to it, and without CIFAR-10. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$|RESIDUALS_)/i.test(name)),
  ),
  RESIDUALS_CACHE: join(folder, 'cache'),
};

function conformance(...args: string[]) {
  const options = { cwd: folder, env, extendEnv: false, reject: false, timeout: 280_000 } as const;
  return execa(process.execPath, [join(root, 'cli/start.mjs'), 'conformance', ...args], options);
}

describe('npm run conformance', () => {
  it('puts a backend in a file of its own through every rung, and says where it departs', async () => {
    const contract = join(root, 'backends/contract.ts');
    const engine = join(root, 'backends/onnxruntime/index.ts');
    writeFileSync(
      join(folder, 'mine.ts'),
      `import type { Backend } from ${JSON.stringify(contract)};
import { onnxruntime } from ${JSON.stringify(engine)};

/** ONNX Runtime, with statistics of a batch that are a little off. */
export const backend: Backend = {
  ...onnxruntime,
  id: 'mine',
  async open(program, options) {
    const session = await onnxruntime.open(program, options);
    const batchStatistics = session.batchStatistics.bind(session);
    session.batchStatistics = async feeds => (await batchStatistics(feeds)).map(value => value * 1.01);
    return session;
  },
};
`,
    );
    const page = join(folder, 'report.html');
    const { stdout, stderr, exitCode } = await conformance('./mine.ts', '--quick', '--json', '--html', page);
    expect(stderr).toContain('training is on synthetic images');
    expect(exitCode).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ backend: 'mine', passed: false, steps: 20, data: 'synthetic images' });
    const status = Object.fromEntries(
      report.rungs.map((each: Record<string, string>) => [each.rung, each.status]),
    );
    expect(status).toEqual({
      operators: 'agrees',
      gradients: 'agrees',
      'known answers': 'agrees',
      evaluation: 'agrees',
      step: 'agrees',
      training: 'agrees',
      state: 'agrees',
      resume: 'agrees',
      statistics: 'departs',
      ownership: 'agrees', // its refusals are BackendErrors: the file shares the modules of the command
    });
    const { first, seconds, peakBytes } = report.rungs[8];
    expect(first.comparison).toMatchObject({ what: 'conv1.bn.mean', kind: 'bits' });
    expect(seconds).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThan(1e7);
    expect(readFileSync(page, 'utf8')).toContain('Conformance of mine');
  }, 300_000);

  it('exits with 4 when the backend cannot run here', async () => {
    writeFileSync(
      join(folder, 'absent.mjs'),
      `export default {
  id: 'absent', numerics: 1, capabilities: { devices: ['gpu'], variants: ['a'] },
  probe: async () => ({ available: false, missing: 'there is no GPU', fix: 'buy one' }),
  open: () => {},
};`,
    );
    const { stdout, stderr, exitCode } = await conformance('absent.mjs');
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 4 });
    expect(stderr).toMatch(/absent: there is no GPU\n\n {2}fix: buy one$/);
  });

  it.each([
    ['no backend', [], /[Mm]issing required argument 'backend'/],
    ['another name', ['onnxruntim'], /"onnxruntim" is not a backend.*Did you mean onnxruntime\?/],
    ['a file that is not there', ['./none.ts'], /There is no file .*none\.ts/],
    ['a page in no folder', ['reference', '--html', 'none/page.html'], /--html: there is no folder .*none/],
    ['two backends', ['reference', 'onnxruntime'], /[Tt]oo many arguments/],
  ])('refuses %s with 2', async (_, args, message) => {
    const { stderr, exitCode } = await conformance(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(exitCode).toBe(2);
  });
});
