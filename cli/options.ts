import { resolve } from 'node:path';
import { type BackendId, backends, defaultBackend } from '../backends/registry.ts';
import { UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';

/** Values of the options of all verbs; a verb reads those that it declares. */
export interface Options {
  all: boolean;
  profile?: string;
  seeds?: number;
  rows?: string[];
  weights?: 'pretrained';
  backend: BackendId;
  lowering?: string;
  jobs?: number;
  /** Absolute. */
  store: string;
  /** Absolute. */
  data?: string;
  checkpointSeconds: number;
  force: boolean;
  keepGoing: boolean;
  dryRun: boolean;
  json: boolean;
  workload?: string;
  threads?: number;
  rounds?: number;
  steps?: number;
}

/** The name of an option as it is typed after `--`. */
export type OptionName = keyof typeof optionTable;

/** One option: what its value is called, how it is read, and its line in the manual. */
export interface OptionSpec {
  short?: string;
  /** Absent: a switch. */
  value?: string;
  parse?: (text: string, previous?: unknown) => unknown;
  /** What is used when it is not given. */
  preset?: unknown;
  /** How the preset is shown, where the value itself is no help to a reader. */
  shown?: string;
  help: string;
}

/** Every option of every verb, declared once. */
export const optionTable = {
  all: { help: 'all tables and figures that have a manifest' },
  profile: {
    value: '<name>',
    help: "how much of the paper's budget is spent: paper, overnight, mini or smoke (default: mini)",
  },
  seeds: {
    value: '<count>',
    parse: wholeNumber('seeds'),
    help: 'run seeds 1 to <count> of every network (default: what the profile says)',
  },
  rows: {
    value: '<labels>',
    parse: list,
    help: 'run only these rows or curves, separated by commas: ResNet-20,plain-56',
  },
  weights: {
    value: '<name>',
    parse: weights,
    help: 'pretrained: evaluate released weights of ResNet-50 (table3, table4) on ImageNet and train nothing',
  },
  backend: {
    value: '<name>',
    parse: backend,
    preset: defaultBackend,
    help: 'what computes: onnxruntime or reference',
  },
  lowering: {
    value: '<name>',
    help: 'how the backend computes: blocked or standard (default: the fastest that passes its start-up check)',
  },
  jobs: {
    short: 'j',
    value: '<count>',
    parse: wholeNumber('jobs'),
    help: 'runs that are trained side by side, or threads of an evaluation (default: one per core)',
  },
  store: {
    value: '<folder>',
    parse: path,
    preset: resolve(import.meta.dirname, '..', 'out'),
    shown: 'out',
    help: 'where runs are recorded and results are written',
  },
  data: {
    value: '<path>',
    parse: path,
    help: 'a folder or archive with CIFAR-10 (default: found or fetched, see `npm run data -- --help`), or the folder of ImageNet',
  },
  'checkpoint-seconds': {
    value: '<seconds>',
    parse: wholeNumber('checkpoint-seconds'),
    preset: 30,
    help: 'time between checkpoints of a run',
  },
  force: { short: 'f', help: 'run again what is recorded or half done' },
  'keep-going': { short: 'k', help: 'go on with the other runs when one fails' },
  'dry-run': { short: 'n', help: 'only say what would run and what it costs: the same as `npm run plan`' },
  json: {
    help: 'print one JSON object on standard output and nothing else; progress goes to standard error',
  },
  workload: {
    value: '<name>',
    help: 'network that is timed: resnet20-paper or resnet20-mini (default: resnet20-paper)',
  },
  threads: {
    value: '<count>',
    parse: wholeNumber('threads'),
    help: 'threads of each contender (default: two)',
  },
  rounds: { value: '<count>', parse: wholeNumber('rounds'), help: 'paired rounds (default: 7)' },
  steps: { value: '<count>', parse: wholeNumber('steps'), help: 'steps in a round (default: 8)' },
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

function wholeNumber(option: string): (text: string) => number {
  return text => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new UserError(`--${option} is "${text}"; expected a whole number from 1.`, {
      fix: `--${option}=1`,
    });
  };
}

function list(text: string, previous?: unknown): string[] {
  const labels = text
    .split(/,|\n+/)
    .map(label => label.trim())
    .filter(label => label !== '');
  return [...((previous as string[] | undefined) ?? []), ...labels];
}

function weights(text: string): string {
  if (text === 'pretrained') return text;
  throw new UserError(`--weights is "${text}"; expected pretrained.`, { fix: '--weights=pretrained' });
}

function backend(text: string): string {
  const names = Object.keys(backends);
  if (names.includes(text)) return text;
  throw new UserError(
    `--backend is "${text}"; expected ${names.join(' or ')}. ${didYouMean(text, names)}`.trim(),
    {
      fix: `--backend=${defaultBackend}`,
    },
  );
}

/** npm changes into the checkout before it starts us: paths are meant from where the user is. */
function path(text: string): string {
  const from = process.env.npm_lifecycle_event === process.argv[2] ? process.env.INIT_CWD : undefined;
  return resolve(from ?? '.', text);
}
