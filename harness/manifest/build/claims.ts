import { unknownName } from '../../nearest.ts';
import { own } from '../../own.ts';
import { taskOf } from '../../tasks/registry.ts';
import { networksOfClaim, networksOfTest } from '../claims.ts';
import type { Path, Problems } from '../files/problems.ts';
import { usualLastLook } from '../looks.ts';
import { type ResolvedNetwork, unknownMeasure } from '../resolve.ts';
import type { ClaimsFile, TermFile, TestFile } from '../schemas/claims.ts';
import type { PaperFile } from '../schemas/paper.ts';
import type { ProtocolFile } from '../schemas/protocol.ts';
import type { Source } from '../source.ts';
import type { Argument, Claim, ClaimTest, NetworkConfig, Term } from '../types.ts';
import { checkTwice, type Parts } from './parts.ts';
import { publishedCell, readPrinted } from './published.ts';

/** What claims are put together from: every protocol that some claim needs, with its networks under the profile. */
export interface ClaimParts {
  profile: string;
  faithful: boolean;
  file: Source<ClaimsFile>;
  paper: Source<PaperFile>;
  protocols: ReadonlyMap<
    string,
    {
      source: Source<ProtocolFile>;
      /** None where it does not have the profile. */
      networks: ReadonlyMap<string, ResolvedNetwork>;
      /** Its networks as the paper has them, whatever the profile: what can be counted in a network does not depend on it. */
      counted: ReadonlyMap<string, ResolvedNetwork>;
    }
  >;
  problems: Problems;
}

/** All claims of a paper under a profile, in its order, with the networks that they need. */
export function argumentOf(parts: ClaimParts): Argument {
  const { file, paper, profile, faithful, problems } = parts;
  const order = Object.keys(paper.data.claims);
  for (const id of Object.keys(file.data.claims))
    if (!order.includes(id))
      problems.add(file, ['claims', id], unknownName('claim', id, order, ` in ${paper.file}`));
  const claims = order.flatMap(id => claimOf(id, parts) ?? []);
  const networks = [...parts.protocols.values()].flatMap(({ networks }) =>
    [...networks.values()].map(({ config }) => config),
  );
  return { profile, faithful, claims, networks };
}

/** The claims that a manifest names, and the networks whose runs they are judged by. */
export function claimsShown(ids: readonly string[], parts: Parts): { claims: string[]; networks: string[] } {
  const { manifest, argument, profile, problems } = parts;
  checkTwice(ids, 'the claim', i => ['claims', i], parts);
  const known = argument.claims.map(({ id }) => id);
  ids.forEach((id, i) => {
    if (!known.includes(id))
      problems.add(manifest, ['claims', i], unknownName('claim', id, known, ' in claims.yaml'));
  });
  const shown = argument.claims.filter(({ id }) => ids.includes(id));
  return {
    claims: ids.filter(id => known.includes(id)),
    networks: shown.flatMap(claim => networksOfClaim(claim, profile)),
  };
}

function claimOf(id: string, parts: ClaimParts): Claim | null {
  const { file, paper, protocols, profile, problems } = parts;
  const written = own(file.data.claims, id);
  if (!written) {
    problems.add(
      file,
      ['claims'],
      `the claim "${id}" of ${paper.file} is missing; \`kind: told\` says why one is not tested`,
    );
    return null;
  }
  const { kind, statement, protocol: name = null } = written;
  const { where, pages } = paper.data.claims[id]!;
  const protocol = name === null ? null : protocols.get(name);
  if (protocol === undefined) {
    const what = unknownName('protocol', name!, [...protocols.keys()]);
    problems.add(file, ['claims', id, 'protocol'], what);
    return null;
  }
  const source = protocol?.source ?? null;
  const listed: [string, TestFile, Path][] =
    written.kind === 'all'
      ? Object.entries(written.parts).map(([part, test]) => [part, test, ['claims', id, 'parts', part]])
      : [[id, written as TestFile, ['claims', id]]];
  const tests = listed.map(([part, test, path]) => ({ id: part, test: testOf(test, path, source, parts) }));
  const lastLook = own(source?.data.profiles ?? {}, profile)?.maxSeeds ?? usualLastLook;
  const task = source?.data.task ?? null;
  return { id, statement, where, pages, kind, protocol: name, task, lastLook, tests };
}

/** A test as the other stages have it; what it refers to is there. */
function testOf(
  test: TestFile,
  path: Path,
  protocol: Source<ProtocolFile> | null,
  parts: ClaimParts,
): ClaimTest {
  const { file, problems } = parts;
  const fail = (at: Path, message: string) => problems.add(file, [...path, ...at], message);
  if (test.kind === 'told') return test;
  if (test.kind === 'exact') {
    const equations = test.equations.map((equation, i) => {
      const at = (name: string) => [...path, 'equations', i, name];
      const { take, minus, over, change, below, is } = equation;
      if ((is === undefined) === (below === undefined))
        fail(['equations', i], 'expected one of is and below');
      const terms = { minus, over, change };
      return {
        take: termOf(take, at('take'), parts),
        ...Object.fromEntries(
          Object.entries(terms).flatMap(([name, term]) =>
            term === undefined ? [] : [[name, termOf(term, at(name), parts)]],
          ),
        ),
        ...(is !== undefined && { is }),
        ...(below && { below: below.map((term, j) => termOf(term, [...at('below'), j], parts)) }),
      };
    });
    return { ...test, equations };
  }
  if (!protocol) {
    fail([], `a test of the kind ${test.kind} needs runs, expected \`protocol\``);
    return test;
  }
  const { networks, profiles, task } = protocol.data;
  const { measures, lines } = taskOf(task);
  if ('measure' in test && test.measure !== undefined && !own(measures, test.measure))
    fail(['measure'], unknownMeasure(test.measure, taskOf(task)));
  if (test.kind === 'improvement' && !own(measures, test.over))
    fail(['over'], unknownMeasure(test.over, taskOf(task)));
  const line = test.kind === 'fraction' ? test.line : test.kind === 'chain' ? test.mean : undefined;
  if (line !== undefined && !own(lines, line))
    fail([test.kind === 'fraction' ? 'line' : 'mean'], unknownName('line', line, Object.keys(lines)));
  if (test.kind === 'chain' && (test.measure === undefined) === (test.mean === undefined))
    fail([], 'expected one of measure and mean');
  const named = networksOfTest(test);
  named.forEach((name, i) => {
    const at = placeOf(test, i);
    if (!own(networks, name))
      fail(at, unknownName('network', name, Object.keys(networks), ` in ${protocol.file}`));
    if (named.indexOf(name) < i) fail(at, `${name} is compared with itself`);
  });
  for (const profile of Object.keys(test.thresholds))
    if (!own(profiles, profile))
      fail(['thresholds', profile], unknownName('profile', profile, Object.keys(profiles)));
  return test;
}

/** Where a test names the network of that place. */
function placeOf(test: ClaimTest, i: number): Path {
  if ('networks' in test) return ['networks', i];
  return ['network' in test ? 'network' : (['worse', 'better'] as const)[i]!];
}

function termOf(term: TermFile, path: Path, { file, paper, protocols, problems }: ClaimParts): Term {
  const nothing: Term = { is: 'number', value: Number.NaN };
  if (typeof term === 'number') return { is: 'number', value: term };
  if ('count' in term) {
    const found = [...protocols.values()].flatMap(({ counted }) => counted.get(term.of)?.config ?? [])[0];
    if (!found) {
      const known = [...protocols.values()].flatMap(({ counted }) => [...counted.keys()]);
      problems.add(file, [...path, 'of'], unknownName('network', term.of, known));
      return nothing;
    }
    const spec = term.shortcut ? { ...found.paper.network, shortcut: term.shortcut } : found.paper.network;
    return { is: 'count', count: term.count, spec, size: sizeOf(found) };
  }
  const [table, row, column] = term as readonly string[];
  const cell = publishedCell(own(own(own(paper.data.tables, table!)?.rows ?? {}, row!) ?? {}, column!));
  if (cell.kind === 'none') {
    problems.add(file, path, `${paper.file} has no tables.${table}.rows["${row}"].${column}`);
    return nothing;
  }
  return { is: 'number', value: cell.kind === 'value' ? cell.value : inMillions(cell.printed) };
}

/** A fact as printed: `2.5M`. */
function inMillions(printed: string): number {
  return (readPrinted(printed)?.value ?? Number.NaN) * (printed.endsWith('M') ? 1e6 : 1);
}

function sizeOf({ task, paper }: NetworkConfig): number {
  return taskOf(task).imagesOf(paper).size;
}
