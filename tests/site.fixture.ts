import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readIfThere } from '../harness/record/files.ts';
import { root, runCommand } from './command.fixture.ts';

/** A site of the committed evidence, or of some networks' under `mini`, in a folder that is removed with it. */
export class TestSite {
  readonly folder = mkdtempSync(join(tmpdir(), 'residuals-report-'));
  readonly store: string;
  readonly site = join(this.folder, 'site');
  readonly built: ReturnType<typeof build>;

  constructor(networks?: readonly string[]) {
    this.store = networks ? evidenceOf(networks, join(this.folder, 'store')) : 'results';
    this.built = build(this.store, this.site);
  }

  pages(): string[] {
    return filesIn(this.site).filter(name => name.endsWith('.html'));
  }

  read(name: string, where = this.site): string {
    return readFileSync(join(where, name), 'utf8');
  }

  /** A copy of the site in which somebody has changed files and, knowing how it is checked, all digests with them. */
  tampered(change: (at: string) => void): string {
    const copy = mkdtempSync(join(this.folder, 'copy-'));
    cpSync(this.site, copy, { recursive: true });
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

  edit(at: string, name: string, from: string | RegExp, to: string): void {
    const text = this.read(name, at);
    const changed = text.replace(from, () => to);
    if (changed === text) throw new Error(`${name} has no ${from}`);
    writeFileSync(join(at, name), changed);
  }

  /** ResNet-20, seed 1, of the profile mini on the usual backend. */
  aRun(): { key: string; short: string } {
    const all = readdirSync(join(this.site, 'records'));
    const key = all.find(each => {
      const { network, identity, asked } = JSON.parse(this.read(`records/${each}/record.json`));
      const isUsual = identity.backend === 'onnxruntime' && asked.profile === 'mini';
      return isUsual && network === 'ResNet-20' && identity.seed === 1;
    })!;
    return { key, short: key.slice(0, 16) };
  }

  /** What the page prints as the mean of ResNet-20. */
  meanOfResNet20(): string {
    return /<a href="#resnet-20-error">(\d+\.\d\d)/.exec(this.read('mini/table6.html'))![1]!;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Copies the committed runs of networks under `mini` on the usual backend; the path of the store. */
function evidenceOf(networks: readonly string[], store: string): string {
  const results = join(root, 'results');
  for (const name of ['store.json', 'design.json']) cpSync(join(results, name), join(store, name));
  for (const key of readdirSync(join(results, 'runs'))) {
    const text = readIfThere(join(results, 'runs', key, 'record.json'));
    if (text === null) continue; // one that is being run
    const { network, identity, asked } = JSON.parse(text.toString());
    if (identity.backend === 'onnxruntime' && asked.profile === 'mini' && networks.includes(network))
      cpSync(join(results, 'runs', key), join(store, 'runs', key), { recursive: true });
  }
  return store;
}

/** Builds a site of a store. */
export function build(store: string, out: string): { files: number; runs: number; root: string } {
  const { status, stdout, stderr } = runCommand(['report', '--store', store, '--out', out, '--json']);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Names of all files in a folder, in order. */
export function filesIn(where: string): string[] {
  return readdirSync(where, { recursive: true, encoding: 'utf8' })
    .filter(name => statSync(join(where, name)).isFile())
    .sort();
}

/** SHA-256, in hex. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
