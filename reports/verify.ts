import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { exitCodes, UserError } from '../harness/errors.ts';
import { explicit, recordProblem } from '../harness/record/schema.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { quoted } from '../harness/text.ts';
import { printedIn, problemsOf } from './check.ts';
import { sha256 } from './digest.ts';
import { otherPublished } from './published.ts';
import type { TargetData } from './types.ts';

/** What came of checking a site: what was looked at, and each thing that does not follow from the records. */
export interface Verified {
  files: number;
  records: number;
  pages: number;
  problems: string[];
  /** What the pages are derived from, by page; empty of one that cannot be read. */
  data: ReadonlyMap<string, TargetData>;
  /** The record of a run; null where the site has none that can be used. */
  recordOf(key: string): JobRecord | null;
}

/** Reads a file of a site; null when it is not there. */
type Read = (path: string) => Promise<Buffer | null>;

/** Checks a site in a folder or at an address. Fails with a `UserError` where there is none. */
export async function verifySite(site: string, onProgress: (message: string) => void): Promise<Verified> {
  const read = /^https?:\/\//.test(site) ? readerAt(site) : readerIn(site);
  const listed = await read('data/digests.json');
  const refuse = (why: string) =>
    new UserError(`${site} is no site of npm run report: ${why}.`, {
      fix: 'npm run report -- --out site && npm run verify -- --site site',
      exitCode: exitCodes.failed,
    });
  if (!listed) throw refuse('it has no data/digests.json');
  const digests = digestsIn(listed.toString('utf8'));
  if (!digests) throw refuse('its data/digests.json cannot be read');
  const problems: string[] = [];
  const contents = new Map<string, Buffer>();
  if (sha256(JSON.stringify(digests.files)) !== digests.root)
    problems.push('data/digests.json: its root is not the digest of what it lists');
  for (const [path, digest] of Object.entries(digests.files)) {
    const content = await read(path);
    if (content === null) problems.push(`${path}: missing`);
    else if (sha256(content) !== digest) problems.push(`${path}: not what data/digests.json says`);
    if (content !== null && /\.(html|js|json)$/.test(path)) contents.set(path, content);
  }
  onProgress(`${Object.keys(digests.files).length} files read; deriving the pages ...`);
  const text = (path: string) => contents.get(path)?.toString('utf8') ?? null;
  const targets = [...contents.keys()].filter(path => path.startsWith('data/targets/'));
  const data = new Map<string, TargetData>();
  for (const path of targets) problems.push(...(await pageProblems(path, text, data)));
  // A page without its data would be one that nobody derives again.
  for (const path of contents.keys()) {
    const [, page] = /<section data-check="([^"]*)"/.exec(path.endsWith('.html') ? text(path)! : '') ?? [];
    if (page !== undefined && !contents.has(`data/targets/${page}.js`))
      problems.push(`${path}: data/targets/${page}.js, which it is derived from, is missing`);
  }
  const records = Object.keys(digests.files).filter(path => /^records\/.*\/record\.json$/.test(path)).length;
  const recordOf = (key: string) => {
    const record = parsedRecord(text(`records/${key}/record.json`) ?? '');
    return record && recordProblem(record, key) === null
      ? { ...record, identity: explicit(record.identity) }
      : null;
  };
  const counts = { files: Object.keys(digests.files).length, records, pages: targets.length };
  return { ...counts, problems, data, recordOf };
}

function parsedRecord(text: string): JobRecord | null {
  try {
    return JSON.parse(text) as JobRecord;
  } catch {
    return null;
  }
}

async function pageProblems(
  path: string,
  text: (path: string) => string | null,
  found: Map<string, TargetData>,
): Promise<string[]> {
  const page = path.replace(/^data\/targets\/(.*)\.js$/, '$1.html');
  const [, json] = /^residuals\.target\((.*)\);\n$/s.exec(text(path)!) ?? [];
  const markup = text(page);
  if (json === undefined) return [`${path}: cannot be read`];
  if (markup === null) return [`${page}: missing`];
  try {
    const data = JSON.parse(json) as TargetData;
    found.set(page, data);
    const main = /<main id="main">(.*)<\/main>/s.exec(markup)?.[1] ?? '';
    const derived = problemsOf(data, key => text(`records/${key}/record.json`), printedIn(main));
    return [...derived, ...((await otherPublished(data.target)) ?? [])].map(problem => `${page}: ${problem}`);
  } catch (error) {
    return [`${path}: ${quoted((error as Error).message)}`];
  }
}

function digestsIn(text: string): { root: string; files: Record<string, string> } | null {
  try {
    const { root, files } = JSON.parse(text) as { root: unknown; files: unknown };
    const isWhole =
      typeof root === 'string' &&
      typeof files === 'object' &&
      files !== null &&
      Object.entries(files).every(([path, digest]) => isInside(path) && typeof digest === 'string');
    return isWhole ? { root, files: files as Record<string, string> } : null;
  } catch {
    return null;
  }
}

/** What a site lists is read inside of it, and nowhere else. */
function isInside(path: string): boolean {
  return /^[\w.-]+(\/[\w.-]+)*$/.test(path) && normalize(path) === path && !path.split('/').includes('..');
}

function readerIn(folder: string): Read {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UserError(`${folder} is no folder.`, {
      fix: 'npm run report -- --out site',
      exitCode: exitCodes.failed,
    });
  return async path => {
    const file = join(folder, path);
    return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : null;
  };
}

function readerAt(address: string): Read {
  const base = new URL(
    address.endsWith('/') ? address : address.replace(/[^/]*\.html$/, '').replace(/([^/])$/, '$1/'),
  );
  return async path => {
    let response: Response;
    try {
      response = await fetch(new URL(path, base));
    } catch (error) {
      const { cause, message } = error as Error & { cause?: Error };
      throw new UserError(`${base}${path} cannot be read: ${quoted(cause?.message ?? message)}.`, {
        exitCode: exitCodes.failed,
      });
    }
    return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
  };
}
