import type { FigureView } from '../../harness/aggregate/types.ts';
import { csv } from '../escape.ts';

const header = ['panel', 'curve', 'kind', 'source', 'seeds', 'x', 'y', 'low', 'high', 'profile'];

/** Every point of a figure as a record. */
export function figureCsv({ panels, profile }: FigureView): string {
  const records = panels.flatMap(({ title, lines }) =>
    lines.flatMap(({ label, line, source, seeds, points }) =>
      points.map(({ x, y, low, high }) => [title, label, line, source, seeds, x, y, low, high, profile]),
    ),
  );
  return csv(header, records);
}
