import { basename } from 'node:path';
import { describeNetwork } from '../../ml/nets/describe.ts';
import type { NetworkSpec } from '../../ml/nets/spec.ts';
import { didYouMean } from '../nearest.ts';
import type { ArchitectureFile, DescribedFile } from './files.ts';
import type { Parts } from './parts.ts';
import type { Problems } from './problems.ts';
import { unknownNetwork } from './resolve.ts';
import type { Architecture, DescribedNetwork, PublishedValue, Target } from './types.ts';
import type { Path } from './yaml.ts';

/** Puts together what is computed from the networks as the paper has them, whatever the profile: nothing is run for it. */
export function architectureTarget(file: ArchitectureFile, parts: Parts, problems: Problems): Target {
  const { kind, heading, title, page, readings = [] } = file;
  return {
    name: basename(parts.manifest.file, '.yaml'),
    kind,
    heading,
    title,
    page,
    file: parts.manifest.file,
    profile: parts.profile,
    profileSummary: 'computed from the paper’s specifications, which are the same under every profile.',
    deviations: readings.map(says => ({ says, set: {} })),
    networks: [],
    columns: [],
    rows: [],
    panels: [],
    architecture: architectureOf(file, parts, problems),
    claims: [],
  };
}

function architectureOf(file: ArchitectureFile, parts: Parts, problems: Problems): Architecture {
  const described = (list: 'networks' | 'compared') =>
    (file[list] ?? []).flatMap((entry, i) => describedNetwork(entry, [list, i], file, parts, problems));
  const table = file.published === undefined ? undefined : parts.paper.data.tables[file.published];
  if (file.published !== undefined && !table) {
    const near = didYouMean(file.published, Object.keys(parts.paper.data.tables));
    problems.add(parts.manifest, ['published'], `no table "${file.published}" in paper.json. ${near}`.trim());
  }
  return {
    shows: file.shows,
    size: file.size,
    networks: described('networks'),
    compared: described('compared'),
    outputSizes: columnOf(table?.rows ?? {}, 'outputSize'),
  };
}

function describedNetwork(
  entry: DescribedFile,
  path: Path,
  { published, size, shows }: ArchitectureFile,
  parts: Parts,
  problems: Problems,
): DescribedNetwork[] {
  const { label, block, cost, counts = 'network' } = entry;
  const network = networkOf(entry, path, parts, problems);
  if (!network) return [];
  const drawsBlocks = shows === 'block' || shows === 'blocks';
  if (drawsBlocks !== (block !== undefined)) {
    const expected = drawsBlocks ? 'expected `block`, e.g. conv2_2' : `\`block\` is for drawings of blocks`;
    problems.add(parts.manifest, path, expected);
  } else if (block !== undefined) {
    const blocks = [...new Set(describeNetwork(network, size).layers.flatMap(layer => layer.block ?? []))];
    if (!blocks.includes(block))
      problems.add(
        parts.manifest,
        [...path, 'block'],
        `no block "${block}". ${didYouMean(block, blocks)}`.trim(),
      );
  }
  const table = published === undefined ? undefined : parts.paper.data.tables[published];
  const printed = columnOf(table?.rows ?? {}, label);
  if (table && path[0] === 'networks' && Object.keys(printed).length === 0) {
    const near = didYouMean(label, Object.keys(Object.values(table.rows)[0]!));
    problems.add(parts.manifest, path, `tables.${published} has no column "${label}". ${near}`.trim());
  }
  return [
    {
      label,
      network,
      ...(block !== undefined && { block }),
      cost: cost ? costOf(cost, [...path, 'cost'], parts, problems) : null,
      counts,
      published: printed,
    },
  ];
}

/** The protocol's network as the paper has it, or VGG, which is not trained here. */
function networkOf(
  { network, vgg }: DescribedFile,
  path: Path,
  { manifest, protocol, networks }: Parts,
  problems: Problems,
): NetworkSpec | null {
  if (vgg !== undefined) return { family: 'vgg', depth: vgg, classes: 1000 };
  const found = networks.get(network!);
  if (found) return found.plan.paper.network;
  problems.add(manifest, [...path, 'network'], unknownNetwork(network!, protocol.data.networks));
  return null;
}

function costOf(
  [table, row, column]: readonly [string, string, string],
  path: Path,
  { manifest, paper }: Parts,
  problems: Problems,
): PublishedValue | null {
  const value = paper.data.tables[table]?.rows[row]?.[column];
  if (typeof value === 'object' && value !== null) return value;
  problems.add(manifest, path, `${paper.file} has no number at tables.${table}.rows["${row}"].${column}`);
  return null;
}

function columnOf<T>(
  rows: Readonly<Record<string, Readonly<Record<string, T>>>>,
  column: string,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(rows).flatMap(([row, cells]) =>
      cells[column] === undefined ? [] : [[row, cells[column]]],
    ),
  );
}
