import { chmodSync, existsSync, mkdtempSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../harness/errors.ts';
import { listIfThere, makeFolder, remove, writeAtomic } from '../harness/record/files.ts';
import type { SiteFiles } from './site.ts';

/** The file by which a folder is known as one that a site was written to. */
const mark = join('data', 'digests.json');

/**
 * Writes a site beside its folder and swaps it in whole: nobody sees half of it, and nothing of an earlier one stays. Fails
 * with a `UserError` where the folder holds something else.
 */
export function publishSite(files: SiteFiles, folder: string): void {
  const out = resolve(folder);
  if (listIfThere(out).length > 0 && !existsSync(join(out, mark)))
    throw new UserError(`${folder} holds something that is no site, which would be lost.`, {
      fix: 'name an empty folder, or one that does not exist: --out site',
    });
  makeFolder(dirname(out));
  const staging = mkdtempSync(join(dirname(out), '.site-'));
  chmodSync(staging, 0o755); // a server reads it as somebody else
  try {
    const folders = new Set([...files.keys()].map(path => dirname(path)));
    for (const each of folders) makeFolder(join(staging, each));
    for (const [path, content] of files) writeAtomic(join(staging, path), [content]);
    const old = `${staging}.old`;
    if (existsSync(out)) renameSync(out, old);
    renameSync(staging, out);
    remove(old);
  } finally {
    remove(staging);
  }
}

/** The digest over all files of a site that was written. */
export function rootOf(files: SiteFiles): string {
  return (JSON.parse(String(files.get('data/digests.json'))) as { root: string }).root;
}
