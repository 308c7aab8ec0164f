import { join } from 'node:path';
import type { Backend } from '../backends/contract.ts';
import { backends } from '../backends/registry.ts';
import { flag, npmRun } from '../harness/command.ts';
import { type Contender, compare } from '../harness/compare/compare.ts';
import { courseOf } from '../harness/compare/course.ts';
import type { ComparedTraining } from '../harness/compare/types.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import { didYouMean } from '../harness/nearest.ts';
import { prepare, whyImpossible } from '../harness/plan/prepare.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { makeFolder, writeAtomic } from '../harness/record/files.ts';
import { neededFiles } from '../harness/record/needs.ts';
import { openStore } from '../harness/record/store.ts';
import type { TrainIdentity } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { weightsFor } from '../harness/tasks/weights.ts';
import { cores } from '../ml/data/cores.ts';
import { comparisonCsv } from '../paper-tables/comparison/csv.ts';
import { drawComparison } from '../paper-tables/comparison/draw.ts';
import { comparisonText } from '../paper-tables/comparison/text.ts';
import { commandLines } from '../paper-tables/page-text.ts';
import { toPng } from '../paper-tables/png.ts';
import { printable } from '../paper-tables/printable.ts';
import { backendNamed } from './backend-file.ts';
import { foldersFor } from './execute.ts';
import { shortPath } from './format.ts';
import { type Options, optionTable } from './options.ts';
import { placesOf } from './places.ts';
import { remarkFor, terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run compare <targets...>`: the same trainings on several backends, step by step. */
export const compareVerb: Verb = {
  arguments: '[targets...]',
  description:
    'Takes several backends along the same training of a table or figure (the same initial weights, batches and learning rates) and shows the loss of every step, how far each backend is from float64 for the first steps and from the first backend afterwards, and a figure. What rounding explains is measured, not assumed: each backend trains twice more with its initial weights moved by one unit in the last place, and departs only where it is more than 10 times as far away as that moves it. Nothing is recorded as a run.',
  options: [
    ...(['backends', 'rows', 'steps', 'reference-steps', 'seed', 'profile', 'experiment'] as const),
    ...(['store', 'data', 'out', 'json'] as const),
  ],
  exits: {
    pass: 'all backends agree',
    differs: 'a backend departs',
    failed: 'a backend is missing or failed, or the data are missing',
  },
  environment: [
    'RESIDUALS_CIFAR10',
    'RESIDUALS_IMAGENET',
    'RESIDUALS_VOC',
    'RESIDUALS_COCO',
    'RESIDUALS_IMAGENET_DET',
    'RESIDUALS_PYTHON',
    'RESIDUALS_CACHE',
    'NO_COLOR',
    'COLUMNS',
  ],
  files: ['<store>/compared/<experiment>/<profile>/', 'experiments/<experiment>/'],
  examples: [
    [
      'npm run compare table6 -- --backends onnxruntime,torch --rows ResNet-20',
      '100 steps of ResNet-20 under the profile mini, the first 10 also in float64',
    ],
    [
      'npm run compare table6 -- --backends onnxruntime:blocked,onnxruntime:standard --rows ResNet-20',
      'two variants of one backend; a device is named alike, torch:cuda',
    ],
    [
      'npm run compare table6 -- --backends torch,./my-backend.ts --rows plain-56 --steps 20',
      'a backend of your own beside PyTorch, on a net that is chaotic from its first step',
    ],
  ],
  async run(names, options) {
    const remark = remarkFor(options);
    const contenders = await contendersOf(options, names);
    const jobs = await trainingsOf(names, options);
    const [folder] = Object.values(await foldersFor(jobs, options, remark)); // of one protocol, hence of one data set
    const done: { training: ComparedTraining; files: string[] }[] = [];
    for (const job of jobs) {
      const training = printable(await compareTraining(job, contenders, folder!, names, options, remark));
      const files = await writeFiles(training, options);
      done.push({ training, files });
      if (!options.json) print(training, files);
    }
    if (options.json) console.log(JSON.stringify({ comparisons: done.map(asJson) }, null, 2));
    return exitCode(done.map(({ training }) => training));
  },
};

type Job = PlannedJob<TrainIdentity>;

/** What is compared: backends, on a device or in a variant where one is named behind a colon. */
async function contendersOf({ backends: asked }: Options, names: readonly string[]): Promise<Contender[]> {
  const words = asked ?? Object.keys(backends).filter(name => name !== 'reference');
  const fix = (name: string) => npmRun('compare', names, flag('backends', name));
  const found: Contender[] = [];
  for (const word of new Set(words)) {
    const [, of = word, how] = /^(.{2,}):([\w-]+)$/.exec(word) ?? [];
    const backend = await backendNamed(of, fix);
    found.push({
      name: how ? `${backend.id}:${how}` : backend.id,
      backend,
      ...(how && choiceOf(how, backend)),
    });
  }
  return found;
}

function choiceOf(word: string, { id, capabilities }: Backend): { device: string } | { variant: string } {
  const { devices, variants } = capabilities;
  if (devices.includes(word)) return { device: word };
  if (variants.includes(word)) return { variant: word };
  const known = [...devices, ...variants];
  throw new UserError(
    `--backends: ${id} has no device or variant "${word}"; it has ${known.join(', ')}. ${didYouMean(word, known)}`.trim(),
    { fix: `--backends ${id}:${known.at(-1)}` },
  );
}

/** The trainings of the networks that are asked for, as the default backend would be given them. */
async function trainingsOf(names: readonly string[], options: Options): Promise<Job[]> {
  const { experiment, profile, rows, data, store, seed } = options;
  const prepared = await prepare(names, {
    ...{ backend: optionTable.backend.preset, store, seeds: [seed], force: true },
    ...(experiment !== undefined && { experiment }),
    ...(profile !== undefined && { profile }),
    ...(rows && { rows }),
    ...(data !== undefined && { data }),
  });
  const jobs = prepared.plan.jobs.filter((job): job is Job => job.identity.kind === 'train');
  if (jobs.length > 0) return jobs;
  throw new UserError(
    whyImpossible(prepared) ??
      `${names.join(', ')}: nothing is trained for it, so there is nothing to compare.`,
    { fix: 'npm run compare table6 -- --rows ResNet-20' },
  );
}

async function compareTraining(
  { identity, network, asked, targets }: Job,
  contenders: readonly Contender[],
  dataFolder: string,
  names: readonly string[],
  options: Options,
  remark: (text: string) => void,
): Promise<ComparedTraining> {
  const { spec, seed, inputs } = identity;
  const threads = cores();
  const task = taskOf(identity.task);
  const execution = await task.load();
  const work = await execution.openTraining({
    ...{ spec, seed, data: inputs.data, dataFolder, threads },
    needs: neededFiles(openStore(options.store), identity),
    ...(await weightsFor(task.releasedOf(spec), remark)),
  });
  try {
    const course = courseOf(identity, work, options.steps ?? 100);
    remark(`${network}, seed ${seed}: ${course.steps} steps of ${spec.optimiser.batch} images`);
    const comparison = await compare(course, {
      ...{ contenders, threads, exactSteps: options.referenceSteps, onProgress: remark },
    });
    const { experiment, profile } = asked!;
    const of = { experiment, profile, targets, network, seed, batch: spec.optimiser.batch, threads };
    return { ...of, command: commandOf(names, network, options), ...comparison };
  } finally {
    await work.close();
  }
}

/** The command that compares a network again. */
function commandOf(names: readonly string[], network: string, options: Options): string {
  const { backends: asked, experiment, profile, seed, steps, referenceSteps } = options;
  return npmRun('compare', names, [
    ...flag('backends', asked?.join(',')),
    ...flag('rows', network),
    ...flag('steps', steps === undefined ? undefined : String(steps)),
    ...flag('reference-steps', referenceSteps === 10 ? undefined : String(referenceSteps)),
    ...flag('seed', seed === 1 ? undefined : String(seed)),
    ...flag('profile', profile),
    ...flag('experiment', experiment),
    ...placesOf(options),
  ]);
}

/** Figure and data; the name says all that decides them, so that nothing else is ever written over. */
async function writeFiles(training: ComparedTraining, { out, store }: Options): Promise<string[]> {
  const { experiment, profile, network, seed, steps, exactSteps, engines } = training;
  const folder = out ?? join(store, 'compared', experiment, profile);
  const took = engines.map(({ backend }) => backend.replace(':', '.')).join('-');
  const name = `${network}-seed${seed}-${steps}-${exactSteps}-${took}`;
  makeFolder(folder);
  const write = (ending: string, content: string | Uint8Array) => {
    const file = join(folder, `${name}.${ending}`);
    writeAtomic(file, [content]);
    return file;
  };
  const data = [
    write('json', `${JSON.stringify(training, null, 1)}\n`),
    write('csv', comparisonCsv(training)),
  ];
  if (engines.every(engine => !('losses' in engine))) return data;
  const svg = await drawComparison(training);
  return [write('svg', svg), write('png', await toPng(svg)), ...data];
}

function print(training: ComparedTraining, files: readonly string[]): void {
  const terminal = terminalOf();
  console.log(`\n${comparisonText(training, terminal)}\n`);
  for (const file of files) console.log(shortPath(file));
  console.log(commandLines(training.command, terminal, '$ ').join('\n'));
}

function asJson({ training, files }: { training: ComparedTraining; files: string[] }) {
  return { ...training, files };
}

function exitCode(trainings: readonly ComparedTraining[]): number {
  const verdicts = trainings.flatMap(({ engines }) => engines.map(({ verdict }) => verdict));
  if (verdicts.includes('departs')) return exitCodes.differs;
  return verdicts.every(verdict => verdict === 'agrees') ? exitCodes.pass : exitCodes.failed;
}
