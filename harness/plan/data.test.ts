import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTargets } from '../manifest/load.ts';
import { networksOf } from '../manifest/types.ts';
import { commandNaming, dataSetsOf, digestsOf, pathsOf, withoutMissing } from './data.ts';

let folder: string;
const before = process.env.RESIDUALS_IMAGENET;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-data-'));
  delete process.env.RESIDUALS_IMAGENET;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  if (before !== undefined) process.env.RESIDUALS_IMAGENET = before;
});

async function setsOf(names: string[], profile: string) {
  return dataSetsOf(await loadTargets(names, profile));
}

describe('the data that targets need', () => {
  it('are ImageNet under paper, CIFAR-10 under mini', async () => {
    expect([...(await setsOf(['table2', 'table6'], 'paper')).keys()]).toEqual(['imagenet', 'cifar10']);
    expect([...(await setsOf(['table2', 'table6'], 'mini')).keys()]).toEqual(['cifar10']);
  });

  it('without ImageNet leave its networks out, with a reason', async () => {
    const targets = await loadTargets(['table3', 'table6'], 'paper');
    const digests = await digestsOf(dataSetsOf(targets), 'train', ['table3'], {});
    expect([...digests.keys()]).toEqual(['cifar10']);
    const [table3, table6] = withoutMissing(
      targets,
      (_, set) => digests.has(set),
      ({ name }, network, [set]) => `${name} ${network} ${set!.name}`,
    );
    for (const { name, skipped } of networksOf(table3!))
      expect(skipped).toEqual({ reason: `table3 ${name} ImageNet` });
    expect(networksOf(table6!).filter(({ skipped }) => skipped)).toEqual([]);
  });

  it('that are incomplete fail with the command that was typed and what the folder must hold', async () => {
    const sets = await setsOf(['table2'], 'paper');
    const failure = digestsOf(sets, 'train', ['table2'], { profile: 'paper', data: folder });
    await expect(failure).rejects.toMatchObject({
      message: expect.stringContaining(folder),
      fix: 'npm run reproduce table2 -- --profile paper --data <folder with train/ and val/>',
      exitCode: 4,
    });
  });
});

describe('--data', () => {
  const paths = async (names: string[], data?: string) =>
    Object.fromEntries(pathsOf(await setsOf(names, 'paper'), data));

  it('is of the only set that is needed', async () => {
    expect(await paths(['table3'], folder)).toEqual({ imagenet: folder });
    expect(await paths(['table6'], folder)).toEqual({ cifar10: folder });
  });

  it('is told by what it holds when both are needed', async () => {
    const both = ['table3', 'table6'];
    expect(await paths(both, folder)).toEqual({ cifar10: folder, imagenet: undefined });
    mkdirSync(join(folder, 'train'));
    expect(await paths(both, folder)).toEqual({ cifar10: undefined, imagenet: folder });
  });

  it('is of the set that it is of in the whole command, also when that has nothing left to do', async () => {
    const all = await setsOf(['table7'], 'paper');
    const left = new Map([...all].filter(([name]) => name === 'imagenet'));
    mkdirSync(join(folder, 'VOC2007'), { recursive: true });
    expect(Object.fromEntries(pathsOf(left, folder))).toEqual({ imagenet: folder });
    expect(Object.fromEntries(pathsOf(left, folder, all))).toEqual({ imagenet: undefined });
  });

  it('is of all sets that lie in one folder', async () => {
    mkdirSync(join(folder, 'ILSVRC', 'Annotations', 'CLS-LOC'), { recursive: true });
    expect(await paths(['table13'], folder)).toEqual({ 'imagenet-loc': folder, imagenet: folder });
    expect(await paths(['table6', 'table13'], folder)).toMatchObject({
      cifar10: undefined,
      imagenet: folder,
    });
  });

  it('is never where something is drawn: nothing is written into a folder that is named', async () => {
    const digits = dataSetsOf(await loadTargets(['table7'], 'mini'));
    expect(Object.fromEntries(pathsOf(digits, folder))).toEqual({
      'digits-voc': undefined,
      digits: undefined,
    });
    await expect(digestsOf(digits, 'train', ['table7'], { data: folder })).rejects.toThrow(
      `--data ${folder}: no data are needed here but what Residuals draws itself.`,
    );
    const both = dataSetsOf(await loadTargets(['table6', 'table7'], 'mini'));
    expect(pathsOf(both, folder).get('cifar10')).toBe(folder);
  });

  it('that is none of several sets, or nothing, is refused', async () => {
    const sets = await setsOf(['table7'], 'paper');
    const asked = (data: string) => digestsOf(sets, 'train', ['table7'], { profile: 'paper', data });
    await expect(asked(folder)).rejects.toMatchObject({
      message: expect.stringContaining('it is none of the sets that are needed: PASCAL VOC (<folder'),
      exitCode: 2,
    });
    await expect(asked(join(folder, 'gone'))).rejects.toMatchObject({
      message: `${join(folder, 'gone')} does not exist.`,
      exitCode: 4,
    });
  });

  it('and the variables of further sets are in the command that is proposed', async () => {
    const sets = [...(await setsOf(['table7', 'table13'], 'paper')).values()];
    const command = commandNaming(sets, 'train', ['table7'], { profile: 'paper' });
    expect(command).toBe(
      'RESIDUALS_IMAGENET=<folder with train/ and val/> npm run reproduce table7 -- --profile paper --data <folder with VOC2007/ and VOC2012/>',
    );
  });

  it('leaves ImageNet to RESIDUALS_IMAGENET when it names CIFAR-10', async () => {
    process.env.RESIDUALS_IMAGENET = '/imagenet';
    expect(await paths(['table3', 'table6'], folder)).toMatchObject({ imagenet: '/imagenet' });
    expect(await paths(['table3', 'table6'])).toMatchObject({ imagenet: '/imagenet' });
  });
});
