import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { identityOf, inFolder, planned } from '../harness/execute/jobs.fixture.ts';
import { loadTargets } from '../harness/manifest/load.ts';
import { makePlan } from '../harness/plan/plan.ts';
import { type RunLock, tryLock } from '../harness/record/lock.ts';
import { openStore } from '../harness/record/store.ts';
import { inPaperOrder, runJson, standingOf, standingText, totalText } from './states.ts';

describe('the state of a run', () => {
  const at = (state: Parameters<typeof planned>[2] & object, folder: string) =>
    standingOf(planned(identityOf(), 1, state), openStore(folder));

  it('has one word, whatever command tells it', () =>
    inFolder(folder => {
      const texts = [
        at({ state: { is: 'not started' } }, folder),
        at({ state: { is: 'stopped', done: 5 } }, folder),
        at({ state: { is: 'finished' } }, folder),
      ];
      const unusable = at({ state: { is: 'unusable', problem: 'record.json: bad', fix: 'mv it' } }, folder);
      expect(standingText(unusable)).toBe('unusable');
      expect(texts.map(standingText)).toEqual(['not started', 'stopped at 5/12', 'finished']);
      expect(texts.map(({ state, done }) => [state, done])).toEqual([
        ['not started', 0],
        ['stopped', 5],
        ['finished', 12],
      ]);
      expect(totalText(texts)).toBe('3 runs: 1 finished, 1 stopped, 1 not started');
      expect(totalText([unusable, texts[2]!])).toBe('2 runs: 1 finished, 1 unusable');
      expect(totalText([])).toBe('0 runs');
      const job = planned(identityOf(), 1, { targets: ['table6'] });
      expect(runJson(job, texts[1]!)).toEqual({
        ...{ key: job.key, network: 'ResNet-8', kind: 'train', seed: 1, targets: ['table6'] },
        ...{ state: 'stopped', done: 5, total: 12, pid: null, host: null, problem: null, fix: null },
      });
      expect(runJson(job, unusable)).toMatchObject({
        ...{ state: 'unusable', problem: 'record.json: bad', fix: 'mv it' },
      });
    }));

  it('is running while a process holds it, and looking at it changes nothing', () =>
    inFolder(folder => {
      const job = planned(identityOf(), 1, { state: { is: 'stopped', done: 5 } });
      const store = openStore(folder);
      const place = store.jobFolder(job.key);
      mkdirSync(place, { recursive: true });
      const lock = tryLock(place) as RunLock;
      const standing = standingOf(job, store);
      expect(standing).toMatchObject({ state: 'running', done: 5, total: 12, pid: process.pid });
      expect(standingText(standing)).toBe(`running in process ${process.pid}, last checkpoint at 5/12`);
      lock.assertHeld();
      lock.release();
    }));
});

it('runs are listed in the order of the paper: by page, by row, by seed', async () => {
  const targets = await loadTargets(['figure6', 'table6', 'figure1', 'table2'], 'mini');
  const plan = await makePlan({
    targets,
    seeds: [1, 2],
    backend: { id: 'reference', numerics: 1 },
    data: new Map([
      ['cifar10', { digest: 'none' }],
      ['imagenet', { digest: 'none' }],
    ]),
    store: '/nowhere',
  });
  const names = inPaperOrder(plan).map(({ network, identity }) => {
    return `${network} ${identity.kind === 'train' && identity.seed}`;
  });
  expect(names).toHaveLength(plan.jobs.length);
  expect(names.slice(0, 4)).toEqual(['plain-20 1', 'plain-20 2', 'plain-56 1', 'plain-56 2']); // Figure 1, page 1
  expect(names[4]).toBe('plain-18 1'); // Table 2, page 5
  expect(names.indexOf('ResNet-110 1')).toBeGreaterThan(names.indexOf('ResNet-20 2'));
});

it('steps of a network are listed in the order of their training, before it', async () => {
  const sets = ['digits', 'digits-coco'].map(set => [set, { digest: `digest of ${set}` }] as const);
  const plan = await makePlan({
    targets: await loadTargets(['table8'], 'mini'),
    backend: { id: 'reference', numerics: 1 },
    data: new Map(sets),
    store: '/nowhere',
  });
  const names = inPaperOrder(plan).map(({ network }) => network);
  const steps = [', pretraining', ', step 1', ', step 2', ', step 3', ''];
  expect(names).toEqual(
    ['VGG-16 COCO', 'ResNet-101 COCO'].flatMap(network => steps.map(step => `${network}${step}`)),
  );
});
