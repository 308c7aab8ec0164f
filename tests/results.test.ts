import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../harness/record/store.ts';

const root = join(import.meta.dirname, '..');
const evidence = join(root, 'results');
const folder = mkdtempSync(join(tmpdir(), 'residuals-results-'));
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true }));

/** <experiment>/<profile>/<backend> and the target of every page. */
const pages = readdirSync(join(evidence, 'rendered'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.md'))
  .map(name => name.split(/[/\\]/) as [string, string, string, string])
  .map(([experiment, profile, backend, file]) => ({
    place: join(experiment, profile, backend),
    experiment,
    target: file.slice(0, -3),
  }));

/** What is committed as evidence is what its records say: the command on each page trains nothing and gives these bytes. */
describe('results/', () => {
  beforeAll(() => {
    for (const part of ['runs', 'store.json'])
      cpSync(join(evidence, part), join(store, part), { recursive: true });
  });

  it('holds records that can all be used', () => {
    const { records, unusable } = openStore(evidence).list();
    expect(unusable).toEqual([]);
    expect(records.length).toBeGreaterThanOrEqual(57);
    for (const { asked } of records) expect(asked).not.toBeNull();
  });

  it('holds every table and figure', () => {
    const targets = readdirSync(join(root, 'experiments/resnet-2015')).filter(name =>
      /^(table|figure)\d/.test(name),
    );
    expect(pages.map(({ target }) => `${target}.yaml`)).toEqual(expect.arrayContaining(targets));
  });

  it.each(pages)(
    '$place $target follows from the records',
    async ({ place, target }) => {
      const committed = join(evidence, 'rendered', place);
      const page = readFileSync(join(committed, `${target}.md`), 'utf8');
      const [, words] = /^npm run reproduce (.*)$/m.exec(page)!;
      const command = words!.replace(/ --store \S+/, '');
      const residuals = (verb: string, args: string, ...more: string[]) =>
        execa(process.execPath, ['cli/start.mjs', verb, ...args.split(' '), '--store', store, ...more], {
          cwd: root,
          reject: false,
        });
      // What backends have finished is set side by side; only the first one's runs are planned.
      const planned = await residuals('plan', command.replace(' --by backend', ''), '--json');
      const { runs } = JSON.parse(planned.stdout) as {
        runs: { network: string; state: string }[];
      };
      // Under the paper's protocol, and overnight, a page may rest on some of its rows.
      const done = runs.filter(({ state }) => state === 'finished').map(({ network }) => network);
      const rows = /\/(paper|overnight)\//.test(place) ? ['--rows', [...new Set(done)].join()] : [];
      if (rows.length === 0) expect(done).toHaveLength(runs.length);
      const { exitCode = 4, stderr } = await residuals('reproduce', command, ...rows);
      expect(exitCode, stderr).toBe(place.includes('/paper/') ? 3 : 0); // a seed alone decides nothing
      const names = readdirSync(committed).filter(name => name.startsWith(`${target}.`) && isCommitted(name));
      expect(names.length).toBeGreaterThanOrEqual(2);
      for (const name of names) {
        const derived = readFileSync(join(store, 'rendered', place, name));
        // The command names the store, which is another one here.
        const own = name.endsWith('.md')
          ? Buffer.from(derived.toString().replace(store, 'results'))
          : derived;
        expect(own.equals(readFileSync(join(committed, name))), `${place}/${name}`).toBe(true);
      }
    },
    120_000,
  );
});

/** Pages and pictures; the other formats follow from the same view and are not committed. */
function isCommitted(name: string): boolean {
  return /\.(md|csv|png)$/.test(name);
}
