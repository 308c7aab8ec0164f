import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { holderName, isLiveHolder, ownHolder } from '../ml/data/holder.ts';
import { BackendError } from './contract.ts';

const prefix = 'held-';

/**
 * Takes a folder for one setup at a time, made where there is none; what killed ones have left is taken over. Fails with a
 * `BackendError` while another process has it. Returns what gives it back, and removes it where nothing else is in it.
 */
export function holdFolder(folder: string, what: string): () => void {
  mkdirSync(folder, { recursive: true });
  const own = join(folder, `${prefix}${holderName(ownHolder())}`);
  writeFileSync(own, '');
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (!name.startsWith(prefix) || file === own) continue;
    if (isLiveHolder(name.slice(prefix.length), file)) {
      rmSync(own);
      throw new BackendError(`${what} is being set up by another process, which keeps ${basename(file)}.`, {
        fix: `wait for it, then run this command again   # in ${folder}`,
      });
    }
    rmSync(file);
  }
  return () => {
    rmSync(own, { force: true });
    try {
      rmdirSync(folder);
    } catch {} // what an interrupted setup continues with
  };
}
