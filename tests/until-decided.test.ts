import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

const store = mkdtempSync(join(tmpdir(), 'residuals-until-'));
afterAll(() => rmSync(store, { recursive: true, force: true }));

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$)/i.test(name)),
);

function residuals(...args: string[]) {
  return execa(process.execPath, ['cli/start.mjs', ...args], {
    ...{ cwd: dirname(import.meta.dirname), env, extendEnv: false, reject: false, timeout: 120_000 },
  });
}

const tiny = ['--experiment', 'tests/experiments/tiny', '--store', store];

describe('--until-decided', { timeout: 180_000 }, () => {
  it('adds seeds up to the next look, for what is open', async () => {
    const { stdout, exitCode } = await residuals(
      'reproduce',
      'errors',
      '--until-decided',
      '--max-seeds',
      '3',
      ...tiny,
    );
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain('Open: small-net, deep-net; up to 3 seeds each.');
    expect(stdout).toMatch(/deep +10 .* \(3\) /);
    expect(stdout).toMatch(/among 1 claim, read at 3 seeds/);
    expect(stdout).not.toContain('up to 5 seeds');
  });

  it('runs nothing more once all is settled or has the most seeds', async () => {
    const { stdout, exitCode } = await residuals(
      'reproduce',
      'errors',
      '--until-decided',
      '--max-seeds',
      '3',
      ...tiny,
    );
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('Open: ');
    expect(stdout).not.toContain('started');
  });

  it('is told as a claim by its id, with the seeds that it rests on', async () => {
    const { stdout, exitCode } = await residuals('claims', 'K1', '--json', ...tiny);
    expect(exitCode).toBe(0);
    const [claim] = JSON.parse(stdout).claims;
    expect(claim).toMatchObject({ id: 'K1', kind: 'order', evidence: { family: 1, seeds: 3 } });
    expect(claim.runs).toHaveLength(6);
    const { stderr, exitCode: unknown } = await residuals('claims', 'K2', ...tiny);
    expect(unknown).toBe(2);
    expect(stderr).toMatch(/There is no claim "K2"\..*\n\n {2}fix: name some of K1/);
  });

  it.each([
    [['--until-decided', '--seeds', '3'], /--seeds says how many seeds there are.*fix: leave out one/s],
    [
      ['--max-seeds', '5'],
      /--max-seeds bounds what --until-decided adds.*fix: --until-decided --max-seeds 5/s,
    ],
    [['--until-decided', '--max-seeds', '4'], /--max-seeds is "4"; expected 3, 5, 8, 12 or 20/],
    [
      ['--until-decided', '--max-seeds', '20'],
      /--max-seeds is 20; the profile quick has fixed 8 seeds at most/,
    ],
  ])('is refused with %j', async (args, says) => {
    const { stderr, exitCode } = await residuals('reproduce', 'errors', ...args, ...tiny);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
  });
});
