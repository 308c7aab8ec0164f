import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
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
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Residuals } from '../reports/browser/report.ts';
import type { TargetData } from '../reports/types.ts';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'residuals-report-'));
const site = join(folder, 'site');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const env = { ...process.env, COLUMNS: '400' };
  const command = [join(root, 'cli/start.mjs'), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

function build(store: string, out: string) {
  const { status, stdout, stderr } = run('report', '--store', store, '--out', out, '--json');
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as { files: number; runs: number; root: string };
}

function filesIn(where: string): string[] {
  return readdirSync(where, { recursive: true, encoding: 'utf8' })
    .filter(name => statSync(join(where, name)).isFile())
    .sort();
}

const pages = () => filesIn(site).filter(name => name.endsWith('.html'));
const read = (name: string, where = site) => readFileSync(join(where, name), 'utf8');
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** A copy of the site in which somebody has changed files and, knowing how it is checked, all digests with them. */
function tampered(change: (at: string) => void): string {
  const copy = mkdtempSync(join(folder, 'copy-'));
  cpSync(site, copy, { recursive: true });
  change(copy);
  const files = Object.fromEntries(
    filesIn(copy)
      .filter(name => name !== 'data/digests.json')
      .map(name => [name, sha256(readFileSync(join(copy, name)))]),
  );
  const whole = { root: sha256(JSON.stringify(files)), files };
  writeFileSync(join(copy, 'data/digests.json'), JSON.stringify(whole));
  return copy;
}

function edit(at: string, name: string, from: string | RegExp, to: string): void {
  const text = read(name, at);
  const changed = text.replace(from, () => to);
  if (changed === text) throw new Error(`${name} has no ${from}`);
  writeFileSync(join(at, name), changed);
}

/** ResNet-20, seed 1, of the profile mini. */
function aRun(): { key: string; short: string } {
  const all = readdirSync(join(site, 'records'));
  const key = all.find(each => {
    const { network, identity, asked } = JSON.parse(read(`records/${each}/record.json`));
    return network === 'ResNet-20' && identity.seed === 1 && asked.profile === 'mini';
  })!;
  return { key, short: key.slice(0, 16) };
}

const meanOfResNet20 = /<a href="#resnet-20-error">(\d+\.\d\d)/;

let built: ReturnType<typeof build>;
beforeAll(() => {
  built = build('results', site);
}, 60_000);

describe('a site', () => {
  it('has a page for every target and run, and gives the same bytes again', () => {
    for (const name of [
      'index',
      'claims',
      'runs',
      'profiles',
      'method',
      'verify',
      'mini/table6',
      'mini/figure6',
    ])
      expect(pages()).toContain(`${name}.html`);
    expect(pages()).toContain('specification/table1.html');
    expect(pages().filter(name => name.startsWith('runs/'))).toHaveLength(built.runs);
    expect(filesIn(site)).toHaveLength(built.files);
    expect(build('results', join(folder, 'again')).root).toBe(built.root);
  });

  it('leads nowhere that is not there, loads nothing from elsewhere, and runs no script of a page', () => {
    for (const page of pages()) {
      const text = read(page);
      const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)!;
      expect(policy!.replaceAll('&#39;', "'"), page).toMatch(
        /^default-src 'none'; script-src 'self'; style-src/,
      );
      expect(text.match(/<h1[ >]/g), page).toHaveLength(1);
      expect(text, page).not.toMatch(/<script(?! src="[./]*assets\/report\.js" defer>)|\son\w+=/);
      const ids = new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!));
      expect(ids.size, page).toBe([...text.matchAll(/\sid="([^"]+)"/g)].length);
      for (const [, target] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
        const [path, id] = target!.split('#') as [string, string?];
        expect(target, page).not.toMatch(/^(\w+:|\/)/);
        const file = path === '' ? page : relative(site, join(site, dirname(page), path));
        expect(existsSync(join(site, file)), `${page}: ${target}`).toBe(true);
        if (id !== undefined && file.endsWith('.html') && id !== '' && !id.includes('='))
          expect(read(file), `${page}: ${target}`).toMatch(new RegExp(`\\sid="${id}"`));
      }
    }
  });

  it('has the evidence of every value of ours behind an address of its own', () => {
    const text = read('mini/table6.html');
    const links = [...text.matchAll(/<a href="#([\w-]+-error)">/g)].map(([, id]) => id!);
    expect(links).toEqual([
      'resnet-20-error',
      'resnet-32-error',
      'resnet-44-error',
      'resnet-56-error',
      'resnet-110-error',
    ]);
    const { short } = aRun();
    const [section] = /<section class="evidence" id="resnet-20-error".*?<\/section>/s.exec(text)!;
    for (const part of [
      `../runs/${short}.html`,
      '<dt>mean</dt>',
      '8.75 %, p. 7: single run',
      'avx512',
      'D1: ',
      'npm run reproduce table6',
    ])
      expect(section).toContain(part);
  });

  it('keeps the addresses of values and claims: links to them are not to rot', () => {
    const found = pages().flatMap(page =>
      [...read(page).matchAll(/<(?:section class="evidence"|tr) id="([^"]+)"/g)].map(
        ([, id]) => `${page}#${id}`,
      ),
    );
    const golden = join(import.meta.dirname, 'report-addresses.golden.txt');
    const text = `${found.sort().join('\n')}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(golden, text);
    const known = readFileSync(golden, 'utf8').trimEnd().split('\n');
    // More of them are fine: the evidence grows.
    expect(known.filter(address => !found.includes(address))).toEqual([]);
    expect(known.length).toBeGreaterThan(100);
  });

  it('is not written over a folder that is none, and replaces one that is as a whole', () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.tex'), 'x');
    const refused = run('report', '--store', 'results', '--out', other);
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('holds something that is no site'),
    });
    expect(readdirSync(other)).toEqual(['thesis.tex']);
    writeFileSync(join(folder, 'again', 'left.html'), 'x');
    build('results', join(folder, 'again'));
    expect(filesIn(join(folder, 'again'))).toEqual(filesIn(site));
    expect(readdirSync(folder).filter(name => name.startsWith('.site-'))).toEqual([]);
  });

  it('has the history of nights, and says what moved and between which commits', () => {
    const store = mkdtempSync(join(folder, 'nights-'));
    cpSync(join(root, 'results', 'store.json'), join(store, 'store.json'));
    const { key } = aRun();
    cpSync(join(root, 'results', 'runs', key), join(store, 'runs', key), { recursive: true });
    const nights = join(store, 'nights', 'resnet-2015', 'smoke', 'onnxruntime');
    mkdirSync(nights, { recursive: true });
    const night = (i: number) => ({
      ...{ night: i, seed: 1000 + i, at: '2026-01-01T00:00:00Z', engine: 'x', further: {}, again: null },
      commit: String(i).padStart(8, 'a'),
      values: { 'plain-20 testError': 50 + Math.sin(i * i) + (i > 20 ? 8 : 0) },
    });
    const lines = Array.from({ length: 26 }, (_, i) => `${JSON.stringify(night(i + 1))}\n`);
    writeFileSync(join(nights, 'cpu-blocked-avx512.jsonl'), lines.join(''));
    build(store, join(folder, 'with-nights'));
    const text = read('history.html', join(folder, 'with-nights'));
    expect(text).toContain('26 nights, aaaaaaa1 to aaaaaa26.');
    expect(text).toMatch(/✕ night 2\d: <a href="#smoke-onnxruntime-cpu-blocked-avx512-plain-20-testerror">/);
    expect(text).toMatch(/between nights 2[01] and 2[12] \(aaaaaa2[01] to aaaaaa2[12]\)/);
    expect(text).toContain('<svg class="chart"');
    expect(read('history.html')).toContain('No nights are recorded in this store');
  });

  it('is one file for a table, with its records in it', () => {
    const file = join(folder, 'table6.html');
    const { status, stderr } = run('report', '--store', 'results', '--one-file', 'table6', '--out', file);
    expect(status, stderr).toBe(0);
    const text = readFileSync(file, 'utf8');
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)!;
    const allowed = [...policy!.replaceAll('&#39;', "'").matchAll(/'sha256-([^']+)'/g)].map(
      ([, digest]) => digest,
    );
    const scripts = [...text.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script!);
    expect(scripts.map(script => createHash('sha256').update(script).digest('base64'))).toEqual(allowed);
    expect(text).not.toMatch(/(src|href)="(?!#|data:)/);
    const wrong = run('report', '--store', 'results', '--one-file', 'table7');
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no finished runs of "table7"'),
    });
  });

  it('of a store without runs is refused', () => {
    const { status, stderr } = run('report', '--store', join(folder, 'none'), '--out', join(folder, 'x'));
    expect(status).toBe(2);
    expect(stderr).toContain('has no finished runs of resnet-2015, so there is nothing to show.');
  });
});

describe('npm run verify', () => {
  const problems = (where: string) => {
    const { status, stdout } = run('verify', '--site', where, '--json');
    return { status, problems: (JSON.parse(stdout) as { problems: string[] }).problems };
  };

  it('finds a site as it was made', () => {
    expect(problems(site)).toEqual({ status: 0, problems: [] });
  });

  it('names a file that is missing or has changed', () => {
    const copy = tampered(() => {});
    const { short } = aRun();
    rmSync(join(copy, `data/runs/${short}.js`));
    writeFileSync(join(copy, 'method.html'), 'x');
    expect(problems(copy)).toEqual({
      status: 1,
      problems: [`data/runs/${short}.js: missing`, 'method.html: not what data/digests.json says'],
    });
  });

  it('names a mean that was changed in a page, digests and all', () => {
    const [, mean] = meanOfResNet20.exec(read('mini/table6.html'))!;
    const copy = tampered(at => edit(at, 'mini/table6.html', `>${mean}`, '>41.00'));
    const found = problems(copy);
    expect(found.status).toBe(1);
    expect(found.problems).toHaveLength(1);
    expect(found.problems[0]).toMatch(
      new RegExp(
        `^mini/table6\\.html: the table, ResNet-20: “41\\.00.* is printed; the records give “${mean} ± `,
      ),
    );
  });

  it('names a claim, a seed’s value and a picture’s words that were changed', () => {
    const claim = tampered(at =>
      edit(at, 'mini/figure1.html', '✓ seen at this scale</td>', '✕ reversed at this scale</td>'),
    );
    expect(problems(claim).problems[0]).toMatch(
      /^mini\/figure1\.html: the claims, .*: “✕ reversed at this scale” is printed/,
    );
    const value = tampered(at =>
      edit(at, 'mini/table6.html', /(?<=<td class="right">1<\/td><td class="right">)\d+\.\d\d/, '1.00'),
    );
    expect(problems(value).problems[0]).toMatch(
      /^mini\/table6\.html: the evidence #resnet-20-error, 1: “1\.00” is printed/,
    );
    const picture = tampered(at => edit(at, 'mini/figure6.html', /alt="[^"]*"/, 'alt="all is well"'));
    expect(problems(picture).problems[0]).toContain('mini/figure6.html: the picture: it says “all is well”');
  });

  it('names a record whose result or seed was changed', () => {
    const { key } = aRun();
    const file = `records/${key}/record.json`;
    const text = read(file);
    const result = tampered(at => edit(at, file, /"testError": [\d.]+/, '"testError": 10.5'));
    expect(problems(result).problems.filter(each => each.startsWith('mini/table6'))[0]).toBe(
      `mini/table6.html: ResNet-20, run ${key.slice(0, 12)}: its record is not, to the byte, the one that the page was made from`,
    );
    // Whoever changes the digest in the data too is caught by the record itself.
    const seed = tampered(at => {
      edit(at, file, '"seed": 1', '"seed": 9');
      edit(at, 'data/targets/mini/table6.js', new RegExp(sha256(text), 'g'), sha256(read(file, at)));
    });
    expect(problems(seed).problems[0]).toBe(
      `mini/figure1.html: ResNet-20, run ${key.slice(0, 12)}: its record is not, to the byte, the one that the page was made from`,
    );
    expect(problems(seed).problems).toContain(
      `mini/table6.html: ResNet-20, run ${key.slice(0, 12)}: its identity is not the one that its key stands for`,
    );
  });

  it('reads nothing outside of a site, and says what is none', () => {
    const copy = tampered(() => {});
    writeFileSync(
      join(copy, 'data/digests.json'),
      JSON.stringify({ root: 'x', files: { '../../etc/passwd': 'x' } }),
    );
    for (const where of [copy, join(folder, 'none'), folder])
      expect(run('verify', '--site', where)).toMatchObject({ status: 4, stdout: '' });
    expect(run('verify').stderr).toContain('No site is named.');
  });
});

describe('texts from outside', () => {
  it('stay texts on every page', () => {
    const hostile = '"><img src=x onerror=alert(1)></script><script>alert(1)</script>\u202e{{x}}';
    const tags = [hostile, 'harmless'].map(text => {
      const store = mkdtempSync(join(folder, 'store-'));
      cpSync(join(root, 'results', 'store.json'), join(store, 'store.json'));
      const { key } = aRun();
      mkdirSync(join(store, 'runs', key), { recursive: true });
      const record = JSON.parse(read(`records/${key}/record.json`));
      const { provenance } = record;
      Object.assign(provenance, { cpu: text, command: text, platform: text });
      Object.assign(provenance.session, { version: text, variant: text });
      writeFileSync(join(store, 'runs', key, 'record.json'), JSON.stringify(record));
      const out = mkdtempSync(join(folder, 'out-'));
      rmSync(out, { recursive: true });
      build(store, out);
      return Object.fromEntries(
        filesIn(out)
          .filter(name => name.endsWith('.html'))
          .map(name => {
            const markup = readFileSync(join(out, name), 'utf8');
            expect(markup, name).not.toContain('\u202e');
            return [
              name,
              [...markup.matchAll(/<([^<>]*)>/g)].map(([, tag]) => tag!.replace(/"[^"]*"/g, '""')),
            ];
          }),
      );
    });
    expect(Object.keys(tags[0]!).length).toBeGreaterThan(8);
    expect(tags[0]).toEqual(tags[1]);
  });
});

describe('the scripts of a site', () => {
  /** What every browser has, and nothing of Node. */
  function context() {
    const residuals = {
      records: new Map<string, string>(),
      targets: new Map<string, TargetData>(),
      record: (key: string, text: string) => void residuals.records.set(key, text),
      target: (data: TargetData) => void residuals.targets.set(`${data.folder}/${data.target.name}`, data),
    };
    return createContext({ TextEncoder, residuals });
  }

  it('derive a page without anything of Node', () => {
    const sandbox = context();
    const load = (name: string) => runInContext(read(name), sandbox, { filename: name });
    load('assets/check.js');
    load('data/targets/mini/table6.js');
    const { residuals } = sandbox as unknown as { residuals: Residuals };
    const data = residuals.targets.get('mini/table6')!;
    for (const { key } of [...data.jobs, ...data.beside]) load(`data/runs/${key.slice(0, 16)}.js`);
    expect([...residuals.check!(data, null)]).toEqual([]);
    expect([...residuals.check!({ ...data, jobs: data.jobs.slice(1) }, null)].join('\n')).toContain(
      'ResNet-20',
    );
  });

  it('are small: the one that every page has, and the one that is loaded for a check', () => {
    const size = (name: string) => gzipSync(readFileSync(join(site, 'assets', name))).length;
    expect(size('report.js')).toBeLessThan(5_000);
    expect(size('report.css')).toBeLessThan(5_000);
    expect(size('check.js')).toBeLessThan(60_000);
  });
});

const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  name => spawnSync(name, ['--version']).status === 0,
);
if (!chromium)
  console.warn(
    'skipped: the site in a browser. To enable it, on Debian: apt-get install --no-install-recommends chromium',
  );

describe.skipIf(!chromium)('in Chromium, from a disk', { timeout: 120_000 }, () => {
  const profile = join(folder, 'chromium');
  /** The document after its scripts have run. */
  function opened(where: string, address: string): string {
    const options = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
    const url = `${pathToFileURL(join(where, address.split('#')[0]!))}#${address.split('#')[1] ?? ''}`;
    const { stdout } = spawnSync(chromium!, [...options, '--virtual-time-budget=60000', '--dump-dom', url], {
      encoding: 'utf8',
      timeout: 100_000,
    });
    return stdout;
  }

  it('a page checks itself against its records', () => {
    expect(opened(site, 'mini/table6.html#check')).toMatch(
      /<output data-state="good">✓ \d+ records: bytes, keys, results, and every value on this page derived again\./,
    );
  });

  it('names a mean that was changed, and a record that is not there', () => {
    const [, mean] = meanOfResNet20.exec(read('mini/table6.html'))!;
    const { short } = aRun();
    const copy = tampered(at => {
      edit(at, 'mini/table6.html', `>${mean}`, '>41.00');
      rmSync(join(at, `data/runs/${short}.js`));
    });
    const text = opened(copy, 'mini/table6.html#check');
    expect(text).toMatch(/<output data-state="bad">✕ \d+ problems:/);
    expect(text).toContain('its record is missing');
    expect(text).toMatch(/<li class="problem">the table, ResNet-20: “41\.00/);
  });

  it('one file checks itself, and all is printed as a PDF', () => {
    const file = join(folder, 'table6.html');
    expect(opened(dirname(file), 'table6.html#check')).toContain('<output data-state="good">');
    const out = join(folder, 'printed');
    const { status, stderr } = run('report', '--store', 'results', '--pdf', '--out', out);
    expect(status, stderr).toBe(0);
    const pdf = readFileSync(join(out, 'report.pdf'));
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.length).toBeLessThan(5_000_000);
  });

  it('two runs are set side by side, what differs first', () => {
    const names = readdirSync(join(site, 'runs')).map(name => name.replace('.html', ''));
    const text = opened(site, `compare.html#a=${names[0]}&b=${names[1]}`);
    expect(text).toMatch(/<output id="differences">\d+ of \d+ differ\.<\/output>/);
    expect(text).toMatch(/<tbody><tr class="differs"><th scope="row">/);
  });

  it('all pages are checked from one', () => {
    const text = opened(site, 'verify.html#check');
    expect(text).toMatch(/<output id="progress" data-state="good">✓ \d+ pages follow from their records\./);
  });
});
