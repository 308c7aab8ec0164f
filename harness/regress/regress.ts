import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../checkout.ts';
import { exitCodes, UserError } from '../errors.ts';
import { makeFolder, remove } from '../record/files.ts';
import { gitState } from '../record/provenance.ts';
import { baselineFile, baselineOf, readBaseline } from './baseline.ts';
import { changeOf, located, namesThatDiffer } from './bits.ts';
import { commitsBetween, inCheckoutOf } from './commit.ts';
import { confirmed, confirmingSeeds, firstLook, firstLookAt, referenceSeeds, type Sides } from './moved.ts';
import { expectClass, type Request, type Runner, runnerIn, seedResultOf, type TracedRun } from './runs.ts';
import type {
  Baseline,
  CellChange,
  Change,
  LastGood,
  MachineClass,
  NetworkResults,
  Regression,
} from './types.ts';

/** What is compared, and with what. */
export interface RegressOptions {
  request: Request;
  experiment: string;
  profile: string;
  /** The class of this machine, as the engine says before it runs. */
  machine: MachineClass;
  /** Targets of each network, by its name. */
  targets: ReadonlyMap<string, readonly string[]>;
  /** Folder of the baselines. */
  baselines: string;
  /** A commit whose code is run for the comparison, in the place of the baseline that is kept of one. */
  since?: string;
  /** An existing folder for the stores of the runs. */
  folder: string;
  /** Aborting it stops everything; what was begun is cleaned up. */
  signal?: AbortSignal;
  onProgress(message: string): void;
}

/** A regression without what only the command line knows. */
export type Found = Omit<Regression, 'commands'>;

/**
 * Runs seed 1 of every network and compares it with the baseline of this class of machine: first to the bit; where bits
 * changed, the last good commit is run again, so that a changed machine is told from changed code, and then further seeds
 * of what was touched are tested, and what they find is confirmed by seeds that nothing has seen.
 */
export async function regress(options: RegressOptions): Promise<Found> {
  const { request, experiment, profile, machine, baselines, since, folder, onProgress } = options;
  const file = since === undefined ? baselineFile(baselines, experiment, profile, machine) : null;
  const kept = file === null ? null : readBaseline(file);
  const now = runnerIn(root, join(folder, 'now'), request, options.signal);
  const runs = expectClass(await now([1]), machine);
  const { commit, dirty } = await gitState();
  const before = since === undefined ? kept : await baselineAt(since, [1], options);
  const found = {
    ...{ experiment, profile, machine, commit, dirty, file, networks: runs.length },
    engine: { before: before?.engine ?? null, now: runs[0]!.record.provenance.session.version },
    ...{ since: before?.commit ?? null, changes: [], cells: [], lastGood: null, commits: [] },
  };
  if (!before) return { ...found, unknown: [], same: 0, verdict: 'no baseline' };
  const { unknown, same, changed } = inBits(before, runs);
  if (unknown.length === runs.length) return { ...found, unknown, same, verdict: 'no baseline' };
  if (changed.length === 0) return { ...found, unknown, same, verdict: 'same' };
  onProgress(
    `Other bytes than at ${before.commit.slice(0, 12)}: ${changed.map(({ change }) => change.network).join(', ')}.`,
  );
  const { lastGood, changes } = await runLastGood(before, changed, options);
  const commits = await commitsBetween(before.commit, commit ?? 'HEAD');
  // The code of a commit that is run for the comparison was run here in the first place: that tells nothing of the machine.
  const common = {
    ...found,
    unknown,
    same,
    changes,
    lastGood: since === undefined ? lastGood : null,
    commits,
  };
  if (lastGood.is === 'changed too') return { ...common, verdict: 'machine' };
  const cells = await movedCells(before, changes, now, options);
  const moved = cells.some(({ verdict }) => verdict === 'moved');
  return { ...common, cells, verdict: moved ? 'moved' : 'changed' };
}

/** A baseline of the code as it is: seeds 1 to 10 of every network. Fails with a `UserError` where it is not committed. */
export async function newBaseline(
  options: Omit<RegressOptions, 'since'>,
): Promise<{ file: string; before: Baseline | null; baseline: Baseline }> {
  const { request, experiment, profile, machine, baselines, folder, targets } = options;
  const { commit, dirty, unknown } = await gitState();
  if (commit === null || dirty) {
    const why = commit === null ? unknown! : 'the working tree has changes that are not committed';
    throw new UserError(`A baseline is of a commit, and ${why}.`, {
      fix: 'git commit, then the same command',
    });
  }
  const file = baselineFile(baselines, experiment, profile, machine);
  const runs = expectClass(
    await runnerIn(root, join(folder, 'now'), request, options.signal)(upTo(referenceSeeds)),
    machine,
  );
  const before = readBaseline(file);
  const fresh = baselineOf(runs, { commit, targets });
  // What was not run this time is kept as it is.
  const isSelection = request.names.length > 0 || request.rows !== undefined;
  const networks = { ...(isSelection ? before?.networks : {}), ...fresh.networks };
  return { file, before, baseline: { ...fresh, networks: sorted(networks) } };
}

/**
 * Calls `use` with a folder of its own in a store, which is removed unless what is in it is worth a look, and with a signal
 * that is aborted when this process is told to stop: it then ends by itself, once all is cleaned up.
 */
export async function inFolderOf<T>(
  store: string,
  use: (folder: string, signal: AbortSignal) => Promise<T>,
  isKept: (found: T) => boolean,
): Promise<T> {
  const parent = join(store, 'regress');
  makeFolder(parent);
  const folder = mkdtempSync(join(parent, 'run-'));
  const stop = new AbortController();
  const abort = () => stop.abort();
  for (const signal of signals) process.on(signal, abort);
  let kept = false;
  try {
    const found = await use(folder, stop.signal);
    kept = isKept(found);
    return found;
  } finally {
    for (const signal of signals) process.off(signal, abort);
    if (!kept) remove(folder);
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Changed {
  change: Change;
  run: TracedRun;
}

function inBits({ networks }: Baseline, runs: readonly TracedRun[]) {
  const known = runs.filter(({ record }) => Object.hasOwn(networks, record.network));
  const changed: Changed[] = known.flatMap(run => {
    const change = changeOf(networks[run.record.network]!, run);
    return change ? [{ change, run }] : [];
  });
  const touched = new Set(changed.map(({ run }) => run));
  const unknown = runs.filter(run => !known.includes(run)).map(({ record }) => record.network);
  const measures = known
    .filter(run => !touched.has(run))
    .map(({ record }) => Object.keys(record.result.measures));
  return { unknown, changed, same: measures.flat().length };
}

/** Runs the cheapest of what changed once more with the code of the baseline, and says where the traces part. */
async function runLastGood(
  before: Baseline,
  changed: readonly Changed[],
  options: RegressOptions,
): Promise<{ lastGood: LastGood; changes: Change[] }> {
  const { commit, networks } = before;
  const all = changed.map(({ change }) => change);
  const cheapest = changed.toSorted(
    (a, b) => a.run.record.provenance.seconds - b.run.record.provenance.seconds,
  )[0]!;
  const { network } = cheapest.change;
  options.onProgress(`Running ${network} again with the code of ${commit.slice(0, 12)} ...`);
  try {
    const [again] = await runsAt(commit, [1], [network], options);
    const then = networks[network]!.seeds.find(({ seed }) => seed === 1)!;
    if (!again || namesThatDiffer(then, seedResultOf(again)).length > 0)
      return { lastGood: { is: 'changed too', commit, network }, changes: all };
    const changes = all.map(change =>
      change === cheapest.change && again.trace ? located(change, again.trace, cheapest.run) : change,
    );
    return { lastGood: { is: 'as before', commit, network }, changes };
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode === exitCodes.interrupted) throw error;
    return { lastGood: { is: 'not run', commit, why: error.message }, changes: all };
  }
}

async function movedCells(
  before: Baseline,
  changes: readonly Change[],
  now: Runner,
  options: RegressOptions,
): Promise<CellChange[]> {
  const touched = changes.map(({ network }) => network);
  options.onProgress(`Seeds ${firstLook.join(', ')} of ${touched.join(', ')} ...`);
  const fresh = await now(firstLook, touched);
  const reference =
    options.since === undefined
      ? before
      : await baselineAt(options.since, upTo(referenceSeeds), options, touched);
  const sides = touched.map(network => sidesOf(network, reference.networks[network]!, fresh));
  const cells = firstLookAt(sides);
  const candidates = [
    ...new Set(cells.flatMap(({ verdict, network }) => (verdict === 'not confirmed' ? network : []))),
  ];
  if (candidates.length === 0) return cells;
  options.onProgress(`Further seeds, to confirm what they show: ${candidates.join(', ')} ...`);
  const further = await now(confirmingSeeds, candidates);
  return confirmed(cells, new Map(candidates.map(network => [network, resultsOf(network, further)])));
}

function sidesOf(
  network: string,
  { task, targets, seeds }: NetworkResults,
  fresh: readonly TracedRun[],
): Sides {
  return { network, task, targets, before: seeds, now: resultsOf(network, fresh) };
}

function resultsOf(network: string, runs: readonly TracedRun[]) {
  return runs.filter(({ record }) => record.network === network).map(seedResultOf);
}

/** A baseline that is run now, with the code of a commit. */
async function baselineAt(
  commit: string,
  seeds: readonly number[],
  options: RegressOptions,
  networks?: readonly string[],
): Promise<Baseline> {
  options.onProgress(
    `Running ${seeds.length === 1 ? 'seed' : 'seeds 1 to'} ${seeds.at(-1)} with the code of ${commit.slice(0, 12)} ...`,
  );
  const { targets } = options;
  return baselineOf(await runsAt(commit, seeds, networks, options), { commit, targets });
}

async function runsAt(
  commit: string,
  seeds: readonly number[],
  networks: readonly string[] | undefined,
  { request, folder, signal }: RegressOptions,
): Promise<TracedRun[]> {
  const checkout = join(folder, 'checkout');
  return inCheckoutOf(commit, checkout, () =>
    runnerIn(checkout, join(folder, 'before'), request, signal)(seeds, networks),
  );
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

function sorted<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}
