import type { FigureView } from '../../harness/aggregate/types.ts';
import { type Kind, pictureFormats } from '../kind.ts';
import { summaryText } from '../page-text.ts';
import { layOutPicture, renderFragment } from '../templates.ts';
import { figureCsv } from './csv.ts';
import { type FigureJson, figureJson } from './json.ts';
import { figurePage } from './page.ts';
import { figureText } from './text.ts';

/** A figure of measured curves; curves are set beside each other, never judged. */
export const figure: Kind<FigureView, FigureJson> = {
  formats: pictureFormats,
  text: figureText,
  summary: (view, terminal) => summaryText(view, [], terminal),
  json: figureJson,
  verdicts: () => [],
  fragment: view => renderFragment('figure', figurePage(view)),
  async files(view) {
    const { drawFigure } = await import('./draw.ts');
    return layOutPicture('figure', figurePage(view), figureCsv(view), await drawFigure(view));
  },
};
