import type { ArchitectureView } from '../../harness/aggregate/types.ts';
import { type CostJson, costJson } from '../costs.ts';
import { type Kind, tableFormats } from '../kind.ts';
import { summaryText } from '../page-text.ts';
import { layOutTable, renderFragment } from '../templates.ts';
import { architectureCsv } from './csv.ts';
import { architecturePage } from './page.ts';
import { architectureText, verdictsOf } from './text.ts';

/** A table of architectures for programs. */
export interface ArchitectureJson {
  layers: ArchitectureView['rows'];
  costs: CostJson[];
}

/** A table that is computed from specifications: layers by output size, and what they cost. */
export const architecture: Kind<ArchitectureView, ArchitectureJson> = {
  formats: tableFormats,
  text: architectureText,
  summary: (view, terminal) => summaryText(view, verdictsOf(view), terminal),
  json: view => ({ layers: view.rows, costs: costsOf(view).map(costJson) }),
  verdicts: verdictsOf,
  fragment: view => renderFragment('architecture', architecturePage(view), tableFormats),
  files: view => layOutTable('architecture', architecturePage(view), { csv: architectureCsv(view) }),
};

function costsOf({ costs, compared }: ArchitectureView) {
  return [...costs, ...compared];
}
