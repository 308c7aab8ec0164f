import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { cores, memory } from '../../ml/data/cores.ts';
import { root } from '../checkout.ts';
import { git, whyNot } from '../git.ts';
import { sourcesDigest } from './sources.ts';
import type { CodeState, HostFacts } from './types.ts';

/** What machine this is. */
export function hostFacts(): HostFacts {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: cores(),
    memoryGiB: Math.round(memory() / 2 ** 30),
  };
}

/** Which code runs: its sources, the commit, and what is not committed. `folder`: the checkout. */
export async function codeState(backend: string, folder = root): Promise<CodeState> {
  return {
    sources: sourcesDigest(backend, folder),
    ...(await gitState(folder)),
    lockfileSha256: sha256(readFileSync(join(folder, 'package-lock.json'))),
  };
}

/** Whether two states of the code are the same one. */
export function sameCode(a: CodeState, b: CodeState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** `results/` is a store, not code: records that were just written there do not count. */
const code = ['--', '.', ':(exclude)results'];

/** Commit and uncommitted changes, untracked files among them, or why git could not tell. */
export async function gitState(folder = root): Promise<Omit<CodeState, 'sources' | 'lockfileSha256'>> {
  const unknown = (why: string) => ({ commit: null, unknown: why, dirty: false, diffSha256: null });
  try {
    const top = (await git(folder, 'rev-parse', '--show-toplevel')).trim();
    if (realpathSync(top) !== realpathSync(folder))
      return unknown('not a git checkout of its own: it lies inside another repository');
    const commit = (await git(folder, 'rev-parse', '--verify', 'HEAD')).trim();
    const [changed, untracked] = await Promise.all([
      git(folder, 'diff', '--name-only', '--no-color', '--no-ext-diff', '-z', 'HEAD', ...code),
      git(folder, 'ls-files', '--others', '--exclude-standard', '-z', ...code),
    ]);
    const files = `${changed}${untracked}`.split('\0').filter(Boolean).sort();
    const dirty = files.length > 0;
    return { commit, dirty, diffSha256: dirty ? changesDigest(folder, files) : null };
  } catch (error) {
    return unknown(whyNot(error));
  }
}

/** Of names and contents, on which no setting of how git shows differences bears. */
function changesDigest(folder: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0${contentDigest(join(folder, file))}\0`);
  return hash.digest('hex');
}

function contentDigest(file: string): string {
  try {
    const { mode } = statSync(file);
    return `${sha256(readFileSync(file))} ${mode & 0o100 ? 'executable' : ''}`;
  } catch {
    return 'nothing'; // removed, a folder, or a link to nowhere
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
