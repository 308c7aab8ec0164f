import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { loadTargets, targetNames, validateExperiment } from './load.ts';

const temporary = mkdtempSync(join(tmpdir(), 'residuals-manifest-'));
const before = process.env.RESIDUALS_CACHE;
beforeAll(() => {
  process.env.RESIDUALS_CACHE = join(temporary, 'cache');
});
afterAll(() => {
  if (before === undefined) delete process.env.RESIDUALS_CACHE;
  else process.env.RESIDUALS_CACHE = before;
  rmSync(temporary, { recursive: true });
});

async function failure(action: Promise<unknown>): Promise<UserError> {
  const error = await action.then(
    () => expect.unreachable('expected a UserError'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).exitCode).toBe(2);
  expect((error as UserError).fix).toBeTruthy();
  return error as UserError;
}

describe('the manifests of the ResNet paper', () => {
  it('are valid under every profile', async () => {
    const { targets, protocols, profiles } = await validateExperiment();
    const numbered = (kind: string, last: number) =>
      Array.from({ length: last }, (_, i) => `${kind}${i + 1}`);
    expect(targets).toEqual([...numbered('figure', 7), ...numbered('table', 6)]);
    expect(protocols).toEqual(['cifar10', 'imagenet']);
    expect(profiles).toEqual(['paper', 'mini', 'overnight', 'smoke']);
  });

  it('load the same from the cache as from the files', async () => {
    const first = await loadTargets(['table6', 'figure6'], 'mini');
    expect(readdirSync(join(temporary, 'cache', 'manifests')).length).toBeGreaterThanOrEqual(5);
    expect(await loadTargets(['table6', 'figure6'], 'mini')).toEqual(first);
  });

  it('load without a cache folder that can be written, and with a damaged one', async () => {
    const cache = process.env.RESIDUALS_CACHE!;
    const [table] = await loadTargets(['table6'], 'mini');
    for (const name of readdirSync(join(cache, 'manifests')))
      writeFileSync(join(cache, 'manifests', name), '{"half');
    expect(await loadTargets(['table6'], 'mini')).toEqual([table]);
    process.env.RESIDUALS_CACHE = '/dev/null/cache';
    expect(await loadTargets(['table6'], 'mini')).toEqual([table]);
    process.env.RESIDUALS_CACHE = cache;
  });

  it('load quickly once they have been checked', async () => {
    const names = await targetNames();
    await loadTargets(names, 'mini');
    const times = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await loadTargets(names, 'mini');
      times.push(performance.now() - start);
    }
    expect(Math.min(...times)).toBeLessThan(120);
  });
});

describe('names', () => {
  it('an unknown target gets the nearest names', async () => {
    const error = await failure(loadTargets(['tabel6'], undefined));
    expect(error.message).toMatch(/no target "tabel6"\. Did you mean table6/);
    expect(error.fix).toContain('figure7, table1, table2');
  });

  it('an unknown profile gets the nearest name', async () => {
    const error = await failure(loadTargets(['table6'], 'pape'));
    expect(error.message).toMatch(/cifar10\.yaml:\d+ {2}no profile "pape"\. Did you mean paper/);
  });

  it('no profile means the default one', async () => {
    expect((await loadTargets(['table6'], undefined))[0]!.profile).toBe('mini');
  });
});
