import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunView, View } from '../harness/aggregate/types.ts';
import { explained } from '../harness/errors.ts';
import { listIfThere, makeFolder, readIfThere, sweep, writeAtomic } from '../harness/record/files.ts';
import { kindOf } from './kinds.ts';

/** A view and the files that show it. */
export interface Published {
  /** Digest of all that the files were made from: the view, the code that lays it out and the versions it uses. */
  inputs: string;
  view: View;
  /** SHA-256 of each file in the folder, by name. */
  files: Record<string, string>;
}

/**
 * Whether the page of a view that is in the folder rests on more runs: on some that the view leaves out, or on more of a
 * network. It is then not to be replaced by what rests on less. Fails with a `UserError` where the system does not tell.
 */
export function restsOnMore(view: View, folder: string, unshown: ReadonlySet<string>): boolean {
  if (!listIfThere(folder).includes(`${view.name}.md`)) return false;
  const before = runsBehind(view, folder);
  // A page without its list of runs, as it is committed: what is recorded is on it.
  if (before === null) return unshown.size > 0;
  const now = seedsByNetwork(view.runs);
  const more = [...seedsByNetwork(before)].some(([network, seeds]) => seeds > (now.get(network) ?? 0));
  return more || before.some(({ key }) => unshown.has(key));
}

/**
 * Lays a view out into files `<name>.<format>` of a folder, each written atomically, beside `<name>.json`, which says what
 * they are; it is written first, so that of an interrupted page it is known what it was to rest on. What is there already
 * stays, if it is what would be written: any file that was changed, emptied or removed since is made again. Fails with a
 * `UserError` when something must be written and cannot be.
 */
export async function publish(view: View, folder: string): Promise<Published> {
  const inputs = sha256(JSON.stringify(view), layoutCode());
  clear(view.name, folder);
  const current = publishedBefore(view, inputs, folder);
  if (current) return current;
  const contents = await kindOf(view).files(view);
  makeFolder(folder);
  const named = [...contents].map(([format, content]) => [`${view.name}.${format}`, content] as const);
  const files = Object.fromEntries(named.map(([name, content]) => [name, sha256(content)]));
  const published = { inputs, view, files };
  writeAtomic(manifestOf(view, folder), [textOf(published)]);
  for (const [name, content] of named) writeAtomic(join(folder, name), [content]);
  return published;
}

/** What the folder holds of the view; null unless every byte is as it was published from these inputs. */
function publishedBefore(view: View, inputs: string, folder: string): Published | null {
  const files: Published['files'] = {};
  try {
    for (const format of kindOf(view).formats) {
      const name = `${view.name}.${format}`;
      files[name] = sha256(readFileSync(join(folder, name)));
    }
    const published = { inputs, view, files };
    return readFileSync(manifestOf(view, folder), 'utf8') === textOf(published) ? published : null;
  } catch {
    return null; // absent or unreadable: it is derived, and derived again
  }
}

/** The runs that the page in the folder rests on; null when that is not known. */
function runsBehind(view: View, folder: string): RunView[] | null {
  const text = readIfThere(manifestOf(view, folder));
  if (text === null) return null;
  try {
    const { runs } = (JSON.parse(text.toString()) as Published).view;
    return Array.isArray(runs) ? runs.filter(run => typeof run === 'object' && run !== null) : null;
  } catch {
    return null;
  }
}

function seedsByNetwork(runs: readonly RunView[]): Map<string, number> {
  const seeds = new Map<string, number>();
  for (const { network, kind } of runs)
    if (kind === 'train') seeds.set(network, (seeds.get(network) ?? 0) + 1);
  return seeds;
}

function manifestOf({ name }: View, folder: string): string {
  return join(folder, `${name}.json`);
}

function textOf(published: Published): string {
  return `${JSON.stringify(published)}\n`;
}

/** Removes what interrupted writes of the target have left; where that cannot be done, it is in nobody's way. */
function clear(name: string, folder: string): void {
  try {
    sweep(folder, file => file.startsWith(`${name}.`));
  } catch (error) {
    if (explained(error) === null) throw error;
  }
}

let code: string | undefined;

/** Digest of what turns views into files: this folder and the versions of the packages it uses. */
function layoutCode(): string {
  if (code !== undefined) return code;
  const folder = dirname(fileURLToPath(import.meta.url));
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(ts|json|hbs)$/.test(name) && !/\.(test|fixture)\.ts$|^golden/.test(name))
    .map(name => name.replaceAll('\\', '/'))
    .sort();
  const sources = names.flatMap(name => [name, readFileSync(join(folder, name))]);
  code = sha256(...sources, readFileSync(join(folder, '..', 'package-lock.json')));
  return code;
}

function sha256(...parts: (string | Uint8Array)[]): string {
  return parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
}
