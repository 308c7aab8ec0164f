import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTargets } from '../harness/manifest/load.ts';
import type { Options } from './options.ts';
import { digestsOf, folderOf, setsOf, withoutMissing } from './sets.ts';

let folder: string;
const before = process.env.RESIDUALS_IMAGENET;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-sets-'));
  delete process.env.RESIDUALS_IMAGENET;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  if (before !== undefined) process.env.RESIDUALS_IMAGENET = before;
});

const given = (data?: string) => (data === undefined ? {} : { data }) as Options;

describe('the data that targets need', () => {
  it('are ImageNet under paper, CIFAR-10 under mini', async () => {
    expect([...setsOf(await loadTargets(['table2', 'table6'], 'paper'))]).toEqual(['imagenet', 'cifar10']);
    expect([...setsOf(await loadTargets(['table2', 'table6'], 'mini'))]).toEqual(['cifar10']);
  });

  it('without ImageNet leave its networks not run, with the command that runs them', async () => {
    const targets = await loadTargets(['table3', 'table6'], 'paper');
    const digests = await digestsOf(setsOf(targets), given());
    const [table3, table6] = withoutMissing(targets, digests, given());
    for (const { notRun } of table3!.networks) {
      expect(notRun).toMatch(/ImageNet .*npm run reproduce table3 -- --profile paper --data <folder/);
    }
    expect(table6!.networks.filter(network => network.notRun)).toEqual([]);
  });
});

describe('--data', () => {
  const both = new Set(['cifar10', 'imagenet'] as const);

  it('is the folder of the only set that is needed', () => {
    expect(folderOf('imagenet', new Set(['imagenet']), given(folder))).toBe(folder);
    expect(folderOf('cifar10', new Set(['cifar10']), given(folder))).toBe(folder);
  });

  it('is told by what it holds when both are needed', () => {
    expect([folderOf('cifar10', both, given(folder)), folderOf('imagenet', both, given(folder))]).toEqual([
      folder,
      undefined,
    ]);
    mkdirSync(join(folder, 'train'));
    expect([folderOf('cifar10', both, given(folder)), folderOf('imagenet', both, given(folder))]).toEqual([
      undefined,
      folder,
    ]);
  });

  it('leaves ImageNet to RESIDUALS_IMAGENET when it names CIFAR-10', () => {
    process.env.RESIDUALS_IMAGENET = '/imagenet';
    expect(folderOf('imagenet', both, given(folder))).toBe('/imagenet');
    expect(folderOf('imagenet', both, given())).toBe('/imagenet');
  });
});
