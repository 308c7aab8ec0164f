import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { resealed } from '../../harness/record/records.fixture.ts';
import type { JobRecord } from '../../harness/record/types.ts';
import { type BadInput, badInputs } from './inputs.fixture.ts';
import { broken, jobOf, table6, twoRecords } from './stores.fixture.ts';

type Change = (file: string) => unknown;
type Loose = JobRecord & Record<string, unknown>;

/** Replaces what is at the path of the record. */
const instead =
  (make: Change): Change =>
  file => {
    rmSync(file);
    make(file);
  };
const text =
  (content: string | Buffer): Change =>
  file =>
    writeFileSync(file, content);
const edited =
  (edit: (record: Loose) => unknown): Change =>
  file => {
    const record = JSON.parse(readFileSync(file, 'utf8')) as Loose;
    const changed = edit(record);
    writeFileSync(file, JSON.stringify(changed === undefined ? record : changed));
  };
const without = (name: string) => edited(record => void delete record[name]);
const set = (path: string, value: unknown) =>
  edited(record => {
    const keys = path.split('.');
    const last = keys.pop()!;
    const parent = keys.reduce<Record<string, unknown>>(
      (value, key) => value[key] as Record<string, unknown>,
      record,
    );
    parent[last] = value;
  });
const result = (change: (result: JobRecord['result']) => Partial<JobRecord['result']>) =>
  edited(record => resealed(record, change(record.result)));

const half = /it is half-written or was edited: "/;

// biome-ignore format: a table, one kind of record a line
const kinds: readonly (readonly [what: string, change: Change, why: RegExp])[] = [
  ['that is empty', text(''), half],
  ['that is half-written', file => writeFileSync(file, readFileSync(file).subarray(0, 300)), half],
  ['that is text', text('see the other store\n'), half],
  ['that is a page of HTML', text('<!doctype html>'), half],
  ['with a comma too many', file => writeFileSync(file, readFileSync(file, 'utf8').replace(/\}\s*$/, ',}')), half],
  ['with the marks of a merge', file => writeFileSync(file, `<<<<<<< HEAD\n${readFileSync(file, 'utf8')}=======\n`), half],
  ['with a byte order mark', file => writeFileSync(file, `\uFEFF${readFileSync(file, 'utf8')}`), half],
  ['in UTF-16', file => writeFileSync(file, Buffer.from(readFileSync(file, 'utf8'), 'utf16le')), half],
  ['of zero bytes', text(Buffer.alloc(4096)), half],
  ['of escape codes', text('\u001b[2J\u001b[31m'), half],
  ['with NaN', file => writeFileSync(file, readFileSync(file, 'utf8').replace(/"seconds": [\d.]+/, '"seconds": NaN')), half],
  ['that is null', text('null'), /record: expected object, received null/],
  ['that is a list', text('[]'), /record: expected object, received \[\]/],
  ['that is a number', text('6.43'), /record: expected object, received 6\.43/],
  ['of nothing', text('{}'), /record: missing key "version"/],
  ['nested without end', text(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), /record: expected object|nested too deeply/],
  ['nested without end in its spec', file => writeFileSync(file, readFileSync(file, 'utf8').replace('"spec": {', `"spec": { "deep": ${'['.repeat(20_000)}${']'.repeat(20_000)}, `)), /identity\.spec\.deep: unknown key|nested too deeply/],
  ['of an earlier version', set('version', 1), /record\.version: expected 2, received 1/],
  ['of a later version', set('version', 3), /record\.version: expected 2, received 3/],
  ['of a version in words', set('version', '2'), /record\.version: expected 2, received "2"/],
  ['without a key', without('key'), /record: missing key "key"/],
  ['without an identity', without('identity'), /record: missing key "identity"/],
  ['without a result', without('result'), /record: missing key "result"/],
  ['without a digest', without('resultSha256'), /record: missing key "resultSha256"/],
  ['without its origin', without('provenance'), /record: missing key "provenance"/],
  ['with a key too many', set('comment', 'mine'), /record\.comment: unknown key "comment"/],
  ['with a key of JavaScript', file => writeFileSync(file, readFileSync(file, 'utf8').replace('{', '{"__proto__": {}, ')), /record\.__proto__: unknown key "__proto__"/],
  ['with an escape code for a key', set('\u001b[31m', 1), /record\.\\u001b\[31m: unknown key "\\u001b\[31m"/],
  ['of another job', file => writeFileSync(file, readFileSync(file.replace(broken.key, jobOf('ResNet-32').key))), /it is the record of another job, [0-9a-f]{12}/],
  ['with another job in it', edited(record => void (record.identity = jobOf('ResNet-32').identity)), /its identity is not the one that its key stands for/],
  ['with another seed', set('identity.seed', 2), /its identity is not the one that its key stands for/],
  ['with a seed of zero', set('identity.seed', 0), /identity\.seed: expected integer, at least 1, received 0/],
  ['with an empty identity', set('identity', {}), /record\.identity: /],
  ['with an empty spec', set('identity.spec', {}), /identity\.spec: missing key/],
  ['of another task', set('identity.task', 'segmentation'), /identity\.task: expected "classification", "detection" or "localisation", received "segmentation"/],
  ['of another kind', set('identity.kind', 'test'), /identity\.kind: expected "train", received "test"/],
  ['with an empty result', set('result', {}), /record\.result: missing key "measures"/],
  ['with a better error', set('result.measures.testError', 6.43), /its result is not the one that it was written with \(resultSha256\)/],
  ['with a better error and its digest', result(({ measures }) => ({ measures: { ...measures, testError: 6.43 } })), /testError/],
  ['with a negative error', result(({ measures }) => ({ measures: { ...measures, testError: -1 } })), /result\.measures\.testError: expected 0 to 100%, received -1/],
  ['with an error above all', result(({ measures }) => ({ measures: { ...measures, testError: 101 } })), /result\.measures\.testError: expected 0 to 100%, received 101/],
  ['with an error in words', set('result.measures.testError', '8.75'), /result\.measures\.testError: expected number, received "8\.75"/],
  ['with an error of null', set('result.measures.testError', null), /result\.measures\.testError: expected number, received null/],
  ['with a measure that nobody knows', result(({ measures }) => ({ measures: { ...measures, accuracy: 99 } })), /unknown measure "accuracy"/],
  ['with a measure of an escape code', result(({ measures }) => ({ measures: { ...measures, '\u001b[2J': 1 } })), /unknown measure "\\u001b\[2J"/],
  ['with curves that are none', set('result.curves', []), /record\.result\.curves: expected object, received \[\]/],
  ['with a point of no place', set('result.curves.test', [{ error: 1 }]), /result\.curves\.test\.0: missing key "at"/],
  ['with a digest that is none', set('resultSha256', 'x'), /record\.resultSha256: expected string, matching/],
  ['with an artefact of no digest', set('result.artefacts', { 'scores.bin': 1 }), /result\.artefacts\.scores\.bin: expected string/],
  ['with a time that is none', set('provenance.startedAt', 'yesterday'), /provenance\.startedAt: expected string, matching/],
  ['without code', set('provenance.code', []), /provenance\.code: expected array, 1 to 1000 items/],
  ['with a commit of escape codes', set('provenance.code', [{ commit: '\u001b[31m' }]), /provenance\.code\.0/],
  ['of no engine', set('provenance.session', null), /provenance\.session: expected object, received null/],
  ['asked for by a number', set('asked', 3), /record\.asked: expected null or object, received 3/],
];

const unusable = /^\S+\/record\.json: cannot be used as a record, /;
const aside = /mv \S+\/record\.json \S+\/record\.json\.bad {3}# the run is then computed again$/;
const others = {
  ls: /ResNet-32 +1 +50\.00%/,
  status: /ResNet-20 .* ! unusable[\s\S]*ResNet-32 .* ✓ finished[\s\S]*1 unusable$/m,
};

/** A command that shows all but the broken record, one in turn that shows that one alone, and what each still shows. */
function commands(place: number): Partial<BadInput>[] {
  const rows: Partial<BadInput>[] = [
    { run: `show ${broken.key.slice(0, 12)} --store @/s` },
    { run: `plan ${table6}`, shows: /ResNet-20 .* ! unusable[\s\S]*ResNet-32 .* ✓ finished/ },
    {
      run: `reproduce ${table6} --rows ResNet-20`,
      shows: /nothing to run: 0 of 1 run finished, 1 unusable[\s\S]*Records left out/,
      writes: /^s\/rendered/,
    },
  ];
  return [
    place % 2 === 0
      ? { run: 'ls --store @/s', shows: others.ls }
      : { run: `status ${table6}`, shows: others.status },
    rows[place % 3]!,
  ];
}

describe('a record', () => {
  badInputs(
    kinds.flatMap(([what, change, why], place) =>
      commands(place).map((row): BadInput => {
        const [verb] = String(row.run).split(' ');
        const make = (at: string) => change(join(twoRecords(at), 'record.json'));
        const says = new RegExp(`${unusable.source}.*${why.source}`);
        return { what: `${what}: ${verb}`, make, says, fix: aside, ...row } as BadInput;
      }),
    ),
  );
});

const fifo = (file: string) => execFileSync('mkfifo', [file]);
type Place = readonly [what: string, make: Change, why: RegExp, asNobody?: boolean];

/** What may lie in the place of a file. */
function kindsOfPlaces(name: string): readonly Place[] {
  return [
    ['a folder', file => mkdirSync(file), /it is a folder, not a file/],
    ['a pipe', fifo, /it is a pipe or a device, not a file/],
    ['a device', file => symlinkSync('/dev/zero', file), /it is a pipe or a device, not a file/],
    [
      'a link to nothing',
      file => symlinkSync('/nowhere', file),
      /\S+ is a link to \/nowhere, which is not here/,
    ],
    ['a link to itself', file => symlinkSync(name, file), /its links lead in a circle/],
    ['what nobody may read', file => writeFileSync(file, 'x', { mode: 0 }), /permission denied/, true],
  ];
}

describe('in the place of a record', () => {
  badInputs(
    kindsOfPlaces('record.json').flatMap(([what, change, why, asNobody = false], place) =>
      [...commands(place), { run: 'ls --store @/s', shows: others.ls }].map((row): BadInput => {
        const [verb] = String(row.run).split(' ');
        const make = (at: string) => instead(change)(join(twoRecords(at), 'record.json'));
        const says = new RegExp(`^\\S+/record\\.json: cannot be read, ${why.source}\\.$`);
        const exit = verb === 'show' ? 4 : 2;
        return { what: `${what}: ${verb}`, make, says, fix: /ls -ld/, exit, asNobody, ...row } as BadInput;
      }),
    ),
  );
});

// biome-ignore format: a table, one kind of folder a line
describe('in the place of the folder of a run', () => {
  const places: readonly Place[] = [
    ['a file', folder => writeFileSync(folder, ''), /a part of its path is a file, not a folder/],
    ['a link to nothing', folder => symlinkSync('/nowhere', folder), /\S+ is a link to \/nowhere, which is not here/],
    ['a link to itself', folder => symlinkSync(broken.key, folder), /its links lead in a circle/],
    ['what nobody may enter', folder => mkdirSync(folder, { mode: 0 }), /permission denied/, true],
  ];
  badInputs(
    places.flatMap(([what, put, why, asNobody = false]) =>
      [{ run: 'ls --store @/s', shows: others.ls }, { run: `status ${table6}`, shows: others.status }].map((row): BadInput => {
        const make = (at: string) => {
          const folder = twoRecords(at);
          rmSync(folder, { recursive: true });
          put(folder);
        };
        const says = new RegExp(`^\\S+/record\\.json: cannot be read, ${why.source}\\.$`);
        return { what: `${what}: ${row.run.split(' ')[0]}`, make, says, fix: /ls -ld/, asNobody, ...row };
      }),
    ),
  );
});

const head = (header: object) => `residuals-checkpoint 2 ${'0'.repeat(64)}\n${JSON.stringify(header)}\n`;
const { key } = broken;

// biome-ignore format: a table, one kind of checkpoint a line
const checkpoints: readonly (readonly [what: string, content: string | Buffer, why: RegExp])[] = [
  ['that is empty', '', /it does not begin with "residuals-checkpoint"/],
  ['of text', 'checkpoint\n', /it does not begin with "residuals-checkpoint"/],
  ['of zeros', Buffer.alloc(4096), /it does not begin with "residuals-checkpoint"/],
  ['of PyTorch', 'PK\u0003\u0004archive/data.pkl', /it does not begin with "residuals-checkpoint"/],
  ['of an earlier version', `residuals-checkpoint 1 ${'0'.repeat(64)}\n{}\n`, /it is of version 1, this code reads 2/],
  ['of a later version', `residuals-checkpoint 3 ${'0'.repeat(64)}\n{}\n`, /it is of version 3, this code reads 2/],
  ['of a version of escape codes', 'residuals-checkpoint \u001b[31m 0\n{}\n', /it is of version \\u001b\[31m, this code reads 2/],
  ['of its first line', `residuals-checkpoint 2 ${'0'.repeat(64)}`, /its header cannot be read/],
  ['with a header that is none', `residuals-checkpoint 2 ${'0'.repeat(64)}\nheader\n`, /its header cannot be read/],
  ['with a header of null', `residuals-checkpoint 2 ${'0'.repeat(64)}\nnull\n`, /its header cannot be read/],
  ['of another run', head({ key: '0'.repeat(64), done: 3 }), /it belongs to another run: expected key [0-9a-f]{12}, found 0{12}/],
  ['of no run', head({ done: 3 }), /it belongs to another run: .* found nothing/],
  ['without a count', head({ key }), /its header cannot be read/],
  ['of a count in words', head({ key, done: '3' }), /its header cannot be read/],
  ['of less than nothing', head({ key, done: -3 }), /its header cannot be read/],
];

/** Puts something in the place of the checkpoint of a run that has no record. */
const unfinished = (make: Change) => (at: string) => {
  const folder = twoRecords(at);
  rmSync(join(folder, 'record.json'));
  return make(join(folder, 'checkpoint.bin'));
};
const states = { run: `status ${table6}`, shows: others.status };

describe('a checkpoint', () => {
  badInputs(
    checkpoints.map(([what, content, why], place) => ({
      what,
      make: unfinished(text(content)),
      says: new RegExp(`^\\S+/checkpoint\\.bin: cannot resume from this checkpoint, ${why.source}`),
      fix: /mv \S+\/checkpoint\.bin \S+\.bad {3}# the run then starts again$/,
      ...(place % 2 === 0
        ? states
        : { run: `plan ${table6}`, shows: /ResNet-20 .* ! unusable[\s\S]*ResNet-32 .* ✓ finished/ }),
    })),
  );
  badInputs(
    kindsOfPlaces('checkpoint.bin').map(([what, make, why, asNobody = false]) => ({
      what: `that is ${what}`,
      make: unfinished(make),
      says: new RegExp(`^\\S+/checkpoint\\.bin: cannot be read, ${why.source}\\.$`),
      asNobody,
    })),
    { ...states, fix: /ls -ld/ },
  );
  badInputs([
    {
      what: 'of a run that is to be made: reproduce',
      make: unfinished(text('x')),
      run: `reproduce ${table6} --rows ResNet-20`,
      says: /^\S+\/checkpoint\.bin: cannot resume from this checkpoint, it does not begin with/,
      shows: /nothing to run: 0 of 1 run finished, 1 unusable/,
      writes: /^s\/rendered/,
    },
  ]);
});
