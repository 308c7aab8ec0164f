import type { DrawingView } from '../../harness/aggregate/types.ts';
import { type CostJson, costJson } from '../costs.ts';
import { type Kind, pictureFormats } from '../kind.ts';
import { summaryText } from '../page-text.ts';
import { layOutPicture, renderFragment } from '../templates.ts';
import { drawingCsv } from './csv.ts';
import { drawingPage } from './page.ts';
import { drawingText, verdictsOf } from './text.ts';

/** A drawing for programs: what its networks or blocks cost. */
export interface DrawingJson {
  costs: CostJson[];
}

/** A drawing of a block, of blocks or of whole networks. */
export const drawing: Kind<DrawingView, DrawingJson> = {
  formats: pictureFormats,
  text: drawingText,
  summary: (view, terminal) => summaryText(view, verdictsOf(view), terminal),
  json: ({ networks }) => ({ costs: networks.map(({ cost }) => costJson(cost)) }),
  verdicts: verdictsOf,
  fragment: view => renderFragment('drawing', drawingPage(view), pictureFormats),
  async files(view) {
    const { drawArchitecture } = await import('./draw.ts');
    const data = { csv: drawingCsv(view) };
    return layOutPicture('drawing', drawingPage(view), data, await drawArchitecture(view));
  },
};
