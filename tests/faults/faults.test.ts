import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureCifar10 } from '../../ml/data/cifar10/sources.ts';
import { faultsOf, type Operation, workerScript } from './faults.ts';
import { rehearse, tryFault } from './trial.ts';
import { trialsOf } from './trials.ts';

const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in data) console.warn(`skipped: faults befall real commands, which need CIFAR-10. ${data.why}`);
const cifar = 'folder' in data ? data.folder : '';

const base = mkdtempSync(join(tmpdir(), 'residuals-faults-'));
afterAll(() => rmSync(base, { recursive: true }));

describe('trials', () => {
  const operations: Operation[] = [
    { script: 'start.mjs', at: 1, is: 'open', path: '/a' },
    { script: workerScript, at: 1, is: 'write', path: '/b' },
    { script: workerScript, at: 2, is: 'rename', path: '/b' },
  ];

  it('are of every kind and at every operation that can meet it, and of workers where they are killed', () => {
    const places = (kind: string) =>
      faultsOf(kind, operations, 1)
        .map(({ script, at }) => `${script} ${at}`)
        .sort();
    expect(places('EIO once')).toEqual(['start.mjs 1', 'worker.ts 1', 'worker.ts 2']);
    expect(places('EMFILE for ever')).toEqual(['start.mjs 1']);
    expect(places('kill -9 every worker')).toEqual(['worker.ts 1', 'worker.ts 2']);
    expect(places('crash within a write')).toEqual(['worker.ts 1']);
  });

  it('are the same ones in the same order for a seed, and in another one for another', () => {
    const rehearsed = new Map(['a', 'b'].map(name => [name, { operations }]));
    expect(trialsOf(rehearsed, 1)).toEqual(trialsOf(rehearsed, 1));
    expect(trialsOf(rehearsed, 2)).not.toEqual(trialsOf(rehearsed, 1));
    const sorted = (seed: number) =>
      trialsOf(rehearsed, seed)
        .map(trial => JSON.stringify(trial))
        .sort();
    expect(sorted(2)).toEqual(sorted(1));
    expect(new Set(sorted(1)).size).toBe(sorted(1).length);
  });
});

/** Faults that stand for those which the campaign has found something wrong after: where they befall which operation. */
const picked: Readonly<Record<string, readonly [kind: string, script: string, is: string, path: RegExp][]>> =
  {
    resume: [
      ['crash within a write', workerScript, 'write', /checkpoint\.bin/],
      ['EIO for ever', workerScript, 'open to write', /messages\./],
      ['EMFILE once', 'resume-driver.ts', 'open', /messages\./],
      ['crash after', workerScript, 'rename', /scores\.bin/],
    ],
    replace: [
      ['kill -9 command', 'start.mjs', 'rename', /errors\.csv/],
      ['EIO once', 'start.mjs', 'read file', /record\.json/],
      ['EACCES once', 'start.mjs', 'open', /wrong\.bin/],
      ['ESTALE once', 'start.mjs', 'list', /rendered/],
      ['ENOSPC once', 'start.mjs', 'write', /errors\.md/],
    ],
    install: [
      ['EACCES for ever', 'start.mjs', 'stat', /\/old$/],
      ['crash after', 'start.mjs', 'rename', /node_modules$/],
      ['ENOSPC once', 'start.mjs', 'write', /\.residuals/],
    ],
  };

describe.each(Object.entries(picked))('after a picked fault', { timeout: 300_000 }, (scenario, places) => {
  const isSkipped = 'why' in data && scenario !== 'install';
  it.skipIf(isSkipped)(`${scenario} ends as undisturbed`, async () => {
    const rehearsed = await rehearse(scenario, join(base, scenario), cifar);
    for (const [kind, script, is, path] of places) {
      const at = rehearsed.operations.find(
        each => each.script === script && each.is === is && path.test(each.path),
      )?.at;
      const fault = faultsOf(kind, rehearsed.operations, 1).find(
        each => each.script === script && each.at === at,
      )!;
      const { fired, problems, said } = await tryFault(rehearsed, fault);
      expect(fired[0], kind).toMatchObject({ script }); // how often a parent looks depends on time
      expect(problems, `${kind}, ${is} ${path}\n${said}`).toEqual([]);
    }
    const never = { ...faultsOf('EIO once', rehearsed.operations, 1)[0]!, at: 1_000_000 };
    if (scenario === 'install')
      expect(await tryFault(rehearsed, never)).toMatchObject({ fired: [], problems: [] });
  });
});
