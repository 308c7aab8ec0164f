import { UserError } from '../harness/errors.ts';
import { loadTargets } from '../harness/manifest/load.ts';
import type { Target } from '../harness/manifest/types.ts';
import { digestOf } from '../harness/record/keys.ts';

/**
 * Published values of a site that are not those of this checkout, each with both; `null` where the checkout has no such
 * experiment, table or profile to set them against.
 */
export async function otherPublished(target: Target): Promise<string[] | null> {
  const { name, profile, experiment } = target;
  let own: Target | undefined;
  try {
    [own] = await loadTargets([name], profile, { experiment: experiment.id });
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
  const [theirs, ours] = [publishedIn(target), publishedIn(own!)];
  return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap(id => {
    const [there, here] = [theirs.get(id) ?? 'nothing', ours.get(id) ?? 'nothing'];
    return there === here
      ? []
      : [`${id}: the site has ${there} as published, paper.json of this checkout ${here}`];
  });
}

/** What a target has of the paper, by where it stands: a value as it is printed, of a curve the digest of its points. */
function publishedIn(target: Target): Map<string, string> {
  switch (target.kind) {
    case 'table':
      return new Map(
        target.rows.flatMap(({ label, published }) =>
          Object.entries(published).flatMap(([column, cell]) =>
            cell.kind === 'none' ? [] : [[`${label}, ${column}`, textOf(cell)] as const],
          ),
        ),
      );
    case 'figure':
      return new Map(
        target.panels.flatMap(({ curves }, panel) =>
          curves.flatMap(({ label, published }) =>
            Object.entries(published).map(([line, { points }]) => {
              const id = `panel ${panel + 1}, ${label}, ${line}`;
              return [id, `the curve ${digestOf(points).slice(0, 12)}`] as const;
            }),
          ),
        ),
      );
    case 'architecture':
      return new Map();
  }
}

/** All that is transcribed of a cell: a value that is printed alike may be meant otherwise. */
function textOf(cell: { kind: string; printed: string; value?: number; page?: number }): string {
  const { printed, value, page } = cell;
  return [printed, ...(value === undefined ? [] : [`(${value}, p. ${page})`])].join(' ');
}
