import { own } from '../../own.ts';
import type { Task } from '../../tasks/task.ts';
import { isOfOtherImages } from '../images.ts';
import type { ResolvedNetwork } from '../resolve.ts';
import type { TableFile } from '../schemas/manifest.ts';
import type { PaperFile } from '../schemas/paper.ts';
import { type JudgedCell, measureOf, type PublishedCell, type Tolerance } from '../types.ts';
import { publishedCellOf } from './published.ts';

/**
 * The cells that are judged under the faithful profile, of all tables of one protocol: each value of a network that the
 * paper measured itself, on the images that ours are tested on, once, wherever it is printed. They are one family of tests, whatever has been run of them.
 */
export function judgedCells(
  tables: readonly TableFile[],
  { tables: published }: PaperFile,
  tolerances: Readonly<Record<string, Tolerance>>,
  { measures }: Task,
  networks: ReadonlyMap<string, ResolvedNetwork>,
): JudgedCell[] {
  const cells = new Map<string, JudgedCell>();
  for (const { published: key, columns, rows } of tables) {
    for (const row of rows) {
      for (const each of columns) {
        const { key: column } = each;
        const measure = measureOf(row, each);
        const network = row.network ?? row.networks?.[column];
        const cell = publishedCellOf(own(published, key) ?? null, row.published ?? row.label, column);
        if (network === undefined || measure === undefined || !own(measures, measure)) continue;
        if (!isJudged(cell) || !own(tolerances, measure)) continue;
        const resolved = networks.get(network);
        if (!resolved || isOfOtherImages(cell, resolved.config)) continue;
        const id = JSON.stringify([network, measure]);
        if (!cells.has(id)) cells.set(id, { network, measure, published: cell });
      }
    }
  }
  return [...cells.values()];
}

/** The paper's own trainings, of one run or of several: what others report, and what was put together of several, is not judged. */
function isJudged(cell: PublishedCell): cell is JudgedCell['published'] {
  return cell.kind === 'value' && ['single run', 'best of several'].includes(cell.estimator);
}
