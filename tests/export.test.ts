import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './command.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'residuals-export-'));
const store = join(folder, 'store');
const crate = join(folder, 'crate.zip');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => runCommand(args);

/** The crate with other files. */
function changed(change: (files: Record<string, Uint8Array>) => void): string {
  const files = unzipSync(readFileSync(crate));
  change(files);
  const file = join(mkdtempSync(join(folder, 'crate-')), 'crate.zip');
  writeFileSync(file, zipSync(files));
  return file;
}

const again = (file: string, into = join(folder, 'again')) =>
  run('reproduce', '--from', file, '--store', into, '--json');

let record: string;
beforeAll(() => {
  const made = run('reproduce', 'table6', '--profile', 'smoke', '--rows', 'ResNet-20', '--store', store);
  expect(made.status, made.stderr).toBe(0);
  const written = run('export', 'table6', '--store', store, '--out', crate);
  expect(written, written.stderr).toMatchObject({ status: 0 });
  record = Object.keys(unzipSync(readFileSync(crate))).find(name => name.endsWith('/record.json'))!;
}, 120_000);

describe('a crate', () => {
  it('holds pages, records with what lies beside them, manifests, and what each is', () => {
    const files = unzipSync(readFileSync(crate));
    const names = Object.keys(files);
    for (const name of [
      'pages/smoke/table6.md',
      'experiment/table6.yaml',
      'experiment/paper.json',
      'residuals.json',
    ])
      expect(names).toContain(name);
    expect(names).toContain(record.replace('record.json', 'wrong.bin'));
    const { '@graph': graph } = JSON.parse(Buffer.from(files['ro-crate-metadata.json']!).toString()) as {
      '@graph': ({ '@id': string } & Record<string, unknown>)[];
    };
    const entity = (id: string) => graph.find(each => each['@id'] === id)!;
    expect(entity('ro-crate-metadata.json').conformsTo).toEqual({ '@id': 'https://w3id.org/ro/crate/1.1' });
    expect(entity('./').conformsTo).toEqual([{ '@id': 'https://w3id.org/ro/wfrun/process/0.5' }]);
    const key = record.split('/')[1]!;
    const action = entity(`#run-${key}`);
    expect(action).toMatchObject({ '@type': 'CreateAction', agent: { '@id': '#agent' } });
    expect(action.result).toContainEqual({ '@id': record });
    // Whatever is referred to is described, and once.
    const ids = graph.map(each => each['@id']);
    expect(new Set(ids).size).toBe(ids.length);
    const referred = [...JSON.stringify(graph).matchAll(/\{"@id":"([^"]+)"\}/g)].map(([, id]) => id!);
    const outside = /^(https:\/\/w3id\.org\/ro\/crate\/1\.1|http:\/\/schema\.org\/CompletedActionStatus)$/;
    expect(referred.filter(id => !ids.includes(id) && !outside.test(id))).toEqual([]);
    expect((entity('./').hasPart as { '@id': string }[]).map(part => part['@id']).sort()).toEqual(
      names.filter(name => name !== 'ro-crate-metadata.json').sort(),
    );
  });

  it('has the same bytes when it is made again', () => {
    const other = join(folder, 'other.zip');
    run('export', 'table6', '--store', store, '--out', other);
    expect(readFileSync(other).equals(readFileSync(crate))).toBe(true);
  });

  it('is run again, and ends in the same bytes', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = again(crate);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout).runs).toMatchObject([{ network: 'ResNet-20', seed: 1, outcome: 'same bytes' }]);
  });

  it('is run again even where the store holds what it was made of: no record is set beside itself', {
    timeout: 120_000,
  }, () => {
    const { status, stderr } = again(crate, store);
    expect(status, stderr).toBe(0);
    const startedAt = (of: string) =>
      JSON.parse(readFileSync(join(of, 'runs', record.split('/')[1]!, 'record.json'), 'utf8')).provenance
        .startedAt as string;
    expect(startedAt(join(store, 'again')) > startedAt(store)).toBe(true);
  });

  it('is run again from a site as well, and what is not asked for is not', { timeout: 120_000 }, () => {
    const site = join(folder, 'site');
    expect(run('report', '--store', store, '--out', site).status).toBe(0);
    const verify = (...args: string[]) =>
      run('verify', ...args, '--site', site, '--store', join(folder, 'rerun'));
    const { status, stdout, stderr } = verify('table6', '--rerun', '--rows', 'ResNet-20', '--json');
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      problems: [],
      runs: [{ network: 'ResNet-20', seed: 1, outcome: 'same bytes' }],
    });
    expect(verify('table6')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--rerun is missing'),
    });
    expect(verify('--rerun')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no table or figure'),
    });
    expect(verify('table9', '--rerun').stderr).toContain('has no runs of "table9"');
  });

  it('whose bytes do not match its digests is refused with the name of the file, and nothing is written', () => {
    const into = join(folder, 'untouched');
    const refused = (change: (files: Record<string, Uint8Array>) => void, says: string) => {
      const { status, stderr } = again(changed(change), into);
      expect(stderr.replace(/\s+/g, ' ')).toContain(says);
      expect(status).toBe(2);
    };
    refused(
      files =>
        (files[record] = Buffer.from(
          Buffer.from(files[record]!)
            .toString()
            .replace(/"testError": ?[\d.]+/, '"testError":1'),
        )),
      `"${record}" is not what ro-crate-metadata.json says`,
    );
    refused(files => delete files['experiment/table6.yaml'], '"experiment/table6.yaml" is missing');
    refused(
      files => (files['more.txt'] = Buffer.from('x')),
      '"more.txt" is in it and not in ro-crate-metadata.json',
    );
    refused(files => delete files['ro-crate-metadata.json'], 'it has no ro-crate-metadata.json');
    for (const name of ['../out.txt', 'a/../../out.txt', '/etc/out.txt', 'C:\\out.txt', 'a\u202eb'])
      refused(files => (files[name] = Buffer.from('x')), 'which no crate does');
    expect(existsSync(into)).toBe(false);
    expect(readdirSync(folder)).not.toContain('out.txt');
  });

  it('that is none, is not there, or is of other protocols, is told so', () => {
    const text = join(folder, 'text.zip');
    writeFileSync(text, 'no zip');
    expect(again(text)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('it is no zip archive, or is damaged'),
    });
    expect(again(join(folder, 'none.zip'))).toMatchObject({ status: 4 });
    expect(run('reproduce', 'table6', '--from', crate)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--from says what is run'),
    });
    expect(run('export', 'table9', '--store', store).stderr).toContain('has no finished runs of "table9"');
    expect(run('export').stderr).toContain('No table or figure is named.');
  });
});
