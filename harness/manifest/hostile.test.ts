import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDuplicates, parseJson } from './files/json.ts';
import { parseYaml } from './files/yaml.ts';
import { copyOf, edit, temporaryFolder, tiny, userError } from './fixtures.ts';
import { loadTargets, targetNames, validateExperiment } from './load.ts';

const folder = temporaryFolder();

/** A copy of the tiny experiment whose table is replaced by a text. */
function withTable(text: string): string {
  const experiment = copyOf(tiny, folder);
  writeFileSync(join(experiment, 'errors.yaml'), text);
  return experiment;
}

const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1}, `.repeat(9) : 1}]`);
const chain = Array.from({ length: 40 }, (_, i) => `a${i}: &a${i} [[${i ? `*a${i - 1}` : 1}]]`);

describe('a YAML file that cannot be read is one error with file and line', () => {
  // biome-ignore format: a table, one file a line
  it.each<[string, string, RegExp]>([
    ['an alias of nothing', 'kind: table\nrows: *rows\n', /errors\.yaml:2:7 {2}not valid YAML: nothing before it is called &rows/],
    ['an alias of itself', 'kind: table\nrows: &rows\n  - *rows\n', /errors\.yaml:3:5 {2}not valid YAML: \*rows is inside of what it stands for/],
    ['aliases of ever more aliases', bomb.join('\n'), /errors\.yaml:\d+:\d+ {2}not valid YAML: its aliases stand for more than 1,000,000 values/],
    ['aliases of ever deeper aliases', chain.join('\n'), /errors\.yaml:\d+:\d+ {2}not valid YAML: nested more than 64 levels deep/],
    ['thousands of aliases', `a: &a 1\nb: [${'*a, '.repeat(1001)}]`, /errors\.yaml:2:\d+ {2}not valid YAML: more than 1000 aliases/],
    ['two documents', 'kind: table\n---\nkind: figure\n', /errors\.yaml:2:1 {2}not valid YAML: a second document begins here, expected one/],
    ['a key given twice', 'kind: table\nkind: figure\n', /errors\.yaml:2:1 {2}not valid YAML: the key "kind" is given twice/],
    ['a number and a text as one key', 'rows: { 1: a, "1": b }\n', /errors\.yaml:1:15 {2}not valid YAML: the key "1" is given twice/],
    ['a list as a key', '? [a, b]\n: 1\n', /errors\.yaml:1:3 {2}not valid YAML: a key is not plain text/],
    ['no key', ': 1\n', /errors\.yaml:1:1 {2}not valid YAML: a key is not plain text/],
    ['an unknown tag', 'kind: !foo table\n', /errors\.yaml:1:7 {2}not valid YAML: Unresolved tag: !foo/],
    ['lists in lists in lists', `kind: ${'['.repeat(100)}${']'.repeat(100)}`, /errors\.yaml:1:\d+ {2}not valid YAML: nested more than 64 levels deep/],
    ['thousands of levels', `kind: ${'['.repeat(50_000)}`, /errors\.yaml:1:1 {2}not valid YAML: it is nested too deeply|errors\.yaml:\d+:\d+ {2}not valid YAML: /],
    ['nothing', '', /errors\.yaml:1:1 {2}expected object, received null/],
    ['a list', '- 1\n', /errors\.yaml:1:1 {2}expected object, received \[1\]/],
    ['a text', 'table', /errors\.yaml:1:1 {2}expected object, received "table"/],
    ['bytes', '\0\u0001\u0002', /errors\.yaml:1:1 {2}/],
    ['a quarter of a megabyte of keys', Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n'), /errors\.yaml:1:1 {2}missing key "kind"/],
    ['more than that', '# x\n'.repeat(100_000), /errors\.yaml:1:1 {2}the file has 0\.38 MB, expected at most 0\.25 MB/],
  ])('%s', async (_, text, says) => {
    const experiment = withTable(text);
    const { message } = await userError(loadTargets(['errors'], 'quick', { experiment }));
    expect(message).toMatch(says);
    expect(message).not.toMatch(/\n {4}at /);
    expect((await userError(validateExperiment({ experiment }))).message).toMatch(says);
    await expect(loadTargets(['training'], 'quick', { experiment })).resolves.toHaveLength(1);
  });

  it('a folder, a pipe, or nothing', async () => {
    const experiment = copyOf(tiny, folder);
    mkdirSync(join(experiment, 'folder.yaml'));
    execFileSync('mkfifo', [join(experiment, 'pipe.yaml')]);
    const load = (name: string) => userError(loadTargets([name], 'quick', { experiment }));
    expect((await load('folder')).message).toMatch(/folder\.yaml is not a file/);
    expect((await load('pipe')).message).toMatch(/pipe\.yaml is not a file/);
    edit(experiment, { file: 'errors.yaml', from: 'protocol: small', to: 'protocol: large' });
    expect((await load('errors')).message).toMatch(/no protocol "large"\. There is small/);
  });

  it('no protocols, no curves where no figure is', async () => {
    const experiment = copyOf(tiny, folder);
    rmSync(join(experiment, 'training.yaml'));
    rmSync(join(experiment, 'curves.json'));
    expect((await validateExperiment({ experiment })).targets).toEqual(['errors']);
    rmSync(join(experiment, 'protocols'), { recursive: true });
    const { message } = await userError(validateExperiment({ experiment }));
    expect(message).toMatch(/errors\.yaml:\d+:\d+ {2}protocol: no protocol "small"\. There is none\./);
  });

  it('no curves where a figure is', async () => {
    const experiment = copyOf(tiny, folder);
    rmSync(join(experiment, 'curves.json'));
    expect((await userError(validateExperiment({ experiment }))).message).toMatch(
      /curves\.json is not there/,
    );
    await expect(loadTargets(['errors'], 'quick', { experiment })).resolves.toHaveLength(1);
  });

  it('places are found through aliases', () => {
    const { data, locate } = parseYaml('a: &a { x: 1 }\nb: [*a]\n', 'f.yaml');
    expect(data).toEqual({ a: { x: 1 }, b: [{ x: 1 }] });
    expect(locate(['b', 0, 'x'])).toEqual({ line: 1, column: 9 });
    expect(locate(['b', 0, 'y', 'z'])).toEqual({ line: 2, column: 5 });
    expect(locate(['c'])).toEqual({ line: 1, column: 1 });
  });
});

describe('a JSON file that cannot be read is one error with file and line', () => {
  // biome-ignore format: a table, one file a line
  it.each<[string, string, RegExp]>([
    ['nothing', '', /f\.json:1:1 {2}not valid JSON: expected a value, received the end of the file/],
    ['half of it', '{\n  "a": [1,\n', /f\.json:3:1 {2}not valid JSON: expected a value, received the end of the file/],
    ['a comma too many', '{\n  "a": 1,\n}', /f\.json:3:1 {2}not valid JSON: expected a key in double quotes, received "}"/],
    ['a comment', '{ // a\n}', /f\.json:1:3 {2}not valid JSON: expected a key in double quotes, received "\/"/],
    ['a missing comma', '[1 2]', /f\.json:1:4 {2}not valid JSON: expected a comma or \], received "2"/],
    ['more than one value', '{} {}', /f\.json:1:4 {2}not valid JSON: expected the end of the file, received "{"/],
    ['a text that is not closed', '["a]', /f\.json:1:2 {2}not valid JSON: the text is not closed/],
    ['a tab in a text', '["\t"]', /f\.json:1:3 {2}not valid JSON: expected an escape for a control character, received "\\t"/],
    ['an escape that is none', '["\\x"]', /f\.json:1:3 {2}not valid JSON: expected an escape, received "\\\\"/],
    ['a number with a plus', '[+1]', /f\.json:1:2 {2}not valid JSON: expected a value, received "\+"/],
    ['an escape code', '\u001b[2J', /f\.json:1:1 {2}not valid JSON: expected a value, received "\\u001b"/],
  ])('%s', async (_, text, says) => {
    expect((await failing(() => parseJson(text, 'f.json'))).message).toMatch(says);
  });

  it('what JSON.parse refuses is refused, and what it reads is read with places', () => {
    const json = fc.json({ maxDepth: 4 });
    const damaged = fc
      .tuple(json, fc.nat(), fc.constantFrom('', '"', ',', '{', ']', '\\', ' ', '0', 'e', '-', '\u0007'))
      .map(
        ([text, at, other]) =>
          text.slice(0, at % (text.length + 1)) + other + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(fc.oneof(json, damaged), text => {
        let data: unknown;
        try {
          data = JSON.parse(text);
        } catch {
          expect(() => parseJson(text, 'f.json')).toThrow(/f\.json:\d+:\d+ {2}not valid JSON/);
          return;
        }
        const parsed = parseJson(text, 'f.json');
        expect(parsed.data).toEqual(data);
        expect(parsed.locate(['a', 0, 'b']).line).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('keys given twice are found', async () => {
    expect(() => checkDuplicates('{"a": {"b": 1}, "c": {"b": 1}}', 'f.json')).not.toThrow();
    const { message } = await failing(() => checkDuplicates('{"a": [{\n"b": 1, "\\u0062": 2}]}', 'f.json'));
    expect(message).toBe('f.json:2:9  not valid JSON: the key "b" is given twice');
  });

  it('places are those of keys and items', () => {
    const { locate } = parseJson('{\n  "a": [1, {"b": 2}]\n}', 'f.json');
    expect(locate(['a'])).toEqual({ line: 2, column: 3 });
    expect(locate(['a', 1, 'b'])).toEqual({ line: 2, column: 13 });
    expect(locate(['a', 7])).toEqual({ line: 2, column: 3 });
  });

  // biome-ignore format: a table, one file a line
  it.each<[string, string, RegExp]>([
    ['levels by the thousand', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /paper\.json:1:\d+ {2}not valid JSON: nested more than 64 levels deep|nested more than 64 levels deep/],
    ['levels by the thousand where a text belongs', `{"authors":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /nested more than 64 levels deep/],
    ['megabytes of keys', `{${Array.from({ length: 200_000 }, (_, i) => `"key${i}":${i}`).join(',')}}`, /paper\.json:1:\d+ {2}missing key "authors"/],
    ['more megabytes than four', `"${'x'.repeat(5 * 2 ** 20)}"`, /paper\.json:1:1 {2}the file has 5\.00 MB, expected at most 4\.00 MB/],
    ['a text of megabytes', `"${'x'.repeat(3 * 2 ** 20)}"`, /paper\.json:1:1 {2}expected object, received "x{56}\.\.\./],
    ['numbers by the hundred thousand', `{"authors":[${'1,'.repeat(500_000)}1]}`, /paper\.json:1:\d+ {2}authors\[0\]: expected string/],
    ['null', 'null', /paper\.json:1:1 {2}expected object, received null/],
  ])('%s', async (_, text, says) => {
    const experiment = copyOf(tiny, folder);
    writeFileSync(join(experiment, 'paper.json'), text);
    expect((await userError(loadTargets(['errors'], 'quick', { experiment }))).message).toMatch(says);
    expect((await userError(validateExperiment({ experiment }))).message).toMatch(says);
  });
});

describe('a name that becomes a path', () => {
  it.each(['../../../escaped', '/etc/passwd', 'a/b', '.hidden', '-rf', 'a..b', 'a b', 'ü', 'x'.repeat(65)])(
    'is not %s of a profile',
    async name => {
      const experiment = copyOf(tiny, folder);
      edit(
        experiment,
        { file: 'protocols/small.yaml', from: '  quick:\n', to: `  ? ${JSON.stringify(name)}\n  :\n` },
        '',
      );
      const { message } = await userError(loadTargets(['errors'], name, { experiment }));
      expect(message).toMatch(
        /protocols\/small\.yaml:\d+:\d+ {2}profiles.*: expected at most 64 letters, digits/,
      );
      expect((await userError(loadTargets(['errors'], undefined, { experiment }))).message).toBe(message);
    },
  );

  it.each(['__proto__', 'constructor', 'toString', '../small', 'quick\u001b[2J', ''])(
    'is no unknown profile: %j',
    async profile => {
      const { message } = await userError(loadTargets(['errors'], profile, { experiment: tiny }));
      expect(message).toMatch(/small\.yaml:\d+:1 {2}no profile "/);
      expect(message).not.toContain('\u001b');
      await userError(targetNames({ experiment: tiny, profile }));
    },
  );

  it.each(['__proto__', 'constructor', 'paper', '../tiny/errors', 'protocols/small', 'errors.yaml', ''])(
    'is no unknown target: %j',
    async name => {
      const error = await userError(loadTargets([name], 'quick', { experiment: tiny }));
      expect(error.message).toContain('Unknown target "');
      expect(error.fix).toBe('name one of: errors, training');
    },
  );

  it.each([
    '__proto__',
    'resnet-2016',
    '..',
    '/nowhere/at/all',
    'tests/experiments',
    'tests/experiments/tiny/errors.yaml',
    '',
  ])('is no unknown experiment: %j', async experiment => {
    expect((await userError(loadTargets(['errors'], 'quick', { experiment }))).message).toMatch(
      /Unknown experiment|paper\.yaml: cannot be read|paper\.yaml is not there/,
    );
    await userError(validateExperiment({ experiment }));
  });
});

async function failing(action: () => unknown): Promise<Error> {
  return (async () => action())().then(
    () => expect.unreachable('expected an error'),
    (error: Error) => error,
  );
}
