import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isAbsent, systemProblem } from '../../ml/data/system.ts';
import { root } from '../checkout.ts';
import { flag, npmRun } from '../command.ts';
import { UserError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { fileNames, isFileName, quoted } from '../text.ts';
import type { ClaimsFile } from './schemas/claims.ts';
import type { CurvesFile } from './schemas/curves.ts';
import type { ExperimentFile } from './schemas/experiment.ts';
import type { Files } from './schemas/index.ts';
import type { ManifestFile } from './schemas/manifest.ts';
import type { PaperFile } from './schemas/paper.ts';
import type { ProtocolFile } from './schemas/protocol.ts';
import { type ReadOptions, readSource, type Source } from './source.ts';
import type { Experiment } from './types.ts';

/** Where experiments are that are named by an id. */
const home = join(root, 'experiments');

/** Ids of the experiments: folders under experiments/ that have a paper.yaml. */
export function experiments(folder = home): string[] {
  return entries(folder, '').filter(name => isReadableExperiment(join(folder, name)));
}

/**
 * Opens an experiment: an id, or the path of a folder (from the checkout's root), or the default one of `folder` when undefined. `fresh`: its files
 * are checked again. An experiment that is not there is a `UserError`.
 */
export async function openExperiment(
  experiment: string | undefined,
  { fresh = false, folder = home } = {},
): Promise<ExperimentFiles> {
  if (experiment === undefined) return defaultExperiment(folder, fresh);
  const isPath = /[\\/]/.test(experiment) || ['.', '..'].includes(experiment);
  const known = experiments(folder);
  const place = isPath ? resolve(root, experiment) : join(folder, experiment);
  if (
    isPath
      ? !isExperiment(place)
      : !known.includes(experiment) && !(isFileName(experiment) && isExperiment(place))
  ) {
    const near = isPath ? 'It is not a folder with a paper.yaml.' : didYouMean(experiment, known);
    throw new UserError(`Unknown experiment ${quoted(experiment)}. ${near}`.trim(), {
      fix: `use --experiment with one of ${known.join(', ')}, or with the path of a folder that has a paper.yaml`,
    });
  }
  if (!isFileName(basename(place))) {
    const message = `The folder ${quoted(place)} names an experiment: ${fileNames}.`;
    throw new UserError(message, { fix: 'rename the folder' });
  }
  return new ExperimentFiles(place, {
    fresh,
    check: npmRun('validate', [], flag('experiment', experiment)),
  });
}

/** The files of an experiment, each read once. */
export class ExperimentFiles {
  readonly folder: string;
  /** The command that checks them. */
  readonly check: string;
  readonly #options: ReadOptions;
  readonly #sources = new Map<string, Promise<Source>>();

  constructor(folder: string, options: ReadOptions) {
    this.folder = folder;
    this.check = options.check;
    this.#options = options;
  }

  /** Names of the tables and figures, in natural order. */
  get targets(): string[] {
    return entries(this.folder, '.yaml').filter(name => !['paper', 'claims'].includes(name));
  }

  /** Names of the protocols. */
  get protocols(): string[] {
    return entries(join(this.folder, 'protocols'), '.yaml');
  }

  /** Whether there are digitised curves: only figures need them. */
  get hasCurves(): boolean {
    return entries(this.folder, '.json').includes('curves');
  }

  /** Whether there is a file of claims. */
  get hasClaims(): boolean {
    return entries(this.folder, '.yaml').includes('claims');
  }

  /** What `paper.yaml` says. */
  async experiment(): Promise<Experiment> {
    const { title, citation, faithful, released } = (await this.head()).data;
    const { folder } = this;
    return { id: basename(folder), folder, title, citation, faithful, released };
  }

  head(): Promise<Source<ExperimentFile>> {
    return this.#source('paper.yaml', 'experiment');
  }

  paper(): Promise<Source<PaperFile>> {
    return this.#source('paper.json', 'paper');
  }

  curves(): Promise<Source<CurvesFile>> {
    return this.#source('curves.json', 'curves');
  }

  claims(): Promise<Source<ClaimsFile>> {
    return this.#source('claims.yaml', 'claims');
  }

  manifest(name: string): Promise<Source<ManifestFile>> {
    return this.#source(`${name}.yaml`, 'manifest');
  }

  protocol(name: string): Promise<Source<ProtocolFile>> {
    return this.#source(join('protocols', `${name}.yaml`), 'protocol');
  }

  #source<K extends keyof Files>(file: string, kind: K): Promise<Source<Files[K]>> {
    const known = this.#sources.get(file) ?? readSource(join(this.folder, file), kind, this.#options);
    this.#sources.set(file, known);
    return known as Promise<Source<Files[K]>>;
  }
}

/** A mistake in another experiment does not stop the default one. */
async function defaultExperiment(folder: string, fresh: boolean): Promise<ExperimentFiles> {
  const ids = experiments(folder);
  const marked: ExperimentFiles[] = [];
  const failures: unknown[] = [];
  for (const id of ids) {
    const files = new ExperimentFiles(join(folder, id), { fresh, check: npmRun('validate') });
    const head = await files.head().catch((error: unknown) => {
      failures.push(error);
    });
    if (head?.data.default) marked.push(files);
  }
  if (marked.length === 1) return marked[0]!;
  if (marked.length === 0 && failures.length > 0) throw failures[0];
  const message =
    marked.length > 0
      ? `More than one experiment has \`default: true\` in its paper.yaml: ${marked.map(({ folder }) => basename(folder)).join(', ')}.`
      : `No experiment has \`default: true\` in its paper.yaml. There are: ${ids.join(', ')}.`;
  throw new UserError(message, { fix: 'use --experiment with one of them' });
}

/** A folder that cannot be read stops nothing unless it is the one that is asked for. */
function isReadableExperiment(folder: string): boolean {
  try {
    return isExperiment(folder);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

function isExperiment(folder: string): boolean {
  return entries(folder, '.yaml').includes('paper');
}

/** Names of a folder's entries without an ending, in natural order; those that are no file names of ours are left out. */
function entries(folder: string, ending: '' | '.yaml' | '.json'): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    // What is asked for in a folder that is not there is missed later.
    if (isAbsent(error, folder) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return [];
    throw unlistable(folder, error);
  }
  return names
    .filter(name => name.endsWith(ending))
    .map(name => name.slice(0, name.length - ending.length))
    .filter(isFileName)
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

function unlistable(folder: string, error: unknown): unknown {
  const problem = systemProblem(error, folder);
  if (problem === null) return error;
  const { reason, fix } = problem;
  return new UserError(`${folder}: cannot be read, ${reason}.`, { fix, cause: error });
}

/** figure10 comes after figure9. */
function sortKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, digits => digits.padStart(9, '0'));
}
