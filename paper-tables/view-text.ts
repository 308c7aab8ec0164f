import type { View } from '../harness/aggregate/types.ts';
import { architectureText, drawingText } from './architecture-text.ts';
import { figureText, tableText } from './text.ts';

/** A table or figure of any kind for a terminal. */
export function viewText(view: View): string {
  switch (view.kind) {
    case 'table':
      return tableText(view);
    case 'figure':
      return figureText(view);
    case 'architecture':
      return architectureText(view);
    case 'drawing':
      return drawingText(view);
  }
}
