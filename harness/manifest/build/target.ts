import type { CurvesFile } from '../schemas/curves.ts';
import type { Source } from '../source.ts';
import type { Target } from '../types.ts';
import type { Parts } from './parts.ts';

/**
 * Puts a table or figure together; null when that is impossible. References that lead nowhere are problems. `curves`:
 * curves.json, which is read for figures alone. Each kind is loaded when there is one of it.
 */
export async function buildTarget(
  parts: Parts,
  curves: () => Promise<Source<CurvesFile>>,
): Promise<Target | null> {
  const file = parts.manifest.data;
  switch (file.kind) {
    case 'table':
      return (await import('./table.ts')).tableTarget(file, parts);
    case 'figure':
      return (await import('./figure.ts')).figureTarget(file, parts, await curves());
    case 'architecture':
      return (await import('./architecture.ts')).architectureTarget(file, parts);
  }
}
