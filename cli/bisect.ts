import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Backend } from '../backends/contract.ts';
import { backends, findBackend } from '../backends/registry.ts';
import { bisect } from '../harness/compare/bisect.ts';
import { courseOf } from '../harness/compare/course.ts';
import type { BisectResult, RunFacts, SideName } from '../harness/compare/finding.ts';
import { firstTracedDifference, retrace } from '../harness/compare/retrace.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import { neededFiles } from '../harness/record/needs.ts';
import { jobFiles, openStore, type Store } from '../harness/record/store.ts';
import { readTrace, type TraceLine, tensorsOf } from '../harness/record/trace.ts';
import type { JobRecord, TrainIdentity } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import type { TrainingWork } from '../harness/tasks/task.ts';
import { weightsFor } from '../harness/tasks/weights.ts';
import { printable } from '../paper-tables/printable.ts';
import { bisectText } from './bisect-text.ts';
import { foldersFor } from './execute.ts';
import { userPath } from './option-values.ts';
import type { Options } from './options.ts';
import { remarkFor, terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run bisect <run> <other>`: the first step and tensor at which two runs differ. */
export const bisectVerb: Verb = {
  arguments: '<run> <other>',
  description:
    'Finds the first step at which two finished trainings differ, and in that step the first tensor. Runs of one spec, seed and engine are computed once more here and set against what both recorded: digests of every step where `reproduce --trace` left them, else those of the first steps and the points of the training curve. Runs that differ in settings, backend, device or variant are both computed again, side by side, to the step at which their states differ, or between engines to where their losses are further apart than rounding explains; that step is then taken again on both sides from one state, with every value of its graph compared. A run is named by its key or the beginning of it in --store, or by the path of its folder in any store.',
  options: ['store', 'steps', 'data', 'json'],
  exits: {
    pass: 'the runs are the same, or differ by rounding alone',
    differs: 'they differ, and where is said',
    failed: 'a backend or the data are missing',
  },
  environment: [
    'RESIDUALS_CIFAR10',
    'RESIDUALS_IMAGENET',
    'RESIDUALS_VOC',
    'RESIDUALS_COCO',
    'RESIDUALS_IMAGENET_DET',
    'RESIDUALS_PYTHON',
    'RESIDUALS_CACHE',
    'COLUMNS',
  ],
  files: ['<store>/runs/<key>/record.json', '<store>/runs/<key>/trace.txt'],
  examples: [
    ['npm run bisect 4f0c2a91b7 9d41c7e02f', 'two runs of the default store'],
    [
      'npm run bisect out/runs/4f0c2a91b7 results/runs/4f0c2a91b7 -- --steps 200',
      'one run as two machines have it, as far as its first 200 steps',
    ],
  ],
  async run([a = '', b = ''], options) {
    const remark = remarkFor(options);
    const runs = { A: findRun(a, options), B: findRun(b, options) };
    const common = { runs: describe(runs), settings: settingsThatDiffer(runs) };
    const result: BisectResult = areSame(runs)
      ? { ...common, same: true, traced: null, standings: null, bisection: null }
      : { ...common, same: false, ...(await search(runs, common.settings, options, remark)) };
    const shown = printable(result);
    console.log(options.json ? JSON.stringify(shown, null, 2) : bisectText(shown, terminalOf()));
    const found = result.standings !== null || result.traced !== null || result.bisection?.finding;
    return found ? exitCodes.differs : exitCodes.pass;
  },
};

type Training = JobRecord<TrainIdentity>;

interface Run {
  record: Training;
  trace: TraceLine[] | null;
  store: Store;
}

type Runs = Record<SideName, Run>;

/** By the path of its folder, or by its key. */
function findRun(word: string, { store }: Options): Run {
  const folder = userPath(word);
  const isPath = /[/\\]/.test(word) || existsSync(join(folder, jobFiles.record));
  const from = openStore(isPath ? dirname(dirname(folder)) : store);
  const key = from.find(isPath ? basename(folder) : word);
  const record = from.record(key);
  if (!record)
    throw new UserError(`The run ${key} in ${from.folder} is not finished: it has no record yet.`, {
      fix: 'npm run status',
    });
  if (record.identity.kind !== 'train')
    throw new UserError(
      `The run ${key} is an evaluation of weights that others trained: it has no steps. Expected two trainings.`,
      { fix: 'npm run ls' },
    );
  return {
    record: record as Training,
    trace: readTrace(join(from.jobFolder(key), jobFiles.trace)),
    store: from,
  };
}

function describe(runs: Runs): BisectResult['runs'] {
  const of = ({ record: { key, network, identity, provenance }, trace }: Run): RunFacts => {
    const { version, device, variant, hardware, threads } = provenance.session;
    return {
      ...{ key, network, seed: identity.seed },
      engine: `${version}, ${device}, ${variant}, ${hardware}, ${threads} thread${threads === 1 ? '' : 's'}`,
      machine: provenance.cpu,
      commit: provenance.code.at(-1)?.commit ?? null,
      traced: trace !== null,
    };
  };
  return { A: of(runs.A), B: of(runs.B) };
}

/** Whether both end in the same bytes. */
function areSame({ A, B }: Runs): boolean {
  const [a, b] = [A.record.result, B.record.result];
  return a.digests.state === b.digests.state && JSON.stringify(a.measures) === JSON.stringify(b.measures);
}

function settingsThatDiffer({ A, B }: Runs): BisectResult['settings'] {
  const [a, b] = [A, B].map(({ record }) => new Map(leaves(record.identity, []))) as [Leaves, Leaves];
  const paths = [...new Set([...a.keys(), ...b.keys()])];
  return paths
    .map(path => ({ path, A: a.get(path) ?? null, B: b.get(path) ?? null }))
    .filter(each => each.A !== each.B);
}

type Leaves = Map<string, unknown>;

function leaves(value: unknown, path: string[]): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path.join('.'), value]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
}

async function search(
  runs: Runs,
  settings: BisectResult['settings'],
  options: Options,
  remark: (text: string) => void,
): Promise<Pick<BisectResult, 'traced' | 'standings' | 'bisection'>> {
  const [a, b] = [runs.A.record, runs.B.record];
  const backend = { A: await backendOf(a), B: await backendOf(b) };
  const folders = await foldersFor([a, b], options, remark);
  const work = {
    A: await open(a, folders, runs.A.store, remark),
    B: await open(b, folders, runs.B.store, remark),
  };
  const steps = options.steps ?? Number.POSITIVE_INFINITY;
  try {
    expectSameTensors(work);
    if (settings.length > 0 || !sameEngine(runs, backend.A)) {
      const sides = {
        A: { backend: backend.A, options: howOf(a), course: courseOf(a.identity, work.A, steps) },
        B: { backend: backend.B, options: howOf(b), course: courseOf(b.identity, work.B, steps) },
      };
      remark('Both runs are computed again, side by side ...');
      const judged = sameEngine(runs, backend.A) ? 'bits' : 'rounding';
      return { traced: null, standings: null, bisection: await bisect(sides, judged, remark) };
    }
    const tensors = tensorsOf(work.A.program);
    const found = runs.A.trace && runs.B.trace && firstTracedDifference(runs.A.trace, runs.B.trace, tensors);
    remark('The training is computed once more ...');
    const session = await backend.A.open(work.A.program, howOf(a));
    try {
      const recorded = { A: recordedOf(runs.A), B: recordedOf(runs.B) };
      const standings = await retrace(session, a.identity, work.A, recorded, {
        steps: Math.min(steps, found ? found.step : steps),
        onProgress: remark,
      });
      return { traced: found && { ...found, of: tensors.length }, standings, bisection: null };
    } finally {
      await session.close();
    }
  } finally {
    await work.A.close();
    await work.B.close();
  }
}

function recordedOf({ record: { result }, trace }: Run) {
  return { trace, firstSteps: result.digests.firstSteps!, train: result.curves.train ?? [] };
}

async function backendOf({ identity }: Training): Promise<Backend> {
  const found = await findBackend(identity.backend);
  if (!found)
    throw new UserError(
      `There is no backend ${identity.backend}; expected one of ${Object.keys(backends).join(', ')}.`,
    );
  const { backend } = found;
  const probe = await backend.probe();
  if (probe.available) return backend;
  throw new UserError(`The backend ${identity.backend} cannot run here: ${probe.missing}.`, {
    fix: probe.fix,
    exitCode: exitCodes.failed,
  });
}

async function open(
  { identity, provenance }: Training,
  folders: Readonly<Record<string, string>>,
  store: Store,
  remark: (text: string) => void,
) {
  const { spec, seed, inputs } = identity;
  const task = taskOf(identity.task);
  const execution = await task.load();
  const { threads } = provenance.session;
  return execution.openTraining({
    ...{ spec, seed, data: inputs.data, threads },
    dataFolder: folders[spec.data.set]!,
    needs: neededFiles(store, identity),
    ...(await weightsFor(task.releasedOf(spec), remark)),
  });
}

/** As it was computed: bits may depend on it. */
function howOf({ provenance: { session } }: Training) {
  const { threads, device, variant } = session;
  return { threads, device, variant };
}

/** Whether both were computed by what gives the same bits, as far as records can tell. */
function sameEngine({ A, B }: Runs, { capabilities }: Backend): boolean {
  const [a, b] = [A.record.provenance.session, B.record.provenance.session];
  const names = ['backend', 'device', 'variant'] as const;
  return (
    names.every(name => a[name] === b[name]) && (capabilities.threadInvariant || a.threads === b.threads)
  );
}

function expectSameTensors({ A, B }: Record<SideName, TrainingWork>): void {
  const of = ({ program }: TrainingWork) =>
    tensorsOf(program).map(({ name, slot }) => `${name} [${slot.shape}]`);
  const [a, b] = [of(A), of(B)];
  const at = a.findIndex((text, i) => text !== b[i]);
  if (at < 0 && a.length === b.length) return;
  throw new UserError(
    `The runs are of different networks: ${a[at] ?? 'nothing'} in the first, ${b[at] ?? 'nothing'} in the second. Expected two runs of one network.`,
    { fix: 'npm run ls' },
  );
}
