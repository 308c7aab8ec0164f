import { figureTarget } from './figure.ts';
import type { Parts } from './parts.ts';
import type { CurvesFile } from './schemas/curves.ts';
import type { Source } from './source.ts';
import { tableTarget } from './table.ts';
import type { Target } from './types.ts';

/**
 * Puts a table or figure together; null when that is impossible. References that lead nowhere are problems. `curves`:
 * curves.json, which is read for figures alone.
 */
export async function buildTarget(
  parts: Parts,
  curves: () => Promise<Source<CurvesFile>>,
): Promise<Target | null> {
  const file = parts.manifest.data;
  switch (file.kind) {
    case 'table':
      return tableTarget(file, parts);
    case 'figure':
      return figureTarget(file, parts, await curves());
    case 'architecture': {
      // It builds the graphs of its networks, which no other target needs.
      const { architectureTarget } = await import('./architecture.ts');
      return architectureTarget(file, parts);
    }
  }
}
