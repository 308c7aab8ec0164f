import { type ChangePoint, changePoint } from '../aggregate/change-point.ts';
import {
  confirmation,
  evidence,
  fast,
  type History,
  newHistory,
  nightsPerFalseAlarm,
  type Surprise,
  slow,
  spreadOf,
  surprise,
  update,
} from '../aggregate/history.ts';
import { mean } from '../aggregate/sample.ts';

/** What a night measured, with one new seed of every network: a line of the file of nights. Only what was recorded. */
export interface Night {
  /** From 1 on. */
  night: number;
  seed: number;
  /** ISO 8601. */
  at: string;
  commit: string;
  engine: string;
  /** By cell, `plain-20 testError`. */
  values: Readonly<Record<string, number>>;
  /** Values of further seeds that were run at once for candidates, by cell. */
  further: Readonly<Record<string, readonly number[]>>;
  /** The same seeds under the code of an earlier night, where there were alarms; null where that could not be run. */
  again: { commit: string; values: Readonly<Record<string, readonly number[]>> } | null;
}

/** A cell that moved. */
export interface Alarm {
  cell: string;
  night: number;
  channel: 'fast' | 'slow';
  /** The code of an earlier night shows it too: the machine, or what is installed on it, has changed. */
  isMachine: boolean;
  before: { mean: number; sd: number; n: number };
  value: number;
  /** One-sided p of the further seeds; of the fast channel. */
  p: number | null;
  /** Evidence of a lasting shift, and how much raises an alarm; of the slow channel. */
  evidence: number;
  threshold: number;
  /** Where the change most likely lies, in nights. */
  between: { from: number; to: number; before: number; after: number } | null;
}

/** What is known of a cell after some nights. */
interface CellState {
  history: History;
  /** Nights since the last alarm, with their values. */
  since: { night: number; value: number }[];
}

/** What all nights say: everything here is derived from their values, again, each time. */
export interface NightsState {
  cells: ReadonlyMap<string, CellState>;
  /** Of the last night. */
  alarms: readonly Alarm[];
  /** Cells with too few nights to be judged yet. */
  short: readonly string[];
  /** Candidates of the last night that their further seeds did not confirm. */
  unconfirmed: readonly string[];
}

/** The mean surprise of all cells is a cell of its own: it sees a small shift that all of them have. */
export const everyCell = 'all cells';

/** The state after some nights. */
export function replay(nights: readonly Night[]): NightsState {
  return nights.reduce(afterNight, beforeAll);
}

/** All alarms that some nights have raised, in their order. */
export function alarmsOf(nights: readonly Night[]): Alarm[] {
  const alarms: Alarm[] = [];
  nights.reduce((state, night) => {
    const next = afterNight(state, night);
    alarms.push(...next.alarms);
    return next;
  }, beforeAll);
  return alarms;
}

const beforeAll: NightsState = { cells: new Map(), alarms: [], short: [], unconfirmed: [] };

/** Cells of which further seeds are to be run at once: what one night alone makes a candidate. */
export function candidates({ cells }: Pick<NightsState, 'cells'>, values: Night['values']): string[] {
  const names = Object.keys(values);
  return fast(names.map(name => surprised(cells, name, values[name]!))).map(index => names[index]!);
}

function afterNight({ cells }: NightsState, night: Night): NightsState {
  const names = Object.keys(night.values);
  const found = new Map(names.map(name => [name, surprised(cells, name, night.values[name]!)]));
  const together = [...found.values()].flatMap(each => (each ? [each.u] : []));
  const values: Record<string, number> = { ...night.values };
  if (together.length > 1) values[everyCell] = mean(together);
  const suspects = new Set(candidates({ cells }, night.values));
  const next = new Map(cells);
  const alarms: Alarm[] = [];
  const unconfirmed: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const state = cells.get(name) ?? newState();
    const further = night.further[name] ?? [];
    const after = [value, ...further].reduce(update, state.history);
    const since = [...state.since, { night: night.night, value }];
    const isTold = suspects.has(name) && further.length > 0;
    const confirms = isTold ? confirmation(state.history, found.get(name)!, further) : null;
    if (confirms?.confirmed === false) unconfirmed.push(name);
    const channel = confirms?.confirmed ? 'fast' : slow(after, names.length) ? 'slow' : null;
    // After an alarm a cell starts anew: its next values are set against those of the changed code.
    next.set(name, channel ? newState() : { history: after, since });
    if (!channel) continue;
    alarms.push({
      ...{ cell: name, night: night.night, channel, value },
      isMachine: isMachine(state, found.get(name) ?? surprise(state.history, value), night, name),
      before: spreadOf(state.history),
      p: confirms ? confirms.p : null,
      evidence: evidence(after),
      threshold: names.length * nightsPerFalseAlarm,
      between: nightsOf(since, changePoint(since.map(each => each.value))),
    });
  }
  const short = names.filter(name => found.get(name) === null);
  return { cells: next, alarms, short, unconfirmed };
}

/** Whether the values of the earlier code, on the same seeds, lie off the history as those of tonight do. */
function isMachine({ history }: CellState, seen: Surprise | null, { again }: Night, name: string): boolean {
  const values = again?.values[name];
  return values !== undefined && seen !== null && confirmation(history, seen, values).confirmed;
}

function surprised(cells: NightsState['cells'], name: string, value: number): Surprise | null {
  const state = cells.get(name);
  return state ? surprise(state.history, value) : null;
}

function nightsOf(since: CellState['since'], found: ChangePoint | null): Alarm['between'] {
  if (!found) return null;
  const { before, after } = found;
  return { from: since[found.from]!.night, to: since[found.to]!.night, before, after };
}

function newState(): CellState {
  return { history: newHistory(), since: [] };
}
