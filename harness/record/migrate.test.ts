import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { identityOf, inFolder, orderFor, runHere, tinySpec } from '../execute/jobs.fixture.ts';
import { digestOf, jobKey } from './keys.ts';
import { type RunLock, tryLock } from './lock.ts';
import { type Candidates, type Migration, migrateStore } from './migrate.ts';
import { recordProblem } from './schema.ts';
import { openStore, storeVersion } from './store.ts';
import { type EvaluateIdentity, type TrainIdentity, version } from './types.ts';
import { type Old, oldEvaluation, oldRecords, oldSpec, turnIntoOld, writeOld } from './version1.fixture.ts';
import { keyIn1, recordFrom1 } from './version1.ts';

const [token, plain, deep] = oldRecords as [Old, Old, Old];

/** The files of a folder, by path, and what is in them. */
function snapshot(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry =>
    entry.isFile(),
  );
  const files = entries.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(files.map(file => [relative(folder, file), readFileSync(file, 'latin1')]));
}

const newKeyOf = (old: object) => recordFrom1(old, null).key;

describe('a record of version 1', () => {
  it.each(oldRecords.map(old => [old.network, old] as const))(
    'of %s comes out with the same numbers',
    (_, old) => {
      const record = recordFrom1(old, { experiment: 'resnet-2015', profile: 'mini' });
      const { result, provenance } = record;
      expect(recordProblem(JSON.parse(JSON.stringify(record)), record.key)).toBeNull();
      expect(record).toMatchObject({ version, network: old.network, asked: { profile: 'mini' } });
      const { testError, testLoss, trainError, trainLoss, tests = {} } = old.result;
      const tested = Object.entries(tests).flatMap(([name, { top1, top5 }]) => [
        [`${name}.top1`, top1],
        [`${name}.top5`, top5],
      ]);
      expect(result.measures).toEqual({
        ...{ testError, testLoss, trainError, trainLoss },
        ...Object.fromEntries(tested),
      });
      for (const name of ['train', 'test'] as const) {
        const points = old.result.curve[name].map(({ iteration: at, error, loss }) => ({ at, error, loss }));
        expect(result.curves[name]).toEqual(points);
      }
      expect(result.curves.responses?.map(({ std }) => std)).toEqual(
        old.result.responses?.map(({ std }) => std),
      );
      expect(result.facts.warmupEnded ?? null).toBe(old.result.warmupEnded);
      expect(result.digests).toEqual({
        state: old.result.digests.state,
        firstSteps: old.result.digests.firstSteps,
      });
      expect(result.artefacts['scores.bin']).toBe(old.result.digests.scores);
      expect(result.determinism).toEqual(old.result.determinism);
      expect(record.resultSha256).toBe(digestOf(result));
      const { session, git, lockfileSha256, stepMilliseconds, ...facts } = old.provenance;
      const { lowering, instructionSet, ...engine } = session;
      expect(provenance).toEqual({
        ...facts,
        session: { ...engine, device: 'cpu', variant: lowering, hardware: instructionSet },
        unitMilliseconds: stepMilliseconds,
        code: [{ sources: null, ...(git as object), lockfileSha256 }],
      });
    },
  );

  it.each(oldRecords.map(old => [old.network, old] as const))(
    'of %s has a new key, from which the old one can be told',
    (_, old) => {
      const { key, identity } = recordFrom1(old, null);
      expect(key).toBe(jobKey(identity));
      expect(key).not.toBe(old.key);
      expect(old.key).toBe(digestOf(old.identity));
      expect(keyIn1(identity as TrainIdentity)).toBe(old.key);
      expect(identity).toMatchObject({
        kind: 'train',
        task: 'classification',
        seed: old.identity.seed,
        inputs: { data: old.identity.data },
      });
    },
  );

  it('of an evaluation comes out with the same numbers', () => {
    const old = oldEvaluation();
    const record = recordFrom1(old, null);
    expect(recordProblem(JSON.parse(JSON.stringify(record)), record.key)).toBeNull();
    const { identity, result, provenance } = record;
    const { network: _, data, ...spec } = old.identity.spec;
    expect(identity as EvaluateIdentity).toMatchObject({
      kind: 'evaluate',
      inputs: { data: old.identity.data, weights: old.identity.weights },
      spec: {
        ...spec,
        data: { ...data, testImages: 50000 },
        network: { family: 'residual', blocks: [3, 4, 6, 3] },
      },
    });
    expect(result).toEqual({
      measures: {
        ...{ 'single.top1': 25.008, 'single.top5': 7.9, 'tenCrop.top1': 22.9, 'tenCrop.top5': 6.7 },
        ...{ 'multiScale.top1': 21.5, 'multiScale.top5': 5.6 },
      },
      curves: {},
      facts: { images: 50000 },
      artefacts: {},
      digests: { scores: old.result.scores },
      determinism: { tier: 'D3', evidence: 'nothing was computed twice' },
    });
    expect(provenance).toMatchObject({
      startedAt: old.provenance.finishedAt,
      seconds: 76.17,
      code: [{ commit: null, unknown: 'git did not say' }],
    });
  });

  it.each<[string, (old: Old) => object, string]>([
    [
      'a measure that its curve contradicts',
      old => ({ ...old, result: { ...old.result, testError: 6.43 } }),
      'result.measures.testError is 6.43, but',
    ],
    [
      'an error above 100 %',
      old => ({ ...old, result: { ...old.result, trainError: 101 } }),
      'expected 0 to 100%',
    ],
    [
      'an unknown setting',
      old => ({ ...old, identity: { ...old.identity, spec: { ...old.identity.spec, extra: 1 } } }),
      'unknown key "extra"',
    ],
    [
      'text for a number',
      old => ({ ...old, result: { ...old.result, trainLoss: 'low' } }),
      'record.result.measures.trainLoss',
    ],
  ])('with %s is not brought up', (_, change, why) => {
    expect(() => recordFrom1(change(structuredClone(token)), null)).toThrow(why);
  });
});

describe('the key that a training had in version 1', () => {
  it('is the digest of its old identity, for plain and residual nets, with warm-up, tests and averages or without', () => {
    const specs = [
      tinySpec,
      { ...tinySpec, network: { ...tinySpec.network, shortcut: 'none' as const } },
      { ...tinySpec, schedule: { ...tinySpec.schedule, warmup: null } },
    ];
    for (const spec of specs) {
      const { inputs, backend, numerics, seed } = identityOf(spec);
      const old = digestOf({ spec: oldSpec(spec), seed, data: inputs.data, backend, numerics });
      expect(keyIn1(identityOf(spec))).toBe(old);
    }
    const { network, identity } = recordFrom1(plain, null);
    expect([network, keyIn1(identity as TrainIdentity)]).toEqual(['plain-18', plain.key]);
  });
});

describe('migrateStore', () => {
  it('brings records of trainings and evaluations up, with what lies beside them', () =>
    inFolder(store => {
      const scores = createHash('sha256').update('scores').digest('hex');
      const tested = structuredClone(plain);
      tested.result.digests.scores = scores;
      writeOld(store, token, 'runs', { 'events.jsonl': 'an event\n' });
      writeOld(store, tested, 'runs', { 'scores.bin': 'scores' });
      writeOld(store, deep);
      const evaluation = oldEvaluation();
      writeOld(store, evaluation, 'evaluations', { 'progress.json': '{}' });
      mkdirSync(join(store, 'runs', 'notes'));
      writeFileSync(join(store, 'evaluations', '.DS_Store'), '');
      const asked = { experiment: 'resnet-2015', profile: 'mini' };
      const { identity } = recordFrom1(token, null);
      const migration = migrateStore(store, new Map([[token.key, { identity, asked }]]));

      const olds = [token, tested, deep, evaluation];
      expect(migration.left).toEqual([]);
      expect(Object.fromEntries(migration.moved)).toEqual(
        Object.fromEntries(olds.map(old => [old.key, newKeyOf(old)])),
      );
      const opened = openStore(store);
      const { records, unusable } = opened.list();
      expect(unusable).toEqual([]);
      expect(records.map(({ key }) => key)).toEqual(olds.map(newKeyOf).sort());
      expect(records).toEqual(
        olds
          .map(old => recordFrom1(old, old === token ? asked : null))
          .sort((a, b) => (a.key < b.key ? -1 : 1)),
      );
      const [first, second] = [newKeyOf(token), newKeyOf(tested)];
      expect(readFileSync(join(opened.jobFolder(first), 'events.jsonl'), 'utf8')).toBe('an event\n');
      expect(opened.artefact(second, 'scores.bin')).toEqual(Buffer.from('scores'));
      expect(readdirSync(opened.jobFolder(newKeyOf(evaluation)))).toEqual(['record.json']);
      expect(readdirSync(join(store, 'runs')).sort()).toEqual([...olds.map(newKeyOf), 'notes'].sort());
    }));

  it('does nothing to a store that is up to date, or to nothing', () =>
    inFolder(store => {
      const nothing: Migration = { moved: new Map(), left: [] };
      expect(migrateStore(join(store, 'none'))).toEqual(nothing);
      expect(existsSync(join(store, 'none'))).toBe(false);
      writeOld(store, token);
      expect(migrateStore(store).moved.size).toBe(1);
      const before = snapshot(store);
      expect(migrateStore(store)).toEqual(nothing);
      expect(snapshot(store)).toEqual(before);
    }));

  it('goes on where it was interrupted: after a rewrite, after a rename, before the mark', () =>
    inFolder(folder => {
      const whole = join(folder, 'whole');
      for (const old of oldRecords) writeOld(whole, old);
      const start = join(folder, 'start');
      cpSync(whole, start, { recursive: true });
      migrateStore(whole);
      const interruptions: ((store: string) => void)[] = [
        store => {
          const record = join(store, 'runs', token.key, 'record.json'); // rewritten, not renamed
          writeFileSync(record, readFileSync(join(whole, 'runs', newKeyOf(token), 'record.json')));
        },
        store => {
          rmSync(join(store, 'runs', token.key), { recursive: true }); // renamed
          cpSync(join(whole, 'runs', newKeyOf(token)), join(store, 'runs', newKeyOf(token)), {
            recursive: true,
          });
        },
        store => {
          rmSync(join(store, 'runs'), { recursive: true }); // all of them
          cpSync(join(whole, 'runs'), join(store, 'runs'), { recursive: true });
        },
        store => writeFileSync(join(store, 'runs', deep.key, 'record.json.77.tmp'), '{'), // while writing
      ];
      for (const [i, interrupt] of interruptions.entries()) {
        const store = join(folder, `interrupted-${i}`);
        cpSync(start, store, { recursive: true });
        interrupt(store);
        expect(storeVersion(store)).toBe(1);
        expect(migrateStore(store).left).toEqual([]);
        const { [`runs/${newKeyOf(deep)}/record.json.77.tmp`]: _, ...files } = snapshot(store);
        expect(files).toEqual(snapshot(whole));
      }
    }));

  it('leaves what is damaged where it is, with the reason, and brings the rest up', () =>
    inFolder(store => {
      const edited = { ...plain, result: { ...plain.result, testError: 1 } };
      const damaged: [string, string, string][] = [
        [writeOld(store, edited), JSON.stringify(edited), 'result.measures.testError is 1, but'],
        [writeOld(store, { key: 'a'.repeat(64) }), '{"schema": 1, "ke', 'half-written'],
        [
          writeOld(store, { key: 'b'.repeat(64) }),
          JSON.stringify({ ...deep, schema: 1 }),
          'not of version 1 and this key',
        ],
        [
          writeOld(store, { key: 'c'.repeat(64) }),
          JSON.stringify({ schema: 7, key: 'c'.repeat(64) }),
          'not of version 1',
        ],
        [writeOld(store, { key: 'd'.repeat(64) }), JSON.stringify({ schema: 1, key: 'd'.repeat(64) }), ''],
        [writeOld(store, { key: 'e'.repeat(64) }), 'null', ''],
      ];
      for (const [folder, text] of damaged) writeFileSync(join(folder, 'record.json'), text);
      mkdirSync(join(store, 'runs', 'f'.repeat(64))); // nothing but an empty folder
      writeFileSync(join(store, 'runs', '0'.repeat(64)), 'a file where a folder belongs');
      writeOld(store, token);
      const { moved, left } = migrateStore(store);
      expect([...moved.keys()]).toEqual([token.key]);
      expect(left).toHaveLength(damaged.length + 1);
      for (const [folder, text, why] of damaged) {
        expect(left.find(each => each.folder === folder)!.why).toContain(why);
        expect(readFileSync(join(folder, 'record.json'), 'utf8')).toBe(text);
      }
      expect(left.find(({ folder }) => folder.endsWith('f'.repeat(64)))!.why).toBe(
        'it holds neither a record nor a checkpoint',
      );
      const { records } = openStore(store).list();
      expect(records.map(({ key }) => key)).toEqual([newKeyOf(token)]);
    }));

  it('refuses a store that a process works on, and changes nothing of it', () =>
    inFolder(store => {
      writeOld(store, token);
      const folder = writeOld(store, deep);
      const lock = tryLock(folder) as RunLock;
      const before = snapshot(store);
      expect(() => migrateStore(store)).toThrow(UserError);
      expect(() => migrateStore(store)).toThrow(folder);
      expect(() => migrateStore(store)).toThrow(`process ${process.pid} is working on this run`);
      expect(snapshot(store)).toEqual(before);
      lock.release();
      expect(migrateStore(store).moved.size).toBe(2);
    }));
});

describe('a checkpoint of version 1', () => {
  const identity = identityOf();
  const oldKey = keyIn1(identity);
  const candidates: Candidates = new Map([[oldKey, { identity, asked: null }]]);

  /** A store of version 1 with a training that was stopped after 7 iterations. */
  async function stopped(store: string): Promise<string> {
    const order = orderFor(store, identity);
    await runHere(order, (message, stop) => {
      if (message.type === 'checkpointed' && message.done === 7) stop();
    });
    const folder = join(store, 'runs', oldKey);
    renameSync(openStore(store).jobFolder(order.key), folder);
    rmSync(join(store, 'store.json'));
    turnIntoOld(folder, order.key, oldKey);
    return folder;
  }

  const whole = () => inFolder(async store => (await runHere(orderFor(store, identity)))!.record.result);

  /** Runs on from a migrated checkpoint and expects the end of a training that was never stopped. */
  async function expectResumed(store: string): Promise<void> {
    const started: number[] = [];
    const { record, how } = (await runHere(orderFor(store, identity), message => {
      if (message.type === 'started') started.push(message.done);
    }))!;
    expect([started, how]).toEqual([[8], 'resumed']);
    const { determinism, ...result } = record.result;
    const { determinism: _, ...expected } = await whole();
    expect(result).toEqual(expected);
    expect(determinism.tier).toBe('D3');
    expect(determinism.evidence).toMatch(/^resumed under other code: unknown; then /);
    expect(record.provenance.code).toHaveLength(2);
    expect(record.provenance.code[0]).toMatchObject({
      sources: null,
      commit: null,
      unknown: 'the checkpoint was written before it was recorded',
    });
    expect(openStore(store).record(record.key)).toEqual(record);
  }

  it('is brought up, and its training ends as if it had never been stopped, but says that other code began it', () =>
    inFolder(async store => {
      await stopped(store);
      const { moved, left } = migrateStore(store, candidates);
      expect([Object.fromEntries(moved), left]).toEqual([{ [oldKey]: jobKey(identity) }, []]);
      expect(openStore(store).done(jobKey(identity))).toBe(8);
      await expectResumed(store);
    }));

  it('is left where nobody knows what it is of', () =>
    inFolder(async store => {
      const folder = await stopped(store);
      const before = snapshot(folder);
      const { moved, left } = migrateStore(store);
      expect(moved.size).toBe(0);
      expect(left).toEqual([
        { folder, why: 'its checkpoint is of no network and profile of the experiments that are here' },
      ]);
      expect(snapshot(folder)).toEqual(before);
    }));

  it('that is damaged, or of another job, is left', () =>
    inFolder(async store => {
      const folder = await stopped(store);
      const file = join(folder, 'checkpoint.bin');
      const content = readFileSync(file);
      const other = join(store, 'runs', keyIn1(identityOf(tinySpec, 'reference', 2)));
      cpSync(folder, other, { recursive: true });
      content[content.length - 1]! ^= 1;
      writeFileSync(file, content);
      const both: Candidates = new Map([
        ...candidates,
        [
          keyIn1(identityOf(tinySpec, 'reference', 2)),
          { identity: identityOf(tinySpec, 'reference', 2), asked: null },
        ],
      ]);
      const { left } = migrateStore(store, both);
      expect(Object.fromEntries(left.map(each => [each.folder, each.why]))).toEqual({
        [folder]: 'its checkpoint is damaged or of another version',
        [other]: 'its checkpoint belongs to another run',
      });
      expect(readFileSync(file)).toEqual(content);
    }));

  it('that was being rewritten when it was interrupted is brought up by the next try', () =>
    inFolder(async folder => {
      const done = join(folder, 'done');
      await stopped(done);
      const start = join(folder, 'start');
      cpSync(done, start, { recursive: true });
      migrateStore(done, candidates);
      const migrated = openStore(done).jobFolder(jobKey(identity));
      const files = ['checkpoint.bin', 'events.jsonl'].map(name => join(migrated, name)) as [string, string];
      const interruptions: ((job: string) => void)[] = [
        job => cpSync(files[1], join(job, 'events.jsonl.next')), // the events are written, not the checkpoint
        job => {
          cpSync(files[1], join(job, 'events.jsonl.next')); // both are, the events do not have their name
          cpSync(files[0], join(job, 'checkpoint.bin'));
        },
        job => {
          cpSync(files[1], join(job, 'events.jsonl')); // all but the folder's name
          cpSync(files[0], join(job, 'checkpoint.bin'));
        },
      ];
      for (const [i, interrupt] of interruptions.entries()) {
        const store = join(folder, `interrupted-${i}`);
        cpSync(start, store, { recursive: true });
        interrupt(join(store, 'runs', oldKey));
        expect(migrateStore(store, candidates).left).toEqual([]);
        expect(readdirSync(openStore(store).jobFolder(jobKey(identity))).sort()).toEqual([
          'checkpoint.bin',
          'events.jsonl',
        ]);
        await expectResumed(store);
      }
    }));
});
