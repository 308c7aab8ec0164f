import type { CellView, ColumnView, Sample, TableView } from '../../harness/aggregate/types.ts';
import { csv, type Field } from '../csv.ts';
import { differenceUnit } from '../numbers.ts';
import { noteText, showsPublished, verdictText } from './wording.ts';

const header = ['row', 'column', 'source', 'statistic', 'value', 'unit', 'text', 'seed', 'run', 'profile'];

/** Every value of a table as a record of its own: those of the paper, those of each seed, and what follows from them. */
export function tableCsv(view: TableView): string {
  const records = view.rows.flatMap(({ label, cells }) =>
    cells.flatMap((cell, i) => {
      const column = view.columns[i]!;
      return valuesOf(cell, column, view).map(({ source, statistic, value, unit, text, seed, run }) => [
        ...[label, column.key, source, statistic, value, unit, text, seed, run, view.profile],
      ]);
    }),
  );
  return csv(header, records);
}

interface Value {
  source: 'paper' | 'ours' | 'released weights' | 'comparison';
  statistic: string;
  value?: Field;
  unit?: Field;
  text?: Field;
  seed?: Field;
  run?: Field;
}

function valuesOf(cell: CellView, column: ColumnView, view: TableView): Value[] {
  return [
    ...(showsPublished(column) ? publishedValues(cell, column) : []),
    ...ourValues(cell, column, view),
    ...comparison(cell, column, view),
  ];
}

function publishedValues({ published }: CellView, { unit, measures }: ColumnView): Value[] {
  const source = 'paper';
  if (published.kind === 'none') return [];
  if (published.kind === 'fact') {
    const { printed } = published;
    const exact = /^\d+$/.test(printed) ? Number(printed) : null;
    return [{ source, statistic: 'value', value: exact, unit: unit ?? measures, text: printed }];
  }
  const { value, mean, sd, runs, estimator, by, models, images, printed, unit: own } = published;
  return [
    { source, statistic: 'value', value, unit: own, text: printed },
    { source, statistic: 'estimator', text: by === undefined ? estimator : `${estimator} (${by})` },
    ...(typeof models === 'number'
      ? [{ source, statistic: 'models', value: models, unit: 'networks' } as const]
      : []),
    ...(images === undefined ? [] : [{ source, statistic: 'images', text: images } as const]),
    ...(mean === undefined ? [] : [{ source, statistic: 'mean', value: mean, unit: own } as const]),
    ...(sd === undefined ? [] : [{ source, statistic: 'sd', value: sd, unit: own } as const]),
    ...(runs === undefined ? [] : [{ source, statistic: 'runs', value: runs, unit: 'runs' } as const]),
  ];
}

function ourValues(
  { ours, evaluated, count }: CellView,
  { unit, measures }: ColumnView,
  view: TableView,
): Value[] {
  const source = 'ours';
  if (count) return [{ source, statistic: 'count', value: count.value, unit: measures, text: count.printed }];
  if (evaluated) {
    const { key } = view.evaluations.find(({ network }) => network === evaluated.network)!;
    return [{ source: 'released weights', statistic: 'value', value: evaluated.value, unit, run: key }];
  }
  if (!ours) return [];
  return [
    ...seedValues(ours, view).map(value => ({ source, unit, ...value }) as const),
    { source, statistic: 'mean', value: ours.mean, unit },
    ...(ours.sd === null ? [] : [{ source, statistic: 'sd', value: ours.sd, unit } as const]),
    { source, statistic: 'seeds', value: ours.n, unit: 'seeds' },
  ];
}

/** The value of each seed with its run; of an ensemble, whose value is of several runs, with those beside it. */
function seedValues({ values, runs, n }: Sample, view: TableView): Omit<Value, 'source'>[] {
  const seeds = new Map(view.runs.map(({ key, seed }) => [key, seed]));
  const members = runs.length / n;
  return values.flatMap((value, i) => {
    const own = runs.slice(i * members, (i + 1) * members).map(run => ({ run, seed: seeds.get(run) }));
    if (members === 1) return [{ statistic: 'run', value, ...own[0]! }];
    const run = own.map(each => ({ statistic: 'member', unit: null, ...each }));
    return [{ statistic: 'ensemble', value, seed: own[0]!.seed }, ...run];
  });
}

function comparison(cell: CellView, { unit = '' }: ColumnView, view: TableView): Value[] {
  const { residual, verdict, evidence } = cell;
  const source = 'comparison';
  const points = differenceUnit(unit);
  const note = noteText(cell, view);
  const judged =
    verdict === null && cell.absence === null
      ? []
      : [{ source, statistic: 'verdict', text: verdictText(cell) } as const];
  return [
    ...(residual === null ? [] : [{ source, statistic: 'residual', value: residual, unit: points } as const]),
    ...(evidence?.interval ? intervalValues(evidence, unit) : []),
    ...judged,
    ...(note === null ? [] : [{ source, statistic: 'note', text: note } as const]),
  ];
}

/** Of the difference of means, in points; of one more run, in the unit of the column. */
function intervalValues(
  { interval, level, method }: NonNullable<CellView['evidence']>,
  unit: string,
): Value[] {
  const source = 'comparison';
  const own = method === 'equivalence' ? differenceUnit(unit) : unit;
  return [
    { source, statistic: 'interval low', value: interval![0], unit: own },
    { source, statistic: 'interval high', value: interval![1], unit: own },
    { source, statistic: 'interval level', value: level },
  ];
}
