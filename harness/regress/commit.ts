import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../checkout.ts';
import { UserError } from '../errors.ts';
import { git, whyNot } from '../git.ts';
import { quoted } from '../text.ts';

/** The full name of a commit that the user names. Fails with a `UserError` where git does not know it. */
export async function commitNamed(revision: string): Promise<string> {
  try {
    return (await git(root, 'rev-parse', '--verify', '--end-of-options', `${revision}^{commit}`)).trim();
  } catch (error) {
    throw new UserError(`--since is ${quoted(revision)}, and ${whyNot(error)}.`, {
      fix: 'git fetch --unshallow, or name another commit: --since HEAD~1',
    });
  }
}

/** Subjects of the commits after one up to another, newest first; none where git cannot tell. */
export async function commitsBetween(before: string, now: string): Promise<string[]> {
  const range = `${before}..${now}`;
  const listed = git(root, 'log', '--format=%h %s', '--max-count=200', '--end-of-options', range);
  return (await listed.catch(() => '')).split('\n').filter(Boolean);
}

/**
 * Calls `use` with a checkout of a commit in `folder`, which is removed afterwards. It has the packages of this one where its
 * lockfile is the same; else it installs its own when it runs. Fails with a `UserError` where there is no such commit here.
 */
export async function inCheckoutOf<T>(
  commit: string,
  folder: string,
  use: (checkout: string) => Promise<T>,
): Promise<T> {
  try {
    await git(root, 'worktree', 'add', '--detach', '--force', folder, commit);
  } catch (error) {
    throw new UserError(`The commit ${commit.slice(0, 12)} cannot be checked out: ${whyNot(error)}.`, {
      fix: 'git fetch --unshallow',
    });
  }
  try {
    if (sameLockfile(folder)) sharePackages(join(folder, 'node_modules'));
    return await use(folder);
  } finally {
    await git(root, 'worktree', 'remove', '--force', '--force', folder);
  }
}

function sameLockfile(folder: string): boolean {
  const [own, theirs] = [root, folder].map(each => readFileSync(join(each, 'package-lock.json'), 'utf8'));
  return own === theirs && existsSync(join(root, 'node_modules'));
}

/** Links to our packages; caches of what runs stay the checkout's own, and what tells that all is there is copied. */
export function sharePackages(modules: string): void {
  const own = join(root, 'node_modules');
  mkdirSync(modules);
  for (const entry of readdirSync(own, { withFileTypes: true })) {
    const { name } = entry;
    if (entry.isFile()) copyFileSync(join(own, name), join(modules, name));
    else if (!name.startsWith('.')) symlinkSync(join(own, name), join(modules, name));
  }
}
