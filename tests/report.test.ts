import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, runCommand } from './command.fixture.ts';
import { build, filesIn, TestSite } from './site.fixture.ts';

const made = new TestSite();
const { folder, site } = made;
const small = new TestSite(['ResNet-20']);
afterAll(() => {
  made.remove();
  small.remove();
});

const run = (...args: string[]) => runCommand(args);

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
      expect(made.pages()).toContain(`${name}.html`);
    expect(made.pages()).toContain('specification/table1.html');
    expect(made.pages().filter(name => name.startsWith('runs/'))).toHaveLength(made.built.runs);
    expect(filesIn(site)).toHaveLength(made.built.files);
    expect(build('results', join(folder, 'again')).root).toBe(made.built.root);
  });

  it('follows from its records, to the last page', () => {
    const { status, stdout } = run('verify', '--site', site, '--json');
    expect(JSON.parse(stdout).problems).toEqual([]);
    expect(status).toBe(0);
  });

  it('leads nowhere that is not there, loads nothing from elsewhere, and runs no script of a page', () => {
    for (const page of made.pages()) {
      const text = made.read(page);
      const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)!;
      expect(policy!.replaceAll('&#39;', "'"), page).toMatch(
        /^default-src 'none'; script-src 'self'; style-src/,
      );
      expect(text.match(/<h1[ >]/g), page).toHaveLength(1);
      expect(text, page).not.toMatch(/<script(?! src="[./]*assets\/report\.js" defer>)|\son\w+=/);
      const ids = new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!));
      expect(ids.size, page).toBe([...text.matchAll(/\sid="([^"]+)"/g)].length);
      const linked = text.replace(/<link rel="icon" href="data:[^"]*">/, '');
      for (const [, target] of linked.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
        const [path, id] = target!.split('#') as [string, string?];
        expect(target, page).not.toMatch(/^(\w+:|\/)/);
        const file = path === '' ? page : relative(site, join(site, dirname(page), path));
        expect(existsSync(join(site, file)), `${page}: ${target}`).toBe(true);
        if (id !== undefined && file.endsWith('.html') && id !== '' && !id.includes('='))
          expect(made.read(file), `${page}: ${target}`).toMatch(new RegExp(`\\sid="${id}"`));
      }
    }
  });

  it('has the evidence of every value of ours behind an address of its own', () => {
    const text = made.read('mini/table6.html');
    const links = [...text.matchAll(/<a href="#([\w-]+-error)">/g)].map(([, id]) => id!);
    expect(links).toEqual([
      'resnet-20-error',
      'resnet-32-error',
      'resnet-44-error',
      'resnet-56-error',
      'resnet-110-error',
    ]);
    const { short } = made.aRun();
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
    const found = made
      .pages()
      .flatMap(page =>
        [...made.read(page).matchAll(/<(?:section class="evidence"|tr) id="([^"]+)"/g)].map(
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
    const { store, site, folder } = small;
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'thesis.tex'), 'x');
    const refused = run('report', '--store', store, '--out', other);
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('holds something that is no site'),
    });
    expect(readdirSync(other)).toEqual(['thesis.tex']);
    // A site in a checkout of its own: what git and the server keep beside it stays.
    const published = join(folder, 'published');
    cpSync(site, published, { recursive: true });
    mkdirSync(join(published, '.git'));
    const beside = run('report', '--store', store, '--out', published);
    expect(beside).toMatchObject({ status: 2, stderr: expect.stringContaining('would be lost: ".git"') });
    expect(existsSync(join(published, '.git'))).toBe(true);
    rmSync(join(published, '.git'), { recursive: true });
    writeFileSync(join(published, 'left.html'), 'x');
    build(store, published);
    expect(filesIn(published)).toEqual(filesIn(site));
    expect(readdirSync(folder).filter(name => name.startsWith('.site-'))).toEqual([]);
  });

  it('has the history of nights, and says what moved and between which commits', () => {
    const store = mkdtempSync(join(folder, 'nights-'));
    cpSync(join(root, 'results', 'store.json'), join(store, 'store.json'));
    const { key } = made.aRun();
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
    const text = made.read('history.html', join(folder, 'with-nights'));
    expect(text).toContain('26 nights, aaaaaaa1 to aaaaaa26.');
    expect(text).toMatch(/✕ night 2\d: <a href="#smoke-onnxruntime-cpu-blocked-avx512-plain-20-testerror">/);
    expect(text).toMatch(/between nights 2[01] and 2[12] \(aaaaaa2[01] to aaaaaa2[12]\)/);
    expect(text).toContain('<svg class="chart"');
    expect(made.read('history.html')).toContain('No nights are recorded in this store');
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
    const wrong = run('report', '--store', 'results', '--one-file', 'table7', '--profile', 'paper');
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no finished runs of "table7" under paper'),
    });
  });

  it('of a store without runs is refused', () => {
    const { status, stderr } = run('report', '--store', join(folder, 'none'), '--out', join(folder, 'x'));
    expect(status).toBe(2);
    expect(stderr).toContain('has no finished runs of resnet-2015, so there is nothing to show.');
  });
});

describe('texts from outside', () => {
  it('stay texts on every page', () => {
    const hostile = '"><img src=x onerror=alert(1)></script><script>alert(1)</script>\u202e{{x}}';
    const tags = [hostile, 'harmless'].map(text => {
      const store = mkdtempSync(join(folder, 'store-'));
      cpSync(join(root, 'results', 'store.json'), join(store, 'store.json'));
      const { key } = made.aRun();
      mkdirSync(join(store, 'runs', key), { recursive: true });
      const record = JSON.parse(made.read(`records/${key}/record.json`));
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
