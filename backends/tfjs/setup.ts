import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shellWord } from '../../ml/shell.ts';
import { BackendError } from '../contract.ts';
import { holdFolder } from '../hold.ts';
import { type Build, build } from './build.ts';
import { isComplete, type KitName, kitFolder, kits, markOf } from './packages.ts';
import { checkHere } from './probe.ts';
import { expectTools } from './tools.ts';

/**
 * Puts TensorFlow.js into the cache folder, with what `part` names. What is there already is kept, what is half there is
 * continued; it is moved to where it is found once a training step on it is right.
 */
export async function setupTfjs(
  onProgress: (message: string) => void,
  device?: string,
  part: string = 'tfjs',
): Promise<string> {
  const kit = part as KitName;
  if (device !== undefined) {
    throw new BackendError(`${kit} is set up for all devices that it has; there is no choice of one.`, {
      fix: `npm run setup -- ${device === 'cuda' ? 'tfjs-node-gpu' : kit}`,
    });
  }
  const folder = kitFolder(kit);
  if (isComplete(folder)) return `${kit} is set up in ${folder} already`;
  if (kits[kit]) await expectTools(kit, kits[kit], folder);
  const partial = `${folder}.partial`;
  const release = holdFolder(partial, kit);
  try {
    const cache = join(partial, 'cache');
    const made: Build = { kit, native: kits[kit], partial, folder: kitFolder(kit, cache) };
    mkdirSync(made.folder, { recursive: true });
    await build(made, onProgress);
    markComplete(made.folder);
    onProgress('Comparing a training step');
    const version = await expectRight(kit, cache);
    rmSync(folder, { recursive: true, force: true });
    renameSync(made.folder, folder);
    rmSync(partial, { recursive: true, force: true });
    return `${version} is set up in ${folder}`;
  } finally {
    release();
  }
}

function markComplete(folder: string): void {
  rmSync(markOf(folder), { force: true }); // of an interrupted setup
  const sizes = readdirSync(folder).map(name => [name, statSync(join(folder, name)).size]);
  writeFileSync(markOf(folder), `${JSON.stringify({ bytes: Object.fromEntries(sizes) }, null, 2)}\n`);
}

/** Runs a step on what was made, which alone is in a cache of its own; returns its version. */
async function expectRight(kit: KitName, cache: string): Promise<string> {
  const variant = kits[kit] ? 'tensorflow' : 'wasm';
  const checked = await checkHere({ threads: 1, variant }, { RESIDUALS_CACHE: cache });
  if ('version' in checked) return checked.version;
  throw new BackendError(`${kit} was made but does not work: ${checked.missing}.`, {
    fix: `rm -r ${shellWord(dirname(cache))}   # then run this command again`,
  });
}
