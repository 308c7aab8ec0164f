import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { holderName, ownHolder } from '../ml/data/holder.ts';
import { publish, restsOnMore } from './publish.ts';
import { figureView, tableView } from './views.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-publish-'));
const rendered = join(folder, 'rendered', 'mini');
const view = await tableView('mini');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(join(folder, 'rendered'), { recursive: true, force: true }));

function contents(): Record<string, string> {
  const names = readdirSync(rendered).sort();
  return Object.fromEntries(names.map(name => [name, readFileSync(join(rendered, name), 'base64')]));
}

/** When each file was written last, to tell whether it was written again. */
function written(): Record<string, number> {
  return Object.fromEntries(readdirSync(rendered).map(name => [name, statSync(join(rendered, name)).ino]));
}

function sha256(name: string): string {
  return createHash('sha256')
    .update(readFileSync(join(rendered, name)))
    .digest('hex');
}

describe('publish', () => {
  test('writes a table in every format, and beside it what was written', async () => {
    const published = await publish(view, rendered);
    const formats = ['md', 'tex', 'page.tex', 'html', 'csv', 'claims.csv', 'runs.csv'];
    const names = formats.map(format => `table6.${format}`);
    expect(Object.keys(published.files)).toEqual(names);
    expect(readdirSync(rendered).sort()).toEqual([...names, 'table6.json'].sort());
    expect(JSON.parse(readFileSync(join(rendered, 'table6.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(published)),
    );
    for (const name of names) expect(published.files[name]).toBe(sha256(name));
    expect(published.inputs).toMatch(/^[0-9a-f]{64}$/);
  });

  test('writes a figure with its picture', { timeout: 60_000 }, async () => {
    const { files } = await publish(await figureView('errors'), rendered);
    const formats = ['svg', 'png', 'md', 'html', 'csv', 'claims.csv', 'runs.csv'];
    const names = formats.map(format => `figure6.${format}`);
    expect(Object.keys(files)).toEqual(names);
    for (const name of names) expect(files[name]).toBe(sha256(name));
  });

  test('leaves what is current as it is, and gives the same bytes anew', async () => {
    const first = await publish(view, rendered);
    const [before, when] = [contents(), written()];
    expect(await publish(structuredClone(view), rendered)).toEqual(first);
    expect(written()).toEqual(when);
    rmSync(rendered, { recursive: true });
    expect(await publish(view, rendered)).toEqual(first);
    expect(contents()).toEqual(before);
  });

  test.each([
    ['edited', (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace('8.75', '6.43'))],
    ['emptied', (file: string) => writeFileSync(file, '')],
    ['removed', (file: string) => rmSync(file)],
  ])('a file that was %s is made again', async (_, change) => {
    await publish(view, rendered);
    const before = contents();
    for (const name of ['table6.md', 'table6.csv', 'table6.json']) {
      change(join(rendered, name));
      await publish(view, rendered);
      expect(contents(), name).toEqual(before);
    }
  });

  test('a list of files that names none, or others, is not believed', async () => {
    const published = await publish(view, rendered);
    const before = contents();
    writeFileSync(join(rendered, 'table6.md'), 'wrong');
    for (const files of [{}, { 'other.md': 'a'.repeat(64) }]) {
      writeFileSync(join(rendered, 'table6.json'), `${JSON.stringify({ ...published, files })}\n`);
      await publish(view, rendered);
      expect(contents()).toEqual(before);
    }
  });

  test('another view is laid out anew', async () => {
    const first = await publish(view, rendered);
    const changed = { ...view, command: 'npm run reproduce table6 -- --seeds 3' };
    const second = await publish(changed, rendered);
    expect(second.inputs).not.toBe(first.inputs);
    expect(readFileSync(join(rendered, 'table6.md'), 'utf8')).toContain('--seeds 3');
  });

  test('what is current in a folder that cannot be written is no mistake', async () => {
    const first = await publish(view, rendered);
    chmodSync(rendered, 0o555);
    try {
      expect(await publish(view, rendered)).toEqual(first);
    } finally {
      chmodSync(rendered, 0o755);
    }
  });
});

describe('an interrupted page', () => {
  test('says what it was to rest on, and is finished by who asks for the same', async () => {
    mkdirSync(join(rendered, 'table6.tex'), { recursive: true }); // where a page is to be written
    await expect(publish(view, rendered)).rejects.toThrow('table6.tex: cannot be written, it is a folder');
    const recorded = new Set(['f'.repeat(64)]); // of a seed that is not asked for
    expect(restsOnMore(view, rendered, recorded)).toBe(false);
    rmSync(join(rendered, 'table6.tex'), { recursive: true });
    const { files } = await publish(view, rendered);
    expect(readdirSync(rendered).sort()).toEqual([...Object.keys(files), 'table6.json'].sort());
  });
});

describe('a page that rests on more', () => {
  const key = (n: number) => `${n}`.repeat(64);
  const withRuns = (...seeds: [network: string, seed: number][]) => ({
    ...view,
    runs: seeds.map(([network, seed]) => ({ network, kind: 'train' as const, seed, key: key(seed) })),
  });
  const one = withRuns(['ResNet-20', 1]);
  const three = withRuns(['ResNet-20', 1], ['ResNet-20', 2], ['ResNet-20', 3]);
  const none = new Set<string>();

  test('is one that has more seeds of a network, whatever the view has of others', async () => {
    await publish(three, rendered);
    expect(restsOnMore(one, rendered, none)).toBe(true);
    expect(restsOnMore(withRuns(['ResNet-20', 1], ['ResNet-56', 1]), rendered, none)).toBe(true);
    expect(restsOnMore(three, rendered, none)).toBe(false);
    expect(restsOnMore({ ...three, runs: [...three.runs, ...withRuns(['a', 4]).runs] }, rendered, none)).toBe(
      false,
    );
  });

  test('is one that has recorded runs which the view leaves out, though as many others stand there', async () => {
    await publish(one, rendered);
    const other = withRuns(['ResNet-20', 7]);
    expect(restsOnMore(other, rendered, new Set([key(1)]))).toBe(true);
    expect(restsOnMore(other, rendered, none)).toBe(false);
  });

  test('is not guessed at where the system does not tell', async () => {
    await publish(three, rendered);
    rmSync(join(rendered, 'table6.json'));
    mkdirSync(join(rendered, 'table6.json'));
    expect(() => restsOnMore(one, rendered, none)).toThrow('table6.json: cannot be read, it is a folder');
  });

  test('is not there where there is no page, and is known without its list of runs by what is recorded', async () => {
    expect(restsOnMore(one, rendered, new Set([key(2)]))).toBe(false);
    await publish(three, rendered);
    for (const content of [null, '{}', '{"view":{"runs":[null]}}']) {
      rmSync(join(rendered, 'table6.json'), { force: true });
      if (content !== null) writeFileSync(join(rendered, 'table6.json'), content);
      if (content?.includes('null')) continue;
      expect(restsOnMore(one, rendered, new Set([key(2)]))).toBe(true);
      expect(restsOnMore(one, rendered, none)).toBe(false);
    }
    expect(restsOnMore(one, rendered, none)).toBe(false);
  });
});

describe('what interrupted writes have left', () => {
  test('is removed, of this target alone and unless its process is still at it', async () => {
    mkdirSync(rendered, { recursive: true });
    const ended = execa(process.execPath, ['--eval', '']);
    await ended;
    const here = ownHolder();
    const dead = holderName({ ...here, pid: ended.pid! });
    const names = {
      killed: `table6.md.${dead}.tmp`,
      earlier: `table6.csv.${ended.pid}.tmp`,
      running: `table6.pdf.${holderName(here)}.tmp`,
      other: `table60.md.${dead}.tmp`,
    };
    for (const name of Object.values(names)) writeFileSync(join(rendered, name), 'half');
    await publish(view, rendered);
    const left = Object.entries(names).filter(([, name]) => existsSync(join(rendered, name)));
    expect(left.map(([which]) => which)).toEqual(['running', 'other']);
  });

  test('nothing temporary remains after a write', async () => {
    await publish(view, rendered);
    expect(readdirSync(rendered).filter(name => name.includes('tmp'))).toEqual([]);
  });
});
