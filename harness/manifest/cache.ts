import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../ml/data/cache.ts';

/**
 * What a YAML text was parsed to before; undefined when that is not known. The parser takes longer to load than all
 * else that a command does before it works. An entry that is damaged or was written by something else is ignored.
 */
export function parsedBefore(text: string): unknown {
  try {
    const [written, body] = splitOnce(readFileSync(entry(text), 'utf8'));
    return digest(body) === written ? JSON.parse(body) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what a YAML text was parsed to. A folder that cannot be written costs time only. */
export function keepParsed(text: string, data: unknown): void {
  const file = entry(text);
  const body = JSON.stringify(data);
  try {
    makeFolder(dirname(file));
    writeFileSync(file, `${digest(body)}\n${body}`); // half of it is not its digest's
  } catch {}
}

/** To be raised when the same text is parsed to something else. */
const version = 1;

function entry(text: string): string {
  return join(cacheFolder(), 'manifests', `${digest(`${version}\n${text}`)}.json`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function splitOnce(content: string): [string, string] {
  const end = content.indexOf('\n');
  return [content.slice(0, end), content.slice(end + 1)];
}

/** `mkdir` with `recursive` tries for ever where a folder that is there takes nothing: below /proc, on a dead mount. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder);
  }
}
