import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const evidence = join(root, 'results');
const folder = mkdtempSync(join(tmpdir(), 'residuals-results-'));
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true }));

const profiles = readdirSync(join(evidence, 'rendered'));
const pages = profiles.flatMap(profile =>
  readdirSync(join(evidence, 'rendered', profile))
    .filter(name => name.endsWith('.md'))
    .map(name => ({ profile, target: name.slice(0, -3) })),
);

/** What is committed as evidence is what its records say: the command on each page trains nothing and gives these bytes. */
describe('results/', () => {
  it('holds every table and figure', () => {
    const targets = readdirSync(join(root, 'experiments/resnet-2015')).filter(name =>
      /^(table|figure)\d/.test(name),
    );
    expect(pages.map(({ target }) => `${target}.yaml`)).toEqual(expect.arrayContaining(targets));
  });

  it.each(pages)(
    '$profile $target follows from the records',
    async ({ profile, target }) => {
      if (!readdirSync(folder).includes('store'))
        cpSync(join(evidence, 'runs'), join(store, 'runs'), { recursive: true });
      const page = readFileSync(join(evidence, 'rendered', profile, `${target}.md`), 'utf8');
      const [, words] = /^npm run reproduce (.*)$/m.exec(page)!;
      const args = words!.split(' ').filter(word => word !== '--');
      const residuals = (verb: string, ...more: string[]) =>
        execa(process.execPath, ['cli/start.mjs', verb, ...args, '--store', store, ...more], { cwd: root });
      const { runs } = JSON.parse((await residuals('plan', '--json')).stdout) as {
        runs: { network: string; state: { is: string } }[];
      };
      expect(runs.filter(({ state }) => state.is !== 'recorded')).toEqual([]);
      await residuals('reproduce');
      const names = readdirSync(join(evidence, 'rendered', profile)).filter(
        name => name.startsWith(`${target}.`) && !/\.(png|json)$/.test(name),
      );
      for (const name of names) {
        const derived = readFileSync(join(store, 'rendered', profile, name), 'utf8');
        expect(derived, name).toBe(readFileSync(join(evidence, 'rendered', profile, name), 'utf8'));
      }
    },
    120_000,
  );
});
