import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { root } from '../checkout.ts';

/**
 * SHA-256 of the sources that compute the results of a backend, by name and content: what they mean (ml), who computes
 * (the backend, and what backends share) and how it is run (tasks, execute). Not of tests, pages or the command line, which
 * change no result.
 */
export function sourcesDigest(backend: string, folder = root): string {
  const hash = createHash('sha256');
  const parts = ['ml', `backends/${backend}`, 'harness/tasks', 'harness/execute'];
  const shared = filesIn(folder, 'backends').filter(file => /^backends\/(?!registry)[^/]+$/.test(file));
  for (const file of [...shared, ...parts.flatMap(part => filesIn(folder, part))].sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update('\0');
  return hash.digest('hex');
}

function filesIn(folder: string, part: string): string[] {
  let names: string[];
  try {
    names = readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' });
  } catch {
    return []; // a backend of the user's own lies elsewhere
  }
  return names
    .map(name => `${part}/${name.split(sep).join('/')}`)
    .filter(name => /\.(ts|mjs|py)$/.test(name) && !/\.(test|fixture)\.ts$|\/golden\//.test(name));
}
