import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import type { Path } from '../files/problems.ts';
import { unknownMeasure } from '../resolve.ts';
import type { TableFile } from '../schemas/manifest.ts';
import type { PaperTable } from '../schemas/paper.ts';
import {
  counts,
  measureOf,
  networksOfRow,
  type TableColumn,
  type TableRow,
  type TableTarget,
} from '../types.ts';
import { claimsShown } from './claims.ts';
import { checkRecorded, checkTwice, commonOf, networkNamed, networksShown, type Parts } from './parts.ts';
import { publishedCellOf, publishedTable, unpublished } from './published.ts';

/** Puts a table together from its manifest and what paper.json has of it. */
export function tableTarget(written: TableFile, parts: Parts): TableTarget | null {
  const file = onItsData(written, parts);
  const { published, claims, assumptions } = file;
  const table = publishedTable(published, parts);
  if (!table) return null;
  const keys = file.columns.map(({ key }) => key);
  const labels = file.rows.map(({ label }) => label);
  checkTwice(keys, 'the column', i => ['columns', i], parts);
  checkTwice(labels, 'the row', i => ['rows', i], parts);
  const columns = file.columns.map((column, i) => tableColumn(column, ['columns', i], file, table, parts));
  const rows = file.rows.map((row, i) => tableRow(row, ['rows', i], file, table, parts));
  const told = claimsShown(claims, parts);
  const shown = new Set([...rows.flatMap(networksOfRow), ...told.networks]);
  return {
    ...commonOf(assumptions, table, parts),
    kind: 'table',
    task: parts.protocol.data.task,
    protocol: file.protocol,
    columns,
    rows,
    marks: marksOf(table, rows),
    networks: networksShown(shown, parts),
    claims: told.claims,
    argument: parts.argument,
    tolerances: parts.protocol.data.tolerances,
    family: parts.family,
  };
}

/**
 * A table without the measures that cannot be taken on the data of any of its rows under the profile, as of classes that these
 * have not: such columns are the paper's alone.
 */
function onItsData(file: TableFile, { networks, task }: Parts): TableFile {
  const canBeTaken = (measure: string, network: string) => {
    const { sets } = own(task.measures, measure) ?? {};
    const set = networks.get(network)?.config.spec.data.set;
    return sets === undefined || set === undefined || sets.includes(set);
  };
  const others = file.columns.filter(column => {
    const shown = file.rows.flatMap(row => measuredBy(row, [column], []));
    const taken = shown.flatMap(({ name, measures }) => measures.map(measure => canBeTaken(measure, name)));
    return taken.length > 0 && !taken.includes(true);
  });
  if (others.length === 0) return file;
  const isOther = (key: string) => others.some(column => column.key === key);
  return {
    ...file,
    columns: file.columns.map(({ measures, ...column }) =>
      measures === undefined || isOther(column.key) ? column : { ...column, measures },
    ),
    rows: file.rows.map(({ measures, ...row }) => {
      if (!measures) return row;
      const own = Object.entries(measures).filter(([key]) => !isOther(key));
      return { ...row, measures: Object.fromEntries(own) };
    }),
  };
}

/** What the paper says of marks at its numbers: notes that begin with a sign that some cell is printed with. */
function marksOf({ notes }: PaperTable, rows: readonly TableRow[]): string[] {
  const printed = rows.flatMap(({ published }) =>
    Object.values(published).map(cell => (cell.kind === 'none' ? '' : cell.printed)),
  );
  return notes.filter(note => {
    const [mark] = /^[†‡§¶*]/.exec(note) ?? [];
    return mark !== undefined && printed.some(text => text.includes(mark));
  });
}

function tableColumn(
  { key, measures }: TableFile['columns'][number],
  path: Path,
  file: TableFile,
  { columns }: PaperTable,
  parts: Parts,
): TableColumn {
  const { manifest, paper, problems } = parts;
  const published = own(columns, key);
  if (!published) {
    const what = `tables.${file.published}.columns["${key}"]`;
    problems.add(manifest, [...path, 'key'], unpublished(what, key, columns, paper));
  }
  if (measures !== undefined) checkMeasure(measures, published, [...path, 'measures'], parts);
  const { label = key, unit } = published ?? {};
  return { key, label, ...(unit !== undefined && { unit }), ...(measures !== undefined && { measures }) };
}

/** A column is answered by what is counted in its unit, and is better in the same direction. */
function checkMeasure(
  name: string,
  published: PaperTable['columns'][string] | undefined,
  path: Path,
  { manifest, task, problems }: Parts,
): void {
  if (counts.some(count => count === name)) return;
  const fail = (message: string) => problems.add(manifest, path, message);
  const measure = own(task.measures, name);
  if (!measure) {
    fail(unknownMeasure(name, task, counts));
    return;
  }
  for (const property of ['unit', 'direction'] as const) {
    const theirs = published?.[property];
    if (theirs !== undefined && theirs !== measure[property])
      fail(`${name} has the ${property} "${measure[property]}", but the published column has "${theirs}"`);
  }
}

function tableRow(
  row: TableFile['rows'][number],
  path: Path,
  { published, columns }: TableFile,
  table: PaperTable,
  parts: Parts,
): TableRow {
  const { manifest, paper, problems } = parts;
  const key = row.published ?? row.label;
  const cells = own(table.rows, key);
  const what = `tables.${published}.rows["${key}"]`;
  if (!cells) problems.add(manifest, path, unpublished(what, key, table.rows, paper));
  for (const column of cells ? columns : []) {
    if (own(cells!, column.key) === undefined && own(table.columns, column.key))
      problems.add(manifest, path, unpublished(`${what}.${column.key}`, column.key, cells!, paper));
  }
  checkNetworks(row, columns, table, path, parts);
  const entries = Object.keys(cells ?? {}).map(name => [name, publishedCellOf(table, key, name)]);
  return { ...row, published: Object.fromEntries(entries) };
}

/** What measures a row is named in one way; its networks exist and record what is shown of them. */
function checkNetworks(
  row: TableFile['rows'][number],
  columns: TableFile['columns'],
  table: PaperTable,
  path: Path,
  parts: Parts,
): void {
  const { manifest, task, problems } = parts;
  const ways = (['network', 'networks', 'ensemble'] as const).filter(way => row[way] !== undefined);
  if (ways.length > 1)
    problems.add(manifest, path, `expected one of ${ways.join(', ')}, received ${ways.length} of them`);
  const keys = columns.map(({ key }) => key);
  for (const by of ['networks', 'measures'] as const)
    for (const key of Object.keys(row[by] ?? {}).filter(key => !keys.includes(key)))
      problems.add(manifest, [...path, by, key], unknownName('column', key, keys));
  for (const [key, measure] of Object.entries(row.measures ?? {}))
    checkMeasure(measure, own(table.columns, key), [...path, 'measures', key], parts);
  for (const { name, at, measures } of measuredBy(row, columns, path)) {
    const network = networkNamed(name, at, parts);
    for (const measure of network ? measures : [])
      if (own(task.measures, measure)) checkRecorded(measure, network!, path, parts);
  }
}

/** The networks of a row, where each is named, and what is shown of it. */
function measuredBy(
  row: TableFile['rows'][number],
  columns: TableFile['columns'],
  path: Path,
): { name: string; at: Path; measures: string[] }[] {
  const { network, networks = {}, ensemble = [] } = row;
  const measures = columns.flatMap(column => measureOf(row, column) ?? []);
  const measuresOf = (key: string) =>
    columns.filter(column => column.key === key).flatMap(column => measureOf(row, column) ?? []);
  return [
    ...(network === undefined ? [] : [{ name: network, at: [...path, 'network'], measures }]),
    ...Object.entries(networks).map(([key, name]) => ({
      name,
      at: [...path, 'networks', key],
      measures: measuresOf(key),
    })),
    ...ensemble.map((name, i) => ({ name, at: [...path, 'ensemble', i], measures })),
  ];
}
