import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Residuals } from '../reports/browser/shared.ts';
import type { TargetData } from '../reports/types.ts';
import { chromium } from './chromium.fixture.ts';
import { runCommand } from './command.fixture.ts';
import { sha256, TestSite } from './site.fixture.ts';

/** Few runs, so that the many sites below are made and checked quickly. */
const made = new TestSite(['plain-20', 'plain-56', 'ResNet-20', 'ResNet-56']);
const { folder, site } = made;
afterAll(() => made.remove());

const run = (...args: string[]) => runCommand(args);

describe('npm run verify', () => {
  const problems = (where: string) => {
    const { status, stdout } = run('verify', '--site', where, '--json');
    return { status, problems: (JSON.parse(stdout) as { problems: string[] }).problems };
  };

  it('finds a site as it was made', () => {
    expect(problems(site)).toEqual({ status: 0, problems: [] });
  });

  it('names a file that is missing or has changed', () => {
    const copy = made.tampered(() => {});
    const { short } = made.aRun();
    rmSync(join(copy, `data/runs/${short}.js`));
    writeFileSync(join(copy, 'method.html'), 'x');
    expect(problems(copy)).toEqual({
      status: 1,
      problems: [`data/runs/${short}.js: missing`, 'method.html: not what data/digests.json says'],
    });
  });

  it('names a mean that was changed in a page, digests and all', () => {
    const mean = made.meanOfResNet20();
    const copy = made.tampered(at => made.edit(at, 'mini/table6.html', `>${mean}`, '>41.00'));
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
    const claim = made.tampered(at =>
      made.edit(at, 'mini/figure1.html', '✓ seen at this scale</td>', '✕ reversed at this scale</td>'),
    );
    expect(problems(claim).problems[0]).toMatch(
      /^mini\/figure1\.html: the claims, .*: “✕ reversed at this scale” is printed/,
    );
    const value = made.tampered(at =>
      made.edit(at, 'mini/table6.html', /(?<=<td class="right">1<\/td><td class="right">)\d+\.\d\d/, '1.00'),
    );
    expect(problems(value).problems[0]).toMatch(
      /^mini\/table6\.html: the evidence #resnet-20-error, 1: “1\.00” is printed/,
    );
    const picture = made.tampered(at =>
      made.edit(at, 'mini/figure6.html', /alt="[^"]*"/, 'alt="all is well"'),
    );
    expect(problems(picture).problems[0]).toContain('mini/figure6.html: the picture: it says “all is well”');
  });

  it('names a record whose result or seed was changed', () => {
    const { key } = made.aRun();
    const file = `records/${key}/record.json`;
    const text = made.read(file);
    const result = made.tampered(at => made.edit(at, file, /"testError": [\d.]+/, '"testError": 10.5'));
    expect(problems(result).problems.filter(each => each.startsWith('mini/table6'))[0]).toBe(
      `mini/table6.html: ResNet-20, run ${key.slice(0, 12)}: its record is not, to the byte, the one that the page was made from`,
    );
    // Whoever changes the digest in the data too is caught by the record itself.
    const seed = made.tampered(at => {
      made.edit(at, file, '"seed": 1', '"seed": 9');
      made.edit(
        at,
        'data/targets/mini/table6.js',
        new RegExp(sha256(text), 'g'),
        sha256(made.read(file, at)),
      );
    });
    expect(problems(seed).problems[0]).toBe(
      `mini/figure1.html: ResNet-20, run ${key.slice(0, 12)}: its record is not, to the byte, the one that the page was made from`,
    );
    expect(problems(seed).problems).toContain(
      `mini/table6.html: ResNet-20, run ${key.slice(0, 12)}: its identity is not the one that its key stands for`,
    );
  });

  it('names a published value that is not in the paper, and a page that lost what it is derived from', () => {
    const published = made.tampered(at => {
      // The page with its data, so that one follows from the other.
      made.edit(at, 'mini/table6.html', '<td class="right">8.75</td>', '<td class="right">52.9</td>');
      made.edit(at, 'data/targets/mini/table6.js', /"printed":"8\.75"/, '"printed":"52.9"');
    });
    expect(problems(published)).toEqual({
      status: 1,
      problems: [
        'mini/table6.html: ResNet-20, error: the site has 52.9 (8.75, p. 7) as published, paper.json of this checkout 8.75 (8.75, p. 7)',
      ],
    });
    const alone = made.tampered(at => rmSync(join(at, 'data/targets/mini/table6.js')));
    expect(problems(alone).problems).toEqual([
      'mini/table6.html: data/targets/mini/table6.js, which it is derived from, is missing',
    ]);
  });

  it('reads nothing outside of a site, and says what is none', () => {
    const copy = made.tampered(() => {});
    writeFileSync(
      join(copy, 'data/digests.json'),
      JSON.stringify({ root: 'x', files: { '../../etc/passwd': 'x' } }),
    );
    for (const where of [copy, join(folder, 'none'), folder])
      expect(run('verify', '--site', where)).toMatchObject({ status: 4, stdout: '' });
    expect(run('verify').stderr).toContain('No site is named.');
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
    return createContext({ TextEncoder, structuredClone, residuals });
  }

  it('derive a page without anything of Node', () => {
    const sandbox = context();
    const load = (name: string) => runInContext(made.read(name), sandbox, { filename: name });
    load('assets/check.js');
    load('data/targets/mini/table6.js');
    const { residuals } = sandbox as unknown as { residuals: Residuals };
    const data = residuals.targets.get('mini/table6')!;
    for (const { key } of [...data.jobs, ...data.beside]) load(`data/runs/${key.slice(0, 16)}.js`);
    expect([...residuals.check!(data, null)]).toEqual([]);
    expect(
      [
        ...residuals.check!({ ...data, jobs: data.jobs.filter(({ key }) => key !== made.aRun().key) }, null),
      ].join('\n'),
    ).toContain('ResNet-20');
  });

  it('are small: the one that every page has, and the one that is loaded for a check', () => {
    const size = (name: string) => gzipSync(readFileSync(join(site, 'assets', name))).length;
    expect(size('report.js')).toBeLessThan(5_000);
    expect(size('report.css')).toBeLessThan(5_000);
    expect(size('check.js')).toBeLessThan(60_000);
  });
});

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
    const mean = made.meanOfResNet20();
    const { short } = made.aRun();
    const copy = made.tampered(at => {
      made.edit(at, 'mini/table6.html', `>${mean}`, '>41.00');
      rmSync(join(at, `data/runs/${short}.js`));
    });
    const text = opened(copy, 'mini/table6.html#check');
    expect(text).toMatch(/<output data-state="bad">✕ \d+ problems:/);
    expect(text).toContain('its record is missing');
    expect(text).toMatch(/<li class="problem">the table, ResNet-20: “41\.00/);
  });

  it('one file checks itself, and all is printed as a PDF', () => {
    const file = join(folder, 'table6.html');
    expect(run('report', '--store', made.store, '--one-file', 'table6', '--out', file).status).toBe(0);
    expect(opened(dirname(file), 'table6.html#check')).toContain('<output data-state="good">');
    const out = join(folder, 'printed');
    const { status, stderr } = run('report', '--store', made.store, '--pdf', '--out', out);
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
