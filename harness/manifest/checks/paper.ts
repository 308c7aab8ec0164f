import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import { taskIds, taskOf } from '../../tasks/registry.ts';
import { readPrinted } from '../build/published.ts';
import type { Path, Problems } from '../files/problems.ts';
import type { CurvesFile } from '../schemas/curves.ts';
import type { PaperFile, PaperTable, PaperValue } from '../schemas/paper.ts';
import type { Source } from '../source.ts';

/** What a schema cannot say of published numbers: that each is the one that is printed, and belongs to its column. */
export function checkPaper(paper: Source<PaperFile>, problems: Problems): void {
  for (const [key, { columns, rows }] of Object.entries(paper.data.tables)) {
    for (const [row, cells] of Object.entries(rows)) {
      for (const [column, cell] of Object.entries(cells)) {
        const path = ['tables', key, 'rows', row, column];
        const known = own(columns, column);
        if (!known) problems.add(paper, path, unknownName('column', column, Object.keys(columns)));
        if (typeof cell !== 'object' || cell === null) continue;
        for (const { at, message } of [...mistakesIn(cell), ...strangersTo(known, cell)])
          problems.add(paper, [...path, at], message);
      }
    }
  }
}

/** Published curves are of figures of the paper, and each is of a line that some task has. */
export function checkCurves(curves: Source<CurvesFile>, paper: Source<PaperFile>, problems: Problems): void {
  const known = Object.keys(paper.data.figures);
  const all = taskIds.flatMap(id => Object.entries(taskOf(id).lines));
  const lines = all.flatMap(([name, { sorted }]) => (sorted ? [] : name));
  const unknown = (path: Path, what: string, name: string, among: readonly string[]) => {
    if (!among.includes(name)) problems.add(curves, path, unknownName(what, name, among));
  };
  for (const figure of Object.keys(curves.data.x))
    unknown(['x', figure], `figure of ${paper.file}`, figure, known);
  for (const [figure, drawn] of Object.entries(curves.data.figures)) {
    unknown(['figures', figure], `figure of ${paper.file}`, figure, known);
    for (const [curve, kinds] of Object.entries(drawn)) {
      for (const [line, { points, resolution, unit }] of Object.entries(kinds)) {
        const path = ['figures', figure, curve, line];
        unknown(path, 'line of a task', line, lines);
        const outside = points.findIndex(
          ([, y]) => y < -resolution || (unit === '%' && y > 100 + resolution),
        );
        if (outside >= 0)
          problems.add(curves, [...path, 'points', outside], outOfBounds(points[outside]![1], unit));
      }
    }
  }
}

interface Mistake {
  /** Field of the cell. */
  at: keyof PaperValue;
  message: string;
}

function mistakesIn(cell: PaperValue): Mistake[] {
  const { value, mean, sd, unit, estimator, models } = cell;
  const printed = readPrinted(cell.printed);
  const text = JSON.stringify(cell.printed);
  if (!printed) return [{ at: 'printed', message: `expected a number at the beginning, received ${text}` }];
  const differing = (['value', 'mean', 'sd'] as const).filter(
    field => cell[field] !== undefined && printed[field] !== undefined && !close(cell[field], printed[field]),
  );
  return [
    ...differing.map(at => ({ at, message: `${cell[at]} is printed as ${printed[at]} in ${text}` })),
    ...(unit === '%' && Math.max(value, mean ?? 0) > 100
      ? [{ at: 'value' as const, message: outOfBounds(value, unit) }]
      : []),
    ...((estimator === 'ensemble') !== (models !== undefined)
      ? [{ at: 'estimator' as const, message: 'expected `models` with an ensemble, and with nothing else' }]
      : []),
    ...(sd !== undefined && mean === undefined
      ? [{ at: 'sd' as const, message: 'a standard deviation without the mean that it is around' }]
      : []),
  ];
}

/** What a cell says otherwise than its column. */
function strangersTo(column: PaperTable['columns'][string] | undefined, cell: PaperValue): Mistake[] {
  return (['unit', 'direction'] as const)
    .filter(field => column?.[field] !== undefined && column[field] !== cell[field])
    .map(at => ({ at, message: `expected ${JSON.stringify(column![at])}, which its column has` }));
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));
}

function outOfBounds(value: number, unit: string): string {
  return `expected ${unit === '%' ? '0 to 100%' : 'no negative value'}, received ${value}`;
}
