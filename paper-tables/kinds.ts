import type { View } from '../harness/aggregate/types.ts';
import { architecture } from './architecture/index.ts';
import { drawing } from './drawing/index.ts';
import { figure } from './figure/index.ts';
import type { Kind } from './kind.ts';
import { printable } from './printable.ts';
import { table } from './table/index.ts';

/** How each kind of view is laid out. */
export const kinds = {
  table: guarded(table),
  figure: guarded(figure),
  architecture: guarded(architecture),
  drawing: guarded(drawing),
} satisfies { [K in View['kind']]: Kind<Extract<View, { kind: K }>> };

/** What a kind of view says to programs, besides what all views have in common. */
export type KindJson = { [K in View['kind']]: ReturnType<(typeof kinds)[K]['json']> }[View['kind']];

/** The kind of a view. */
export function kindOf<V extends View>(view: V): Kind<V, KindJson> {
  return kinds[view.kind] as unknown as Kind<V, KindJson>;
}

/** A kind whose views are made printable, once each, before anything is made of them. */
function guarded<V extends View, J extends object>(kind: Kind<V, J>): Kind<V, J> {
  const made = new WeakMap<V, V>();
  const safe = (view: V) => {
    const known = made.get(view) ?? printable(view);
    made.set(view, known);
    return known;
  };
  return {
    formats: kind.formats,
    text: (view, options) => kind.text(safe(view), options),
    summary: (view, terminal) => kind.summary(safe(view), terminal),
    json: view => kind.json(safe(view)),
    verdicts: view => kind.verdicts(view),
    fragment: (view, links) => kind.fragment(safe(view), links),
    files: view => kind.files(safe(view)),
  };
}
