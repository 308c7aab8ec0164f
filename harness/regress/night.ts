import { dirname, join } from 'node:path';
import type { JsonSchema } from '../../ml/schema.ts';
import { root } from '../checkout.ts';
import { exitCodes, UserError } from '../errors.ts';
import { makeFolder, readIfThere, setAside, writeAtomic } from '../record/files.ts';
import { gitState } from '../record/provenance.ts';
import { mapOf, objectOf, orNull, parsedAs } from '../schema.ts';
import { baselineFile } from './baseline.ts';
import { inCheckoutOf } from './commit.ts';
import { candidates, type Night, type NightsState, replay } from './nights.ts';
import type { RegressOptions } from './regress.ts';
import { expectClass, type Runner, runnerIn, type TracedRun } from './runs.ts';
import type { MachineClass } from './types.ts';

/** A night and what all nights so far say. */
export interface NightFound {
  experiment: string;
  profile: string;
  machine: MachineClass;
  /** The file of nights of this class of machine, one JSON object a line. */
  file: string;
  night: Night;
  dirty: boolean;
  state: NightsState;
  nights: readonly Night[];
}

/** What a night is run with. */
export type NightOptions = Omit<RegressOptions, 'baselines' | 'since'> & {
  /** Folder of the files of nights. */
  nights: string;
};

/** Seeds of nights, one each, and of what is run further for a candidate: none is ever used twice. */
const nightSeed = (night: number) => 1000 + night;
const furtherSeeds = (night: number) => [0, 1, 2].map(i => 1_000_000 + 3 * night + i);

/**
 * Runs one new seed of every network, sets it against all nights before (two channels, `nights.ts`), runs further seeds of
 * candidates at once, and what alarms once more with the code of the last night before. Adds a line to the file of
 * nights. `nights`: folder of those files.
 */
export async function runNight(options: NightOptions): Promise<NightFound> {
  const { request, machine, experiment, profile, folder, onProgress } = options;
  const now = runnerIn(root, join(folder, 'now'), request, options.signal);
  const { commit, unknown, dirty } = await gitState();
  if (commit === null) throw new UserError(`A night is of a commit, and ${unknown}.`, { fix: 'git clone' });
  const file = nightsFile(options);
  const nights = readNights(file);
  const night = (nights.at(-1)?.night ?? 0) + 1;
  const seed = nightSeed(night);
  const runs = expectClass(await now([seed]), machine);
  const values = Object.fromEntries(runs.flatMap(cellValues));
  const before = replay(nights);
  const suspects = candidates(before, values);
  if (suspects.length > 0) onProgress(`Further seeds of ${suspects.join(', ')} ...`);
  const further = suspects.length > 0 ? await valuesOf(now, furtherSeeds(night), suspects) : {};
  const measured: Night = {
    ...{ night, seed, at: new Date().toISOString(), commit },
    engine: runs[0]!.record.provenance.session.version,
    ...{ values, further, again: null },
  };
  const { alarms } = replay([...nights, measured]);
  const cells = alarms.map(({ cell }) => cell).filter(cell => Object.hasOwn(values, cell));
  const again = await asBefore(cells, nights.at(-1)?.commit, [seed, ...furtherSeeds(night)], options);
  const line: Night = { ...measured, again };
  const all = [...nights, line];
  makeFolder(dirname(file));
  writeAtomic(file, [all.map(each => `${JSON.stringify(each)}\n`).join('')]);
  return { experiment, profile, machine, file, night: line, dirty, state: replay(all), nights: all };
}

/** The file of the nights of a class of machine. */
function nightsFile({
  nights,
  experiment,
  profile,
  machine,
}: Pick<NightOptions, 'nights' | 'experiment' | 'profile' | 'machine'>): string {
  return baselineFile(nights, experiment, profile, machine).replace(/json$/, 'jsonl');
}

/** The nights of a file; none where there is no file. Fails with a `UserError` at a line that is none. */
export function readNights(file: string): Night[] {
  const text = readIfThere(file)?.toString('utf8') ?? '';
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  return lines.map((line, i) => {
    const refuse = (why: string) => new UserError(`${file}:${i + 1}: ${why}.`, { fix: setAside(file) });
    return parsedAs(nightSchema, line, 'night', refuse);
  });
}

/** The alarmed cells under the code of an earlier night; null where there are none, or it is the same code. */
async function asBefore(
  cells: readonly string[],
  commit: string | undefined,
  seeds: readonly number[],
  {
    request,
    folder,
    signal,
    onProgress,
  }: Pick<RegressOptions, 'request' | 'folder' | 'signal' | 'onProgress'>,
): Promise<Night['again']> {
  if (cells.length === 0 || commit === undefined) return null;
  onProgress(`Running ${cells.join(', ')} again with the code of ${commit.slice(0, 12)} ...`);
  const checkout = join(folder, 'checkout');
  try {
    return await inCheckoutOf(commit, checkout, async () => {
      const values = await valuesOf(
        runnerIn(checkout, join(folder, 'before'), request, signal),
        seeds,
        cells,
      );
      return { commit, values };
    });
  } catch (error) {
    if (!(error instanceof UserError) || error.exitCode === exitCodes.interrupted) throw error;
    onProgress(`${error.message} So a changed machine is not told from changed code.`);
    return null;
  }
}

/** Values of cells over some seeds. */
async function valuesOf(
  run: Runner,
  seeds: readonly number[],
  cells: readonly string[],
): Promise<Record<string, number[]>> {
  const networks = [...new Set(cells.map(cell => cell.slice(0, cell.lastIndexOf(' '))))];
  const measured = (await run(seeds, networks)).flatMap(cellValues);
  return Object.fromEntries(
    cells.map(cell => [cell, measured.flatMap(([name, value]) => (name === cell ? [value] : []))]),
  );
}

function cellValues({ record: { network, result } }: TracedRun): [string, number][] {
  return Object.entries(result.measures).map(([measure, value]) => [`${network} ${measure}`, value]);
}

const text: JsonSchema = { type: 'string', maxLength: 200 };
const number: JsonSchema = { type: 'number' };
const lists = mapOf({ type: 'array', items: number });
const commit: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{7,64}$' };

const nightSchema: JsonSchema = objectOf({
  night: { type: 'integer', minimum: 1 },
  seed: { type: 'integer', minimum: 1 },
  at: text,
  commit,
  engine: text,
  values: mapOf(number),
  further: lists,
  again: orNull(objectOf({ commit, values: lists })),
});
