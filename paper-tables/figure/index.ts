import type { FigureView } from '../../harness/aggregate/types.ts';
import { claimsCsv, runsCsv } from '../csv.ts';
import { type Kind, pictureFormats, runFormats } from '../kind.ts';
import { summaryText } from '../page-text.ts';
import { layOutPicture, renderFragment } from '../templates.ts';
import { figureCsv } from './csv.ts';
import { type FigureJson, figureJson } from './json.ts';
import { figurePage } from './page.ts';
import { figureText } from './text.ts';

const formats = [...pictureFormats, ...runFormats];

/** A figure of measured curves; curves are set beside each other, never judged. */
export const figure: Kind<FigureView, FigureJson> = {
  formats,
  text: figureText,
  summary: (view, terminal) => summaryText(view, [], terminal),
  json: figureJson,
  verdicts: () => [],
  fragment: view => renderFragment('figure', figurePage(view), formats),
  async files(view) {
    const { drawFigure } = await import('./draw.ts');
    const data = { csv: figureCsv(view), 'claims.csv': claimsCsv(view), 'runs.csv': runsCsv(view) };
    return layOutPicture('figure', figurePage(view), data, await drawFigure(view));
  },
};
