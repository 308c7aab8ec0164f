import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../checkout.ts';
import { sourcesDigest } from './sources.ts';
import type { CodeState, HostFacts } from './types.ts';

/** What machine this is. */
export function hostFacts(): HostFacts {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
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
    return unknown(reasonOf(error));
  }
}

/** Runs git without what the environment or the user's settings would change about its answer. */
async function git(folder: string, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const plain = ['-c', 'core.fsmonitor=false', '-c', 'diff.renames=false'];
  const options = { cwd: folder, env: { ...env, LC_ALL: 'C' }, maxBuffer: 2 ** 28 };
  return (await promisify(execFile)('git', [...plain, ...args], options)).stdout;
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

function reasonOf(error: unknown): string {
  const { code, stderr, message } = error as Error & { code?: unknown; stderr?: string };
  if (code === 'ENOENT') return 'git is not installed';
  const said = (stderr ?? message).split('\n')[0]!.replace(/^fatal: /, '');
  return /not a git repository/.test(said) ? 'not a git checkout' : `git cannot tell: ${said.slice(0, 200)}`;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
