import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import { exitCodes, UserError } from '../errors.ts';
import { seedsText } from '../plan/command.ts';
import { digestOf } from '../record/keys.ts';
import { jobFiles, openStore } from '../record/store.ts';
import { readTrace, type TraceLine } from '../record/trace.ts';
import type { JobRecord, TrainIdentity } from '../record/types.ts';
import type { MachineClass, SeedResult } from './types.ts';

/** What is run, wherever: the same targets, profile, engine and data on every side of a comparison. */
export interface Request {
  /** Targets; all when empty. */
  names: readonly string[];
  profile: string;
  experiment?: string;
  rows?: readonly string[];
  backend: string;
  device?: string;
  variant?: string;
  jobs?: number;
  /** Absolute. */
  data?: string;
}

/** A finished training, and the digests of its steps where it left them. */
export interface TracedRun {
  record: JobRecord<TrainIdentity>;
  trace: readonly TraceLine[] | null;
}

/** Trains networks of a request, all of them when absent, with some seeds. */
export type Runner = (seeds: readonly number[], networks?: readonly string[]) => Promise<TracedRun[]>;

/**
 * A runner of the code in a checkout, which records in a store of its own: it types `npm run reproduce` there, as a user
 * would; `signal` stops it. Progress goes to standard error. Fails with a `UserError` where a run failed or was interrupted.
 */
export function runnerIn(checkout: string, store: string, request: Request, signal?: AbortSignal): Runner {
  return async (seeds, networks) => {
    const { names, profile, experiment, rows, backend, device, variant, jobs, data } = request;
    const shown = networks ?? rows;
    const given = { experiment, profile, backend, device, variant, jobs, data };
    const options = Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    );
    const words = names.length > 0 ? names : ['--all'];
    const more = ['--trace', '--json', '--claims=report', `--store=${store}`, `--seeds=${seedsText(seeds)}`];
    const only = shown ? [`--rows=${shown.join(',')}`] : [];
    if (signal?.aborted) throw interrupted();
    const { exitCode } = await execa(
      process.execPath,
      [join(checkout, 'cli', 'start.mjs'), 'reproduce', ...words, ...options, ...more, ...only],
      {
        ...{ cwd: checkout, stdio: ['ignore', 'ignore', 'inherit'], reject: false },
        // It stops at its checkpoints, which takes a step.
        ...(signal && { cancelSignal: signal, forceKillAfterDelay: 60_000 }),
      },
    );
    if (signal?.aborted) throw interrupted();
    expectFinished(exitCode, checkout);
    return tracedRuns(store, seeds, networks);
  };
}

/** The class of machine that a run is of. */
export function machineOf({ identity, provenance }: TracedRun['record']): MachineClass {
  const { backend, numerics } = identity;
  const { device, variant, hardware } = provenance.session;
  return { backend, numerics, device, variant, hardware };
}

/** Runs, at least one, all of the class of machine that the engine said. Fails with a `UserError` where they are not. */
export function expectClass(runs: readonly TracedRun[], machine: MachineClass): readonly TracedRun[] {
  const [first] = runs;
  if (!first)
    throw new UserError('Nothing is trained for these targets, so there is nothing to compare.', {
      fix: 'name tables or figures whose networks are trained: npm run plan -- --all',
    });
  if (isDeepStrictEqual(machineOf(first.record), machine)) return runs;
  const said = Object.values(machine).join(', ');
  throw new UserError(
    `The engine said ${said}, and ran as ${Object.values(machineOf(first.record)).join(', ')}.`,
    {
      exitCode: exitCodes.failed,
    },
  );
}

/** What is kept and compared of a run. */
export function seedResultOf({ record: { key, identity, result } }: TracedRun): SeedResult {
  const curves = Object.entries(result.curves).map(([name, points]) => [`${name} curve`, digestOf(points)]);
  const all = [...Object.entries(result.digests), ...Object.entries(result.artefacts), ...curves];
  const digests = Object.fromEntries(all.map(([name, digest]) => [name, digest!.slice(0, 16)]));
  return { seed: identity.seed, key, measures: result.measures, digests };
}

/** A digest of the state after each step, and of each tensor after the first one. */
export function stepsOf({ trace }: TracedRun): { steps: string[]; tensors: string[] } {
  const steps = (trace ?? []).map(({ digests }) => digestOf(digests).slice(0, 12));
  return { steps, tensors: (trace?.[0]?.digests ?? []).map(digest => digest.slice(0, 4)) };
}

function interrupted(): UserError {
  return new UserError('Interrupted.', { exitCode: exitCodes.interrupted });
}

function expectFinished(exitCode: number | undefined, checkout: string): void {
  const { pass, differs, inconclusive, failed, usage } = exitCodes;
  // Whether results agree with the paper is not what is asked here.
  if (exitCode === pass || exitCode === differs || exitCode === inconclusive) return;
  if (exitCode === exitCodes.interrupted || exitCode === undefined) throw interrupted();
  throw new UserError(`The runs in ${checkout} ended with exit code ${exitCode}; why is said above.`, {
    exitCode: exitCode === usage ? usage : failed,
  });
}

function tracedRuns(folder: string, seeds: readonly number[], networks?: readonly string[]): TracedRun[] {
  const store = openStore(folder);
  const { records, unusable } = store.list();
  if (unusable[0]) throw new UserError(unusable[0].problem, { fix: unusable[0].fix });
  const isWanted = (record: JobRecord): record is TracedRun['record'] =>
    record.identity.kind === 'train' &&
    seeds.includes(record.identity.seed) &&
    (networks?.includes(record.network) ?? true);
  return records
    .filter(isWanted)
    .map(record => ({ record, trace: readTrace(join(store.jobFolder(record.key), jobFiles.trace)) }))
    .sort((a, b) => a.record.identity.seed - b.record.identity.seed);
}
