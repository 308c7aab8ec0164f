import type { TableView } from '../../harness/aggregate/types.ts';
import { claimsCsv, runsCsv } from '../csv.ts';
import { type Kind, runFormats, tableFormats } from '../kind.ts';
import { layOutTable, renderFragment } from '../templates.ts';
import { tableCsv } from './csv.ts';
import { type TableJson, tableJson } from './json.ts';
import { tablePage } from './page.ts';
import { tableSummary, tableText } from './text.ts';

const formats = [...tableFormats, ...runFormats];

/** A table of measured values. */
export const table: Kind<TableView, TableJson> = {
  formats,
  text: tableText,
  summary: tableSummary,
  json: tableJson,
  verdicts: ({ rows, agreements = [] }) => [
    ...rows.flatMap(({ cells }) => cells.map(({ verdict }) => verdict)),
    ...agreements.flatMap(({ verdict }) => (verdict === 'differs' ? [verdict] : [])),
  ],
  fragment: (view, links) => renderFragment('table', tablePage(view, links), formats),
  files: view =>
    layOutTable('table', tablePage(view), {
      csv: tableCsv(view),
      'claims.csv': claimsCsv(view),
      'runs.csv': runsCsv(view),
    }),
};
