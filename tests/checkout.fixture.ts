import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sharePackages } from '../harness/regress/commit.ts';

/** A checkout of its own with what is in this one, committed or not, as its first commit. */
export class Checkout {
  readonly folder = mkdtempSync(join(tmpdir(), 'residuals-checkout-'));

  constructor() {
    const from = dirname(import.meta.dirname);
    const list = [
      'ls-files',
      '-z',
      '--cached',
      '--others',
      '--exclude-standard',
      '--',
      '.',
      ':(exclude)results',
    ];
    const files = execFileSync('git', list, { cwd: from, encoding: 'utf8' }).split('\0').filter(Boolean);
    for (const file of files.filter(file => existsSync(join(from, file))))
      cpSync(join(from, file), join(this.folder, file));
    // Of the evidence one record: enough for a report.
    const [record] = readdirSync(join(from, 'results', 'runs')).sort();
    for (const name of ['store.json', `runs/${record}/record.json`])
      cpSync(join(from, 'results', name), join(this.folder, 'results', name));
    sharePackages(join(this.folder, 'node_modules'));
    this.git('init', '--quiet');
    this.commit('all');
  }

  git(...args: string[]): string {
    const who = ['-c', 'user.name=Tester', '-c', 'user.email=tester@example.org'];
    return execFileSync('git', [...who, ...args], { cwd: this.folder, encoding: 'utf8' }).trim();
  }

  commit(subject: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--no-verify', '-m', subject);
    return this.git('rev-parse', 'HEAD');
  }

  /** Replaces a text that a file has, once. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.folder, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} has not one ${JSON.stringify(from)}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }

  /** Takes back all that is not committed. */
  reset(): void {
    this.git('checkout', '--quiet', '--', '.');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
