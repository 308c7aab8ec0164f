import type { TableView } from '../../harness/aggregate/types.ts';
import { type Kind, tableFormats } from '../kind.ts';
import { layOutTable, renderFragment } from '../templates.ts';
import { tableCsv } from './csv.ts';
import { type TableJson, tableJson } from './json.ts';
import { tablePage } from './page.ts';
import { tableSummary, tableText } from './text.ts';

/** A table of measured values. */
export const table: Kind<TableView, TableJson> = {
  formats: tableFormats,
  text: tableText,
  summary: tableSummary,
  json: tableJson,
  verdicts: ({ rows }) => rows.flatMap(({ cells }) => cells.map(({ verdict }) => verdict)),
  fragment: view => renderFragment('table', tablePage(view)),
  files: view => layOutTable('table', tablePage(view), tableCsv(view)),
};
