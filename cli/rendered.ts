import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScoresOf } from '../harness/aggregate/ensemble.ts';
import type { ReleasedEvaluation } from '../harness/aggregate/evaluated.ts';
import type { View } from '../harness/aggregate/types.ts';
import type { Target } from '../harness/manifest/types.ts';
import { makeFolder, writeAtomic } from '../harness/record/files.ts';
import type { RunRecord } from '../harness/record/types.ts';

/** A target as it was laid out last, beside its files: `<store>/rendered/<profile>/<target>.json`. */
export interface Rendered {
  /** Digest of everything that the view and the files were made from. */
  inputs: string;
  view: View;
  /** Names of the files in the same folder. */
  files: string[];
}

/**
 * The view of a target and its files; made anew only when a record, the manifest, the published values or the code
 * that lays them out has changed since. `records`: finished runs by network, seeds ascending; `scoresOf`: what ensembles
 * average; `evaluations`: of weights that others trained, by network.
 */
export async function render(
  target: Target,
  records: ReadonlyMap<string, RunRecord[]>,
  folder: string,
  command: string,
  scoresOf: ScoresOf,
  evaluations: ReadonlyMap<string, ReleasedEvaluation>,
): Promise<Rendered> {
  const inputs = digest(target, [...records], [...evaluations], command, code());
  const last = readRendered(join(folder, `${target.name}.json`));
  if (last?.inputs === inputs && last.files.every(file => existsSync(join(folder, file)))) return last;
  const { viewTarget } = await import('../harness/aggregate/aggregate.ts');
  const { renderTarget } = await import('../paper-tables/render.ts');
  const view = await viewTarget(target, records, { command, scoresOf, evaluations });
  const rendered = { inputs, view, files: await renderTarget(view, folder) };
  makeFolder(folder);
  writeAtomic(join(folder, `${target.name}.json`), [`${JSON.stringify(rendered)}\n`]);
  return rendered;
}

function readRendered(file: string): Rendered | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Rendered;
  } catch {
    return null; // absent or damaged: it is derived, and derived again
  }
}

function digest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** What turns records and specifications into tables and figures, byte by byte. */
function code(): string {
  const root = join(import.meta.dirname, '..');
  const hash = createHash('sha256');
  for (const folder of [
    'ml/graph',
    'ml/nets',
    'harness/aggregate',
    'paper-tables',
    'paper-tables/templates',
  ]) {
    for (const name of readdirSync(join(root, folder)).sort()) {
      if (/\.(ts|json|hbs)$/.test(name) && !name.endsWith('.test.ts'))
        hash.update(name).update(readFileSync(join(root, folder, name)));
    }
  }
  return hash.digest('hex');
}
