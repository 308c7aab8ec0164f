import { resolve } from 'node:path';
import { backends, defaultBackend, isBackendFile } from '../backends/registry.ts';
import { workloads } from '../bench/workloads.ts';
import { fromCheckout } from '../harness/checkout.ts';
import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import { quoted, unsafeCharacter } from '../harness/text.ts';
import { shellWord } from '../ml/shell.ts';

/** Values of the options of all verbs; a verb reads those that it declares. */
export interface Options {
  all: boolean;
  experiment?: string;
  profile?: string;
  /** Ascending. */
  seeds?: number[];
  rows?: string[];
  weights?: string;
  by?: 'backend';
  backend: string;
  device?: string;
  variant?: string;
  jobs?: number;
  /** Absolute. */
  store: string;
  /** Absolute. */
  data?: string;
  checkpointSeconds: number;
  force: boolean;
  overwritePages: boolean;
  keepGoing: boolean;
  dryRun: boolean;
  trace: boolean;
  quick: boolean;
  section?: string;
  claims?: 'report' | 'fail';
  verbose: boolean;
  json: boolean;
  html?: string;
  workload?: string;
  threads?: number;
  rounds?: number;
  steps?: number;
  backends?: string[];
  seed: number;
  referenceSteps: number;
  /** Absolute. */
  out?: string;
}

/** The name of an option as it is typed after `--`. */
export type OptionName = keyof typeof optionTable;

/** One option: what its value is called, how it is read, and its line in the manual. */
export interface OptionSpec {
  short?: string;
  /** Absent: a switch. */
  value?: string;
  parse?: (text: string, previous?: unknown) => unknown;
  /** Whether it may be given several times: what each time says counts. Any other option is given once. */
  repeats?: true;
  /** What is used when it is not given. */
  preset?: unknown;
  /** How the preset is shown, where the value itself is no help to a reader. */
  shown?: string;
  help: string;
}

/** More of anything than this is a slip of the keyboard. */
const most = {
  seeds: 10_000,
  seconds: 100_000_000,
  processes: 10_000,
  threads: 1024,
  rounds: 1000,
  steps: 100_000,
};

/** Every option of every verb, declared once. */
export const optionTable = {
  all: { help: 'all tables and figures that have a manifest' },
  experiment: {
    value: '<name>',
    parse: experiment,
    help: 'a folder under experiments/, or the path of one (default: the ResNet paper)',
  },
  profile: {
    value: '<name>',
    help: "how much of the paper's budget is spent: paper, overnight, mini or smoke (default: set by the protocol)",
  },
  seeds: {
    value: '<seeds>',
    parse: seeds,
    help: '3 for seeds 1 to 3, or a list such as 4-6,1001 (default: what the profile says, and all that are recorded)',
  },
  rows: {
    value: '<labels>',
    parse: names('rows', 'ResNet-20,plain-56'),
    repeats: true,
    help: 'run only these rows or curves, separated by commas: ResNet-20,plain-56',
  },
  weights: {
    value: '<name>',
    help: 'evaluate weights that others released, e.g. pretrained, in the tables that show them, and train nothing',
  },
  backend: {
    value: '<name>',
    parse: backend,
    preset: defaultBackend,
    help: `what computes: ${Object.keys(backends).join(', ')}, or the path of a file (.ts, .mjs, .js) that exports a backend`,
  },
  by: {
    value: '<what>',
    parse: oneOf('by', ['backend']),
    help: 'backend: beside the runs of --backend those that other backends have finished in the store, and whether they agree',
  },
  device: { value: '<name>', help: 'device of the backend (default: its first that works here)' },
  variant: {
    value: '<name>',
    help: 'how the backend computes, e.g. blocked or standard (default: the fastest that passes its start-up check)',
  },
  jobs: {
    short: 'j',
    value: '<count>',
    parse: wholeNumber('jobs', most.processes),
    help: 'runs side by side (default: one per core; one on a GPU, where small networks gain from several)',
  },
  store: {
    value: '<folder>',
    parse: path('store'),
    preset: resolve(import.meta.dirname, '..', 'out'),
    shown: 'out',
    help: 'where runs are recorded and results are written',
  },
  data: {
    value: '<path>',
    parse: path('data'),
    help: 'a folder or archive with CIFAR-10 (default: found or fetched, see `npm run data -- --help`), or the folder of ImageNet',
  },
  'checkpoint-seconds': {
    value: '<seconds>',
    parse: wholeNumber('checkpoint-seconds', most.seconds),
    preset: 30,
    help: 'time between checkpoints of a run',
  },
  force: {
    short: 'f',
    help: 'rerun finished and stopped runs; a record is kept until there is a new one',
  },
  'overwrite-pages': {
    help: 'replace pages that rest on more runs than are shown now, as with fewer --seeds than are recorded',
  },
  'keep-going': { short: 'k', help: 'keep running the others if one fails' },
  'dry-run': { short: 'n', help: 'print what would run and what it would cost: the same as `npm run plan`' },
  trace: {
    help: 'leave digests of the state after every step beside each record, for `npm run bisect`: some percent of the time, about 2 KiB a step',
  },
  quick: { help: '20 steps instead of 100, and fewer of the slow networks' },
  section: { value: '<section>', help: 'only the claims of a section: 4.2, "app. A"' },
  claims: {
    value: '<what>',
    parse: oneOf('claims', ['report', 'fail']),
    help: "fail: a contradicted or an open claim decides the exit code as a cell does; report: claims are only shown (default: fail under the paper's own protocol, else report)",
  },
  html: { value: '<file>', parse: path('html'), help: 'also write the report as an HTML page' },
  verbose: {
    help: 'print every departure from the paper, the rules of verdicts and the provenance above the result',
  },
  json: {
    help: 'print one JSON object on standard output and nothing else; progress goes to standard error',
  },
  workload: {
    value: '<name>',
    parse: oneOf('workload', Object.keys(workloads)),
    help: `network that is timed: ${Object.keys(workloads).join(', ')} (default: ${Object.keys(workloads)[0]})`,
  },
  threads: {
    value: '<count>',
    parse: wholeNumber('threads', most.threads),
    help: 'threads of each contender (default: two)',
  },
  rounds: { value: '<count>', parse: wholeNumber('rounds', most.rounds), help: 'paired rounds (default: 7)' },
  steps: {
    value: '<count>',
    parse: wholeNumber('steps', most.steps),
    help: 'training steps, at most (default: 8 in a round of bench, 100 of compare, all of bisect)',
  },
  backends: {
    value: '<names>',
    parse: names('backends', 'onnxruntime,torch'),
    repeats: true,
    help: 'what is compared, separated by commas: names of backends, or paths of files that export one, a device or variant behind a colon (default: all but the reference)',
  },
  seed: { value: '<number>', parse: wholeNumber('seed', 2 ** 31), preset: 1, help: 'seed of the training' },
  'reference-steps': {
    value: '<count>',
    parse: wholeNumber('reference-steps', most.steps),
    preset: 10,
    help: 'steps that are also taken in float64, in plain loops on one thread: seconds each for ResNet-20 under mini, a minute under paper',
  },
  out: {
    value: '<folder>',
    parse: path('out'),
    help: 'where figure and data are written (default: compared/<experiment>/<profile>/ of the store)',
  },
} as const satisfies Record<string, OptionSpec>;

/** The declaration of an option. */
export function optionSpec(name: OptionName): OptionSpec {
  return optionTable[name];
}

/** Whether an argument on the command line is this option, in any of its spellings. */
export function isGiven(name: OptionName, argv: readonly string[]): boolean {
  const { short } = optionSpec(name);
  return argv.some(
    word =>
      word === `--${name}` ||
      word.startsWith(`--${name}=`) ||
      (short !== undefined && new RegExp(`^-[a-z]*${short}`).test(word)),
  );
}

/** npm changes into the checkout before it starts us: paths are meant from where the user is. */
export function userPath(text: string): string {
  const from = process.env.npm_lifecycle_event === process.argv[2] ? process.env.INIT_CWD : undefined;
  return resolve(from ?? '.', text);
}

function wholeNumber(option: string, most: number): (text: string) => number {
  return text => {
    if (/^[1-9]\d*$/.test(text) && Number(text) <= most) return Number(text);
    throw new UserError(`--${option} is ${quoted(text)}; expected a whole number from 1 to ${most}.`, {
      fix: `--${option} 1`,
    });
  };
}

/** `3` is 1, 2, 3; `4-6,1001` is 4, 5, 6, 1001; `7-7` is 7 alone. */
function seeds(text: string): number[] {
  const refuse = (why: string) =>
    new UserError(`--seeds is ${quoted(text)}; ${why}.`, { fix: '--seeds 3, or --seeds 4-6,1001' });
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text))
    throw refuse('expected a number of seeds, or a list such as 4-6,1001');
  const lone = /^\d+$/.test(text);
  const ranges = text.split(',').map(part => {
    const [from, to = from] = part.split('-').map(Number) as [number, number?];
    return lone ? ([1, from] as const) : ([from, to] as const);
  });
  const count = ranges.reduce((sum, [from, to]) => sum + Math.max(0, to - from + 1), 0);
  if (count > most.seeds) throw refuse(`expected at most ${most.seeds} seeds`);
  if (ranges.some(([from, to]) => from < 1 || to < from || to > 2 ** 31))
    throw refuse('expected seeds from 1 on, each range rising');
  const all = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** What is separated by commas or line breaks; given again, it adds to what was given before. */
function names(option: string, example: string): (text: string, previous?: unknown) => string[] {
  return (text, previous) => {
    const found = text
      .split(/,|\n+/)
      .map(each => each.trim())
      .filter(each => each !== '');
    if (found.length === 0) {
      const what = option === 'rows' ? 'labels of rows or curves' : 'names of backends';
      throw new UserError(`--${option} is ${quoted(text)}; expected ${what}.`, {
        fix: `--${option} ${example}`,
      });
    }
    return [...((previous as string[] | undefined) ?? []), ...found];
  };
}

function oneOf(option: string, names: readonly string[]): (text: string) => string {
  return text => {
    if (names.includes(text)) return text;
    const guess = didYouMean(text, names);
    throw new UserError(`--${option} is ${quoted(text)}; expected ${either(names)}. ${guess}`.trim(), {
      fix: `--${option} ${names[0]}`,
    });
  };
}

/** `a, b or c`. */
function either(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(names);
}

function path(option: string): (text: string) => string {
  return text => {
    const refuse = (why: string, fix: string) =>
      new UserError(`--${option} is ${quoted(text)}; ${why}.`, { fix });
    if (unsafeCharacter(text) !== undefined)
      throw refuse('expected a path without control characters', 'rename what has such a name');
    if (/^~($|\/)/.test(text))
      throw refuse(
        'the shell has left ~ as it is',
        `--${option} "$HOME"${text.slice(1) && shellWord(text.slice(1))}`,
      );
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
      throw refuse('expected a path, not an address', `--${option} <path of what was fetched from there>`);
    return userPath(text);
  };
}

/** One that comes with Residuals, or a file with one, named from the root of the checkout when it lies inside. */
function backend(text: string): string {
  return isBackendFile(text) ? fromCheckout(userPath(text)) : oneOf('backend', Object.keys(backends))(text);
}

/**
 * A name is looked for under experiments/; what has a slash is a path. One inside the checkout is named from its root, in
 * which commands run: what is printed then holds on another machine.
 */
function experiment(text: string): string {
  if (!/[/\\]/.test(text)) return text;
  return fromCheckout(path('experiment')(text));
}
