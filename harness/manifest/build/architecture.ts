import { describeNetwork } from '../../../ml/nets/describe.ts';
import type { NetworkSpec } from '../../../ml/nets/spec.ts';
import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import type { Path } from '../files/problems.ts';
import type { ArchitectureFile, DescribedFile } from '../schemas/architecture.ts';
import type { PaperTable } from '../schemas/paper.ts';
import type {
  Architecture,
  ArchitectureTarget,
  DescribedNetwork,
  PublishedCell,
  PublishedValue,
} from '../types.ts';
import { checkTwice, commonOf, networkNamed, type Parts } from './parts.ts';
import { publishedCell, publishedFigure, publishedTable } from './published.ts';

/** Puts together what is computed from the networks as the paper has them, whatever the profile: nothing is run for it. */
export function architectureTarget(file: ArchitectureFile, parts: Parts): ArchitectureTarget | null {
  const { assumptions, outputSizes, published, shows, size } = file;
  const table = shows === 'table' ? publishedTable(published, parts) : null;
  const head = table ?? (shows === 'table' ? null : publishedFigure(published, parts));
  if (!head) return null;
  const described = (list: 'networks' | 'compared') => {
    const labels = file[list].map(({ label }) => label);
    checkTwice(labels, 'the network', i => [list, i], parts);
    return file[list].flatMap((entry, i) => describedNetwork(entry, [list, i], file, table, parts) ?? []);
  };
  const architecture: Architecture = {
    shows,
    size,
    networks: described('networks'),
    compared: described('compared'),
    outputSizes: table && outputSizes !== undefined ? columnOf(table, outputSizes) : {},
  };
  return {
    ...commonOf(assumptions, head, parts),
    kind: 'architecture',
    profileSummary: 'computed from the specifications in the paper, which are the same under every profile',
    assumptions: assumptions.map(text => ({ text, set: {} })),
    deviations: [],
    architecture,
  };
}

function describedNetwork(
  entry: DescribedFile,
  path: Path,
  { published, size, shows }: ArchitectureFile,
  table: PaperTable | null,
  parts: Parts,
): DescribedNetwork | null {
  const { label, block, cost, counts = 'network' } = entry;
  const network = networkOf(entry, path, parts);
  if (!network) return null;
  checkBlock(block, network, size, shows === 'block' || shows === 'blocks', path, parts);
  if (table && path[0] === 'networks' && !own(table.columns, label)) {
    const where = ` in tables.${published} of ${parts.paper.file}`;
    const message = unknownName('column', label, Object.keys(table.columns), where);
    parts.problems.add(parts.manifest, path, message);
  }
  return {
    label,
    network,
    ...(block !== undefined && { block }),
    cost: cost ? costOf(cost, [...path, 'cost'], parts) : null,
    counts,
    published: table ? columnOf(table, label) : {},
  };
}

/** A network of the protocol as the paper has it, or one that is specified here. */
function networkOf({ network, spec }: DescribedFile, path: Path, parts: Parts): NetworkSpec | null {
  if (network !== undefined && spec === undefined)
    return networkNamed(network, [...path, 'network'], parts)?.paper.network ?? null;
  if (network === undefined && spec !== undefined) return spec;
  const received = spec === undefined ? 'neither' : 'both';
  parts.problems.add(parts.manifest, path, `expected \`network\` or \`spec\`, received ${received}`);
  return null;
}

function checkBlock(
  block: string | undefined,
  network: NetworkSpec,
  size: number,
  drawn: boolean,
  path: Path,
  { manifest, problems }: Parts,
): void {
  if (drawn !== (block !== undefined)) {
    const expected = drawn ? 'expected `block`, e.g. conv2_2' : '`block` is for drawings of blocks';
    problems.add(manifest, path, expected);
  } else if (block !== undefined) {
    const blocks = [...new Set(describeNetwork(network, size).layers.flatMap(layer => layer.block ?? []))];
    if (blocks.includes(block)) return;
    problems.add(manifest, [...path, 'block'], unknownName('block', block, blocks));
  }
}

function costOf(
  [table, row, column]: readonly [string, string, string],
  path: Path,
  { manifest, paper, problems }: Parts,
): PublishedValue | null {
  const cells = own(own(paper.data.tables, table)?.rows ?? {}, row) ?? {};
  const cell = publishedCell(own(cells, column));
  if (cell.kind === 'value') return cell;
  const where = `tables.${table}.rows["${row}"].${column}`;
  problems.add(manifest, path, `${paper.file} has no number at ${where}`);
  return null;
}

function columnOf({ rows }: PaperTable, column: string): Record<string, PublishedCell> {
  const cells = Object.entries(rows).map(([row, cells]) => [row, own(cells, column)] as const);
  return Object.fromEntries(
    cells.filter(([, cell]) => cell !== undefined).map(([row, cell]) => [row, publishedCell(cell)]),
  );
}
