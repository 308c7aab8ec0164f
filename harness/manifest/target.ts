import { basename } from 'node:path';
import { didYouMean } from '../nearest.ts';
import { architectureTarget } from './architecture.ts';
import type { FigureFile, TableFile } from './files.ts';
import type { Parts } from './parts.ts';
import type { Problems } from './problems.ts';
import { unknownNetwork } from './resolve.ts';
import { networksOfRow } from './rows.ts';
import type {
  Claim,
  CurveKind,
  FigurePanel,
  PublishedCurve,
  TableColumn,
  TableRow,
  Target,
} from './types.ts';
import type { Path, Source } from './yaml.ts';

/** Puts a table or figure together; references that lead nowhere are problems. */
export function buildTarget(parts: Parts, problems: Problems): Target {
  const { manifest, protocol, profile, networks } = parts;
  const file = manifest.data;
  if (file.kind === 'architecture') return architectureTarget(file, parts, problems);
  const { kind, heading, title, page } = file;
  const rows = kind === 'table' ? tableRows(file, parts, problems) : [];
  const panels = kind === 'figure' ? figurePanels(file, parts, problems) : [];
  const shown = new Set([
    ...rows.flatMap(networksOfRow),
    ...panels.flatMap(panel => panel.curves.map(curve => curve.network)),
  ]);
  return {
    name: basename(manifest.file, '.yaml'),
    kind,
    heading,
    title,
    page,
    file: manifest.file,
    profile,
    profileSummary: protocol.data.profiles[profile]!.summary,
    deviations: [
      ...protocol.data.readings,
      ...(file.readings ?? []).map(says => ({ says, set: {} })),
      ...protocol.data.profiles[profile]!.deviations,
    ],
    networks: [...networks.values()].map(({ plan }) => plan).filter(plan => shown.has(plan.name)),
    columns: kind === 'table' ? file.columns : [],
    rows,
    panels,
    claims: (file.claims ?? []).flatMap((id, i) => claimOf(id, ['claims', i], shown, parts, problems)),
  };
}

function tableRows(file: TableFile, parts: Parts, problems: Problems): TableRow[] {
  const { manifest, paper } = parts;
  const absent = (path: Path, what: string, name: string, among: object) =>
    problems.add(manifest, path, missing(`tables.${file.published}${what}`, name, among, paper));
  const table = paper.data.tables[file.published];
  if (!table) absent(['published'], '', file.published, paper.data.tables);

  return file.rows.map((row, i) => {
    const { published = row.label } = row;
    const cells = table?.rows[published] ?? {};
    if (table && !table.rows[published]) absent(['rows', i], `.rows["${published}"]`, published, table.rows);
    else if (table) {
      for (const { key } of file.columns) {
        if (cells[key] === undefined) absent(['rows', i], `.rows["${published}"].${key}`, key, cells);
      }
    }
    checkMeasures(row, file, ['rows', i], parts, problems);
    return { ...row, published: cells };
  });
}

/** What measures a row is named in one way, its networks exist, and so do the columns of its cells. */
function checkMeasures(
  row: TableFile['rows'][number],
  { columns }: TableFile,
  path: Path,
  parts: Parts,
  problems: Problems,
): void {
  const { network, networks = {}, ensemble = [] } = row;
  const ways = (['network', 'networks', 'ensemble'] as const).filter(way => row[way] !== undefined);
  if (ways.length > 1)
    problems.add(parts.manifest, path, `expected one of ${ways.join(', ')}, received all of them`);
  if (network !== undefined) checkNetwork(network, [...path, 'network'], parts, problems);
  ensemble.forEach((name, i) => {
    checkNetwork(name, [...path, 'ensemble', i], parts, problems);
  });
  for (const { key, measures } of columns) {
    const own = network ?? networks[key];
    for (const name of own === undefined ? ensemble : [own])
      checkTested(name, measures, path, parts, problems);
  }
  const keys = columns.map(({ key }) => key);
  for (const [key, name] of Object.entries(networks)) {
    checkNetwork(name, [...path, 'networks', key], parts, problems);
    if (keys.includes(key)) continue;
    const message = `no column "${key}", expected one of ${keys.join(', ')}. ${didYouMean(key, keys)}`;
    problems.add(parts.manifest, [...path, 'networks', key], message.trim());
  }
}

/** A network whose errors under a test protocol are shown or compared is tested by it. */
function checkTested(
  name: string,
  measures: TableColumn['measures'],
  path: Path,
  { manifest, networks }: Parts,
  problems: Problems,
): void {
  const [test, top] = measures?.split('.') ?? [];
  const network = networks.get(name);
  if (top === undefined || !network) return;
  const tests = network.plan.spec.evaluation.tests?.map(each => `${each.name}`) ?? [];
  if (tests.includes(test!)) return;
  const has = tests.length > 0 ? `only by ${tests.join(', ')}` : 'in a single view only';
  problems.add(manifest, path, `${measures} is asked for, but ${name} is tested ${has} (evaluation.tests)`);
}

function figurePanels(file: FigureFile, parts: Parts, problems: Problems): FigurePanel[] {
  const { manifest, curves } = parts;
  const absent = (path: Path, what: string, name: string, among: object) =>
    problems.add(manifest, path, missing(`figures.${file.published}${what}`, name, among, curves));
  const figure = curves.data.figures[file.published];
  if (!figure) absent(['published'], '', file.published, curves.data.figures);

  return file.panels.map((panel, p) => ({
    ...panel,
    curves: panel.curves.map(({ label, network, published = network }, i) => {
      const path = ['panels', p, 'curves', i];
      checkNetwork(network, [...path, 'network'], parts, problems);
      const lines: Partial<Record<CurveKind, PublishedCurve>> = {};
      const drawn = figure?.[published];
      if (figure && !drawn) absent(path, `["${published}"]`, published, figure);
      for (const kind of drawn ? panel.shows : []) {
        const line = drawn?.[kind] ?? (kind === 'test' ? drawn?.validation : undefined);
        if (line) lines[kind] = line;
        else absent(path, `["${published}"].${kind}`, kind, drawn ?? {});
      }
      return { label, network, published: lines };
    }),
  }));
}

function claimOf(
  id: string,
  path: Path,
  shown: ReadonlySet<string | undefined>,
  parts: Parts,
  problems: Problems,
): Claim[] {
  const { manifest, protocol, paper } = parts;
  const file = protocol.data.claims[id];
  if (!file) {
    problems.add(
      manifest,
      path,
      `no claim "${id}" in ${protocol.file}. ${didYouMean(id, Object.keys(protocol.data.claims))}`.trim(),
    );
    return [];
  }
  const { claim, ...rest } = file;
  for (const network of [file.worse, file.better]) {
    if (!shown.has(network))
      problems.add(manifest, path, `claim "${id}" needs ${network}, which is not shown here`);
    checkTested(network, file.metric, path, parts, problems);
  }
  return [{ id, where: paper.data.claims[claim]?.where ?? '', ...rest }];
}

function checkNetwork(name: string, path: Path, { manifest, protocol }: Parts, problems: Problems): void {
  const { networks } = protocol.data;
  if (!networks[name]) problems.add(manifest, path, unknownNetwork(name, networks));
}

function missing(what: string, name: string, candidates: object, where: Source): string {
  return `${where.file} has no ${what}: nothing published to compare with. ${didYouMean(name, Object.keys(candidates))}`.trim();
}
