import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../../ml/data/cache.ts';
import { makeFolderTree } from '../../../ml/data/folder.ts';

/** What is known of a file that was found valid: what it was parsed to, where parsing takes its time. */
export interface Known {
  data?: unknown;
}

/** The key of a file that was checked against a schema. */
export function keyOf(schema: string, text: string): string {
  return digest(`${version}\0${schema}\0${text}`);
}

/**
 * What is known of a file; undefined when that is nothing. An entry that is damaged, or that is not of this key, is as
 * good as none.
 */
export function recall(key: string): Known | undefined {
  const file = fileOf(key);
  if (file === null) return undefined;
  try {
    const [written, body] = splitOnce(readFileSync(file, 'utf8'));
    if (digest(body) !== written) return undefined;
    const { of, ...known } = JSON.parse(body) as Known & { of: string };
    return of === key ? known : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps that a file was found valid. A folder that cannot be written costs time only. */
export function keep(key: string, known: Known): void {
  const body = JSON.stringify({ of: key, ...known });
  const file = fileOf(key);
  if (file === null) return;
  try {
    makeFolderTree(dirname(file));
    writeFileSync(file, `${digest(body)}\n${body}`); // half of it has another digest
  } catch {}
}

/** To be raised when the checks that are no schema change, or what text is parsed to. */
const version = 1;

function fileOf(key: string): string | null {
  const cache = cacheFolder();
  return cache === null ? null : join(cache, 'manifests', `${key}.json`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function splitOnce(content: string): [string, string] {
  const end = content.indexOf('\n');
  return [content.slice(0, end), content.slice(end + 1)];
}
