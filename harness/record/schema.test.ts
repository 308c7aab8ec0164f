import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, inFolder, orderFor, runHere, tinySpec } from '../execute/jobs.fixture.ts';
import type { TrainSpec } from '../tasks/classification/spec.ts';
import { digestOf, jobKey } from './keys.ts';
import { evaluationIdentity, recordOf, resealed } from './records.fixture.ts';
import { explicit, recordProblem } from './schema.ts';
import { openStore } from './store.ts';
import type { JobRecord } from './types.ts';

const spec: TrainSpec = {
  ...tinySpec,
  evaluation: { ...tinySpec.evaluation, tests: [{ name: 'tenCrop', pad: 1 }] },
};
const record = recordOf(identityOf(spec));
const evaluation = recordOf(evaluationIdentity(tinySpec));
const { key } = record;

/** The record with the value at a dotted path replaced; `undefined` removes it. */
function edited(path: string, value: unknown, of: JobRecord = record): JobRecord {
  const copy = structuredClone(of) as unknown as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop()!;
  let inside = copy;
  for (const step of steps) inside = inside[step] as Record<string, unknown>;
  if (value === undefined) delete inside[last];
  else inside[last] = value;
  return copy as unknown as JobRecord;
}

/** The same for the result, with a new digest of it. */
function reedited(path: string, value: unknown, of: JobRecord = record): JobRecord {
  return resealed(edited(`result.${path}`, value, of), {});
}

const curve = record.result.curves.test!;

describe('a record', () => {
  it('is accepted as it was written, of trainings and of evaluations', async () => {
    expect(recordProblem(record, key)).toBeNull();
    expect(recordProblem(evaluation, evaluation.key)).toBeNull();
    const { record: real } = (await inFolder(store => runHere(orderFor(store))))!;
    expect(recordProblem(JSON.parse(JSON.stringify(real)), real.key)).toBeNull();
  });

  it.each<[string, unknown, string]>([
    [
      'a changed measure',
      edited('result.measures.testError', 6.43),
      'not the one that it was written with (resultSha256)',
    ],
    ['a changed curve', edited('result.curves.test.0.error', 6.43), 'resultSha256'],
    ['a better tier', edited('result.determinism.evidence', 'I saw it'), 'resultSha256'],
    ['another digest', edited('resultSha256', '1'.repeat(64)), 'resultSha256'],
    ['a changed seed', edited('identity.seed', 2), 'its identity is not the one that its key stands for'],
    ['a changed setting', edited('identity.spec.schedule.rate', 0.1), 'its identity is not the one'],
    ['other data', edited('identity.inputs.data', 'other'), 'its identity is not the one'],
    ['another backend', edited('identity.backend', 'onnxruntime'), 'its identity is not the one'],
    ['a test less', edited('identity.spec.evaluation.tests', []), 'its identity is not the one'],
    ['the identity of another job', edited('identity', evaluation.identity), 'its identity is not the one'],
    [
      'the key of another job',
      edited('key', evaluation.key),
      `it is the record of another job, ${evaluation.key.slice(0, 12)}`,
    ],
    ['another job', evaluation, 'it is the record of another job'],
    ['a surrogate half in its identity', edited('identity.backend', '\ud800'), 'its identity is not the one'],
    ['a surrogate half in its result', edited('result.determinism.evidence', '\ud800'), 'resultSha256'],
    ['one in a name', edited('result.facts', { '\ud800': 1 }), 'resultSha256'],
  ])('with %s is refused', (_, value, why) => {
    expect(recordProblem(JSON.parse(JSON.stringify(value)), key)).toContain(why);
  });

  it.each<[string, unknown, string]>([
    ['no object', 12, 'record: expected object, received 12'],
    ['an empty identity', edited('identity', {}), 'record.identity: missing key "version"'],
    ['an empty provenance', edited('provenance', {}), 'record.provenance: missing key "command"'],
    ['an empty result', edited('result', {}), 'record.result: missing key "measures"'],
    ['an empty spec', edited('identity.spec', {}), 'identity.spec: missing key "data"'],
    ['no identity', edited('identity', undefined), 'record: missing key "identity"'],
    [
      'no session',
      edited('provenance.session', null),
      'record.provenance.session: expected object, received null',
    ],
    ['no code', edited('provenance.code', []), 'record.provenance.code: expected array, 1 to 1000 items'],
    ['more than a record has', edited('extra', 1), 'record.extra: unknown key "extra"'],
    [
      'text where a number belongs',
      edited('result.measures.testError', '8.75'),
      'record.result.measures.testError: expected number, received "8.75"',
    ],
    [
      'null where a number belongs',
      edited('provenance.seconds', null),
      'record.provenance.seconds: expected number',
    ],
    ['a number where text belongs', edited('network', 20), 'record.network: expected string'],
    ['half a seed', edited('identity.seed', 1.5), 'record.identity.seed: expected integer'],
    ['no seed', edited('identity.seed', 0), 'record.identity.seed: expected integer, at least 1'],
    [
      'an unknown task',
      edited('identity.task', 'segmentation'),
      'record.identity.task: expected "classification"',
    ],
    ['an unknown kind', edited('identity.kind', 'dream'), 'record.identity.kind: expected "train"'],
    ['a task by an inherited name', edited('identity.task', 'constructor'), 'record.identity.task: expected'],
    [
      'a time that is none',
      edited('provenance.startedAt', 'yesterday'),
      'record.provenance.startedAt: expected string, matching',
    ],
    [
      'a short digest',
      edited('result.digests.state', 'abc'),
      'record.result.digests.state: expected string, matching',
    ],
    [
      'an unknown tier',
      edited('result.determinism.tier', 'D0'),
      'record.result.determinism.tier: expected "D1", "D2" or "D3"',
    ],
    [
      'a point without its place',
      edited('result.curves.test.0', { error: 1 }),
      'record.result.curves.test.0: missing key "at"',
    ],
    [
      'a curve that is no list',
      edited('result.curves.test', { 0: 1 }),
      'record.result.curves.test: expected array',
    ],
    [
      'negative time',
      edited('provenance.seconds', -1),
      'record.provenance.seconds: expected number, at least 0',
    ],
    [
      'a wrong setting',
      edited('identity.spec.schedule.divisor', 'ten'),
      'identity.spec.schedule.divisor: expected number',
    ],
    [
      'an unknown setting',
      edited('identity.spec.schedule.decay', 1),
      'identity.spec.schedule.decay: unknown key "decay"',
    ],
  ])('with %s is refused, and the place is named', (_, value, why) => {
    expect(recordProblem(JSON.parse(JSON.stringify(value)), key)).toContain(why);
  });

  it.each<[string, JobRecord, string]>([
    [
      'an error above 100 %',
      reedited('measures.trainError', 100.5),
      'result.measures.trainError: expected 0 to 100%, received 100.5',
    ],
    [
      'a negative error',
      reedited('measures.trainError', -0.5),
      'result.measures.trainError: expected 0 to 100%',
    ],
    [
      'a negative loss',
      reedited('measures.trainLoss', -1),
      'result.measures.trainLoss: expected no negative value, received -1',
    ],
    ['an unknown measure', reedited('measures.mAP', 50), 'result.measures: unknown measure "mAP"'],
    [
      'a measure by an inherited name',
      reedited('measures.constructor', 50),
      'result.measures: unknown measure',
    ],
    ['a measure missing', reedited('measures.trainLoss', undefined), 'result.measures: trainLoss is missing'],
    [
      'a measure that is not of its spec',
      reedited('measures', { ...record.result.measures, 'multiScale.top1': 1 }),
      'result.measures: multiScale.top1 is not measured by this spec',
    ],
    [
      'more top-5 errors than top-1 errors',
      resealed(record, { measures: { ...record.result.measures, 'tenCrop.top5': 51 } }),
      'result.measures: tenCrop.top5 is larger than the top-1 error',
    ],
    [
      'a measure that its curve contradicts',
      reedited('measures.testError', 6.43),
      'result.measures.testError is 6.43, but the test curve ends at 50',
    ],
    ['a loss that its curve contradicts', reedited('measures.testLoss', 0.1), 'but the test curve ends at'],
    [
      'a curve that ends early',
      reedited('curves.test', curve.slice(0, -1)),
      'result.curves.test: it does not end after iteration 12',
    ],
    ['no curve', reedited('curves.train', undefined), 'result.curves.train: it does not end'],
    [
      'a curve out of order',
      reedited('curves.test', [...curve].reverse()),
      'result.curves.test: its points are not in the order',
    ],
    [
      'a point twice',
      reedited('curves.test', [...curve, curve.at(-1)]),
      'result.curves.test: its points are not in the order',
    ],
    [
      'a point without an error',
      reedited('curves.train', [{ at: 12, loss: 1 }]),
      'result.curves.train: its points are not in the order',
    ],
    [
      'no responses though they were to be measured',
      reedited('curves.responses', undefined),
      'result.curves.responses: expected a curve',
    ],
  ])('with %s is refused, however well its digest was renewed', (_, value, why) => {
    expect(value.resultSha256).toBe(digestOf(value.result));
    expect(recordProblem(JSON.parse(JSON.stringify(value)), key)).toContain(why);
  });

  it.each<[string, JobRecord, string]>([
    [
      'a measure missing',
      reedited('measures', { 'single.top1': 1, 'single.top5': 1 }, evaluation),
      'tenCrop.top1 is missing',
    ],
    [
      'a measure of trainings',
      reedited('measures.testError', 1, evaluation),
      'testError is not measured by this spec',
    ],
    [
      'more top-5 errors',
      resealed(evaluation, { measures: { ...evaluation.result.measures, 'single.top5': 26 } }),
      'single.top5 is larger',
    ],
  ])('of an evaluation with %s is refused', (_, value, why) => {
    expect(recordProblem(JSON.parse(JSON.stringify(value)), evaluation.key)).toContain(why);
  });

  it('cannot make a message that a terminal obeys', () => {
    const red = '\u001b[31mred';
    const changes = [
      reedited('measures', { [red]: 1 }),
      edited(`extra${red}`, 1),
      edited('network', [red]),
      edited(`identity.spec.${red}`, 1),
      edited('identity.task', red),
    ];
    for (const change of changes) {
      const problem = recordProblem(JSON.parse(JSON.stringify(change)), key)!;
      expect(problem).toContain('\\u001b');
      expect(problem).not.toContain('\u001b');
    }
  });

  it('that lacks what is at its default is as good as one that has it', () => {
    const { statisticsBatches: _, ...rest } = spec.evaluation;
    const older = edited('identity.spec.evaluation', rest);
    expect(recordProblem(older, key)).toBeNull();
    expect(explicit(older.identity)).toEqual(record.identity);
    const { tests: __, ...without } = tinySpec.evaluation;
    const untested = recordOf(identityOf());
    expect(recordProblem(edited('identity.spec.evaluation', without, untested), untested.key)).toBeNull();
  });

  it('is refused or unharmed, and never makes anything throw, whatever is changed in it', () => {
    const text = JSON.stringify(record);
    const places = [...placesIn(record)];
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.oneof(fc.jsonValue(), fc.constantFrom('__proto__', 1e308, -0, 1e-320, '\ud800', {}, [], [[]])),
        (path, value) => {
          const changed = JSON.parse(JSON.stringify(edited(path, value))) as JobRecord;
          const problem = recordProblem(changed, key);
          if (problem !== null || JSON.stringify(changed) === text) return;
          // What says where and how it ran is not sealed; identity and result are.
          expect(jobKey(changed.identity)).toBe(key);
          expect(changed.result).toEqual(record.result);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('records edited by hand in a store', () => {
  it('are named, with the way out, and left out; the others are used', () =>
    inFolder(folder => {
      const store = openStore(folder);
      const good = recordOf(identityOf(tinySpec, 'reference', 7));
      store.write(record);
      store.write(good);
      const file = join(store.jobFolder(key), 'record.json');
      const text = readFileSync(file, 'utf8').replace('"testError": 50', '"testError": 6.43');
      writeFileSync(file, text);
      const { records, unusable } = store.list();
      expect(records).toEqual([good]);
      expect(unusable).toEqual([
        {
          key,
          problem: `${file}: cannot be used as a record, its result is not the one that it was written with (resultSha256). Nothing was overwritten.`,
          fix: `mv ${file} ${file}.bad   # the run is then computed again`,
        },
      ]);
      expect(() => store.record(key)).toThrow(unusable[0]!.problem);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }));
});

/** Dotted paths of everything in a value. */
function* placesIn(value: unknown, path: string[] = []): Generator<string> {
  if (path.length > 0) yield path.join('.');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value))
    if (!name.includes('.')) yield* placesIn(inner, [...path, name]);
}
