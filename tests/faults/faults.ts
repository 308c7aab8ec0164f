import { existsSync, readFileSync } from 'node:fs';
import { permutation } from '../../ml/optim/random.ts';

/** One fault: at which operation of which process, and what becomes of it. */
export interface Fault {
  /** Name of the script whose process meets it. */
  script: string;
  /** Operation on files of the trial, counted from 1 in each process: the first from there on that is among `operations`. */
  at: number;
  operations: readonly string[];
  /** Death, or the error that the operation fails with. */
  does: 'kill' | ErrorCode;
  /** Of death: before the operation, within it (half of what is to be written is), or after it. */
  when: 'before' | 'within' | 'after';
  victim: 'self' | 'command' | 'group';
  /** Whether all operations from there on meet it, in every process of that script; else one does. */
  lasts: boolean;
}

/** What RESIDUALS_FAULT tells the processes of a trial. */
export interface Injection {
  /** Scripts whose operations are counted, and the one that is the command. */
  processes: readonly string[];
  command: string;
  /** Absolute; operations elsewhere are not counted. */
  folders: readonly string[];
  /** File that is appended a line for each operation. */
  trace?: string;
  fault?: Fault;
  /** File that a fault leaves when it befalls an operation. */
  fired?: string;
}

/** An operation that a process has done: its number there, what it is, and the path below the folders of the trial. */
export interface Operation {
  script: string;
  at: number;
  is: string;
  path: string;
}

type ErrorCode = 'EIO' | 'ESTALE' | 'ENOSPC' | 'EROFS' | 'EMFILE' | 'EACCES';

const naming = ['mkdir', 'rename', 'unlink', 'utimes', 'copy'];
const opening = ['open', 'open to write', 'read file', 'list', 'copy'];
const all = [
  ...new Set([...opening, ...naming, 'read', 'write', 'fsync', 'truncate', 'close', 'stat', 'access']),
];

/** Operations that can fail with an error. */
const failing: Readonly<Record<ErrorCode, readonly string[]>> = {
  EIO: all,
  ESTALE: all,
  ENOSPC: ['open to write', 'write', 'fsync', 'close', 'mkdir', 'rename', 'copy'],
  EROFS: ['open to write', 'truncate', ...naming],
  EMFILE: opening,
  EACCES: [...opening, ...naming, 'stat', 'access'],
};

/** The script of workers. */
export const workerScript = 'worker.ts';

type Kind = Omit<Fault, 'script' | 'at'> & { isWorkers?: boolean };

const death: Kind = { operations: all, does: 'kill', when: 'before', victim: 'self', lasts: false };

/** The kinds of faults. */
const kinds: Readonly<Record<string, Kind>> = {
  'kill -9 worker': { ...death, isWorkers: true },
  'kill -9 every worker': { ...death, isWorkers: true, lasts: true },
  'kill -9 command': { ...death, victim: 'command' },
  'kill -9 group': { ...death, victim: 'group' },
  'crash within a write': { ...death, operations: ['write'], when: 'within' },
  'crash after': { ...death, when: 'after' },
  ...Object.fromEntries(
    Object.entries(failing).flatMap(([code, operations]) => {
      const refusal = { ...death, operations, does: code as ErrorCode };
      return [[`${code} once`, refusal] as const, [`${code} for ever`, { ...refusal, lasts: true }] as const];
    }),
  ),
};

/** Their names, in the order of a report. */
export const faultKinds = Object.keys(kinds);

/** Faults of a kind, one at each operation of an undisturbed run that can meet it, in an order that the seed decides. */
export function faultsOf(kind: string, operations: readonly Operation[], seed: number): Fault[] {
  const { isWorkers = false, ...fault } = kinds[kind]!;
  const places = operations.filter(
    ({ script, is }) => fault.operations.includes(is) && (!isWorkers || script === workerScript),
  );
  const faults = new Map(places.map(({ script, at }) => [`${script} ${at}`, { ...fault, script, at }]));
  return shuffled([...faults.values()], seed, faultKinds.indexOf(kind));
}

/** Items in an order that the seed and the index decide. */
export function shuffled<T>(items: readonly T[], seed: number, index: number): T[] {
  const order = new Uint32Array(items.length);
  permutation({ seed, purpose: 'order', epoch: 0, index }, order);
  return [...order].map(i => items[i]!);
}

/** The operations in a file of lines that processes have left; none when they have left none. */
export function operationsIn(file: string): Operation[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map(line => JSON.parse(line) as Operation);
}
