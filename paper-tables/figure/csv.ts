import type { FigureView, LineView, PointView } from '../../harness/aggregate/types.ts';
import { csv, type Field } from '../csv.ts';

/**
 * Every value of a figure as a record of its own: the iteration or layer that it is of, and x on the paper's axis, which
 * ours is stretched to where its iterations are not the paper's.
 */
export function figureCsv({ panels, shows, profile }: FigureView): string {
  const over = new Set(Object.values(shows).map(each => each.over));
  const at = over.size > 1 ? 'at' : over.has('layers') ? 'layer' : 'iteration';
  const header = [
    ...['panel', 'curve', 'line', 'source', 'statistic', at, 'x', 'value', 'unit', 'images', 'seeds'],
    'profile',
  ];
  const records = panels.flatMap(({ title, lines }) =>
    lines.flatMap(each => {
      const { label, line, source, seeds, points } = each;
      const unit = shows[line]!.unit;
      const name = source === 'ours' ? 'ours' : 'paper';
      return points.flatMap(point =>
        statistics(each, point).map(([statistic, value]): Field[] => [
          ...[title, label, line, name, statistic, point.at, point.x, value, unit, point.images],
          ...[source === 'ours' ? seeds : null, profile],
        ]),
      );
    }),
  );
  return csv(header, records);
}

function statistics({ source, seeds }: LineView, { y, low, high }: PointView): [string, number][] {
  if (source === 'published') return [['digitised', y]];
  if (seeds === 1 || low === undefined || high === undefined) return [['run', y]];
  return [
    ['mean', y],
    ['lowest', low],
    ['highest', high],
  ];
}
