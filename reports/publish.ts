import { chmodSync, existsSync, mkdtempSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../harness/errors.ts';
import {
  listIfThere,
  makeFolder,
  readIfThere,
  remove,
  writeAtomic,
  writeError,
} from '../harness/record/files.ts';
import { quoted } from '../harness/text.ts';
import type { SiteFiles } from './site.ts';

/** The file by which a folder is known as one that a site was written to. */
const mark = join('data', 'digests.json');

/**
 * Writes a site beside its folder and swaps it in whole: nobody sees half of it, and nothing of an earlier one stays. Fails
 * with a `UserError` where the folder holds something else.
 */
export function publishSite(files: SiteFiles, folder: string): void {
  const out = resolve(folder);
  const [other] = othersIn(out);
  if (other !== undefined)
    throw new UserError(`${folder} holds something that is no site, which would be lost: ${quoted(other)}.`, {
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
    try {
      renameSync(staging, out);
    } catch (error) {
      if (existsSync(old)) renameSync(old, out);
      throw writeError(error, out);
    }
    remove(old);
  } finally {
    remove(staging);
  }
}

/** What a folder holds that no site has put there, such as `.git` or `CNAME`: pages of an earlier site are its own. */
function othersIn(folder: string): string[] {
  const listed = readIfThere(join(folder, mark))?.toString('utf8');
  const own = new Set(listed === undefined ? [] : topLevelOf(listed));
  return listIfThere(folder).filter(name => !own.has(name) && !(own.size > 0 && /\.(html|pdf)$/.test(name)));
}

function topLevelOf(digests: string): string[] {
  try {
    const { files } = JSON.parse(digests) as { files: object };
    return ['data', ...Object.keys(files).map(path => path.split('/')[0]!)];
  } catch {
    return []; // it is no site's
  }
}

/** The digest over all files of a site that was written. */
export function rootOf(files: SiteFiles): string {
  return (JSON.parse(String(files.get('data/digests.json'))) as { root: string }).root;
}
