import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Provenance } from './types.ts';

/** Which code runs on which machine: the part of a run's provenance that does not depend on the run. */
export type HostFacts = Pick<
  Provenance,
  'node' | 'platform' | 'cpu' | 'cores' | 'memoryGiB' | 'git' | 'lockfileSha256'
>;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Collects the facts; `folder` is the checkout that the code runs from. */
export async function hostFacts(folder = root): Promise<HostFacts> {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    git: await gitState(folder),
    lockfileSha256: sha256(readFileSync(join(folder, 'package-lock.json'))),
  };
}

/**
 * Commit and uncommitted changes; null outside git. Untracked files make it dirty but are not in the digest of the
 * diff. `results/` is a store, not code: records that were just written there do not count.
 */
async function gitState(folder: string): Promise<Provenance['git']> {
  const git = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('git', args, { cwd: folder, maxBuffer: 2 ** 28 });
    return stdout;
  };
  const code = ['--', '.', ':(exclude)results'];
  try {
    const [commit, status, diff] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('status', '--porcelain', ...code),
      git('diff', 'HEAD', '--binary', ...code),
    ]);
    const dirty = status !== '';
    return { commit: commit.trim(), dirty, diffSha256: dirty ? sha256(diff) : null };
  } catch {
    return null;
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
