import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder } from '../execute/jobs.fixture.ts';
import { loadTargets } from '../manifest/load.ts';
import type { FigureTarget, TableTarget } from '../manifest/types.ts';
import { designOf, readDesigns, writeDesigns } from './design.ts';

const [table, figure] = (await loadTargets(['table6', 'figure6'], 'paper')) as [TableTarget, FigureTarget];
const [mini] = (await loadTargets(['table6'], 'mini')) as [TableTarget];
const [imagenet] = (await loadTargets(['table3'], 'paper')) as [TableTarget];
const begun = { at: '2026-01-02T03:04:05.000Z', commit: 'a'.repeat(40) };

describe('a design', () => {
  it('is that of a protocol and a profile, whichever table or figure is named', () => {
    expect(designOf(figure)).toEqual(designOf(table));
    const digests = [table, mini, imagenet].map(target => designOf(target!).digest);
    expect(new Set(digests).size).toBe(3);
  });

  it('is another one when a margin, a bound, a cell or the number of seeds is, and not when words are', () => {
    const { digest } = designOf(table);
    const tolerances = structuredClone(table.tolerances) as Record<string, { margin: { value: number } }>;
    tolerances.testError!.margin.value = 0.31;
    const claims = table.argument.claims.map(claim => ({
      ...claim,
      statement: `${claim.statement} Indeed.`,
    }));
    const differs = {
      margin: { ...table, tolerances: tolerances as unknown as TableTarget['tolerances'] },
      seeds: { ...table, lastLook: 12 as const },
      family: { ...table, family: table.family.slice(1) },
      claims: {
        ...table,
        argument: { ...table.argument, claims: claims.filter(({ protocol }) => protocol !== 'cifar10') },
      },
    };
    for (const [what, target] of Object.entries(differs))
      expect(designOf(target).digest, what).not.toBe(digest);
    expect(designOf({ ...table, argument: { ...table.argument, claims } }).digest).toBe(digest);
  });

  it('is written once, with when it was first run under, and is never changed', () =>
    inFolder(async folder => {
      expect(readDesigns(folder)).toEqual([]);
      await Promise.all([
        writeDesigns(folder, [designOf(table), designOf(figure)], begun),
        writeDesigns(folder, [designOf(mini)], begun),
      ]);
      await writeDesigns(folder, [designOf(mini)], { ...begun, at: '2027-01-01T00:00:00Z' });
      const written = readDesigns(folder);
      expect(written.map(({ profile }) => profile).sort()).toEqual(['mini', 'paper']);
      expect(written.every(({ at }) => at === begun.at)).toBe(true);
    }));

  it('that was edited afterwards is refused', () =>
    inFolder(async folder => {
      await writeDesigns(folder, [designOf(table)], begun);
      const file = join(folder, 'design.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"value": 0.3', '"value": 0.2'));
      expect(() => readDesigns(folder)).toThrow(/design\.json: the design [0-9a-f]{12} is not the one/);
    }));
});
