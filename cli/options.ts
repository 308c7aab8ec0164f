import { resolve } from 'node:path';
import { backends, defaultBackend } from '../backends/registry.ts';
import { workloads } from '../bench/workloads.ts';
import { backend, experiment, look, most, names, oneOf, path, seeds, wholeNumber } from './option-values.ts';

/** A folder, or an address. */
function siteOf(text: string): string {
  return /^https?:\/\//.test(text) ? text : path('site')(text);
}

/** Values of the options of all verbs; a verb reads those that it declares. */
export interface Options {
  all: boolean;
  experiment?: string;
  profile?: string;
  /** Ascending. */
  seeds?: number[];
  rows?: string[];
  untilDecided: boolean;
  maxSeeds?: number;
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
  images?: number;
  /** Absolute. */
  out?: string;
  targets?: string[];
  since?: string;
  nodes: boolean;
  update: boolean;
  night: boolean;
  /** Absolute. */
  baselines: string;
  junit?: string;
  site?: string;
  rerun: boolean;
  oneFile?: string;
  /** Absolute. */
  from?: string;
  pdf: boolean;
  open: boolean;
  summary?: string;
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
    help: "how much of the paper's budget is spent: paper, released, overnight, mini or smoke (default: set by the protocol)",
  },
  seeds: {
    value: '<seeds>',
    parse: seeds,
    help: '3 for seeds 1 to 3, or a list such as 4-6,1001 (default: what the profile says, and all that are recorded)',
  },
  'until-decided': {
    help: 'add seeds, look by look (3, 5, 8, ...), where a verdict is still open, the likeliest to be settled for its time first',
  },
  'max-seeds': {
    value: '<count>',
    parse: look,
    help: 'with --until-decided: seeds at most, one of 3, 5, 8, 12, 20 (default: what the profile fixed beforehand)',
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
    help: 'the folder of the data: PASCAL VOC, COCO or ImageNet, or a folder or archive with CIFAR-10 (default: found or fetched, see `npm run data -- --help`)',
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
  quick: {
    help: 'less of everything: 20 steps instead of 100 and fewer slow networks, or 2,000 repetitions',
  },
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
    parse: oneOf('workload', [...Object.keys(workloads), 'report']),
    help: `network that is timed: ${Object.keys(workloads).join(', ')} (default: ${Object.keys(workloads)[0]}); or report, a site of 1,000 runs`,
  },
  threads: {
    value: '<count>',
    parse: wholeNumber('threads', most.threads),
    help: 'threads of each contender (default: two)',
  },
  images: {
    value: '<count>',
    parse: wholeNumber('images', most.images),
    help: 'draw the first so many test images with what was found in them, as a PNG',
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
    help: 'where it is written (default of compare: compared/<experiment>/<profile>/ of the store; of report: site)',
  },
  targets: {
    value: '<names>',
    parse: names('targets', 'table6,figure1'),
    repeats: true,
    help: 'tables and figures, separated by commas, as they can also be named before the options (default: all)',
  },
  since: {
    value: '<commit>',
    help: 'compare with the code of this commit, which is run now, instead of a baseline that was kept',
  },
  nodes: { help: 'how long each operator of a training step of onnxruntime takes, and nothing else' },
  update: { help: 'make the results of this commit the baseline of this class of machine, seeds 1 to 10' },
  night: { help: 'train one new seed of every network and set it against all nights before' },
  baselines: {
    value: '<folder>',
    parse: path('baselines'),
    preset: resolve(import.meta.dirname, '..', 'results', 'baselines'),
    shown: 'results/baselines',
    help: 'where baselines are kept',
  },
  site: {
    value: '<folder>',
    parse: siteOf,
    help: 'a folder that npm run report has written, or the address of one',
  },
  rerun: { help: 'run what the site holds of the named tables and figures again, and compare' },
  from: {
    value: '<crate>',
    parse: path('from'),
    help: 'run again what an archive of `npm run export` holds, and compare with it',
  },
  'one-file': {
    value: '<target>',
    help: 'only this table or figure, as one HTML file that holds its records and its check',
  },
  pdf: { help: 'also write report.pdf, all tables, figures and claims; needs Chromium or Chrome' },
  open: { help: 'open the result in the browser' },
  junit: { value: '<file>', parse: path('junit'), help: 'also write the result as JUnit XML' },
  summary: {
    value: '<file>',
    parse: path('summary'),
    help: 'also write the result as Markdown (default: appended to GITHUB_STEP_SUMMARY where that is set)',
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
