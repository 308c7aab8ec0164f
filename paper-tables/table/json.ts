import type {
  CellView,
  CountView,
  EvaluatedValue,
  Sample,
  TableView,
} from '../../harness/aggregate/types.ts';
import { noteText } from './wording.ts';

/** A table for programs: cells by column. */
export interface TableJson {
  rows: { label: string; cells: Record<string, CellJson> }[];
  evaluations: TableView['evaluations'];
  testing: TableView['testing'];
  overImages: TableView['overImages'];
  /** Of a table by backend. */
  agreements?: TableView['agreements'];
}

/** A cell, with what was reproduced in one place: the sample of a measured cell, or the count of another. */
interface CellJson extends Pick<CellView, 'published' | 'residual' | 'verdict' | 'evidence' | 'absence'> {
  reproduced: Sample | CountView | null;
  evaluated: EvaluatedValue | null;
  /** The note of the page, in words. */
  note: string | null;
}

/** The cells of a table with the evidence for their verdicts. */
export function tableJson(view: TableView): TableJson {
  const { rows, columns, evaluations, testing, overImages, agreements } = view;
  return {
    rows: rows.map(({ label, cells }) => ({
      label,
      cells: Object.fromEntries(cells.map((cell, i) => [columns[i]!.key, cellJson(cell, view)])),
    })),
    evaluations,
    testing,
    overImages,
    ...(agreements && { agreements }),
  };
}

function cellJson(cell: CellView, view: TableView): CellJson {
  const { published, ours, evaluated, count, residual, verdict, evidence, absence } = cell;
  const note = noteText(cell, view);
  return { published, reproduced: ours ?? count, evaluated, residual, verdict, evidence, absence, note };
}
