import type { CellView, TableView } from '../../harness/aggregate/types.ts';
import { integer, number } from '../numbers.ts';
import { type Page, runPage } from '../page.ts';
import { markedWord } from '../verdicts.ts';
import { evaluatedLegend, scaledDownLegend } from '../wording.ts';
import { type CellLinks, type Grid, gridOf } from './grid.ts';
import { testingTexts, whose } from './wording.ts';

/** The page of a table. */
export function tablePage(view: TableView, links?: CellLinks): Page & { grid: Grid } {
  const { testing, marks } = view;
  const grid = gridOf(view, links);
  const some = (has: (cell: CellView) => boolean) => view.rows.some(({ cells }) => cells.some(has));
  const residual = some(cell => cell.residual !== null) ? '; residual: ours − paper' : '';
  const legend = [
    `${whose(view)}: mean ± SD over seeds (sample SD, n − 1), number of seeds in parentheses${residual}.`,
    ...scaledDownLegend(view, 'value'),
    ...(some(({ verdict }) => verdict === 'token')
      ? [
          `${markedWord('token')}: shows only that the network trains; its values are neither shown nor compared.`,
        ]
      : []),
    ...(view.evaluations.length > 0 ? [evaluatedLegend] : []),
    ...(some(({ count }) => count !== null && !count.agrees)
      ? ['ran: the count for the network actually run.']
      : []),
    ...(some(({ absence }) => absence?.kind === 'by others')
      ? ['quoted: a result of others that the paper quotes; it is not run here.']
      : []),
    ...overImagesText(view),
    ...marks.map(mark => `The paper’s note: ${mark}`),
  ];
  const remarks = testing ? testingTexts(testing) : [];
  return { ...runPage(view, { legend, notes: grid.notes, remarks }), grid };
}

/** A line of its own: no interval holds it, as the paper's values are of the same images. */
function overImagesText({ overImages }: TableView): string[] {
  if (overImages.length === 0) return [];
  const several = new Set(overImages.map(({ column }) => column)).size > 1;
  const texts = overImages.map(
    ({ row, column, error }) => `${row}${several ? `, ${column}` : ''} ${number(error)}`,
  );
  const counts = [...new Set(overImages.map(({ images }) => integer(images)))].join(' or ');
  return [
    `Of images in general, a mean has a standard error over the ${counts} test images besides, in points: ${texts.join('; ')}. The paper’s values are of the same images, so that no interval here holds it.`,
  ];
}
