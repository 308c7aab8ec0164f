import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecuteOptions } from '../../harness/execute/execute.ts';
import { identityOf, planned, tinySpec } from '../../harness/execute/jobs.fixture.ts';
import { cifar10Digest, cifar10Files } from '../../ml/data/cifar10/files.ts';
import { type Disturbance, type Place, root, runCommand } from './command.ts';
import { operationsIn, workerScript } from './faults.ts';

/** What is disturbed: command lines of Node that run side by side, and the state that they begin with. */
export interface Scenario {
  /** Faults befall the first. */
  commands(place: Place): string[][];
  /** Leaves the state in the place's store and cache; both are empty without it. */
  prepare?(place: Place): Promise<void>;
}

/** The scenarios, by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  /** A network is trained and its table rendered, in a store that is not there yet. */
  train: {
    prepare: place => run(place, ['cli/start.mjs', 'plan', 'errors', ...tiny(place)]),
    commands: place => [small(place)],
  },
  /** A training that leaves a checkpoint after each iteration goes on from where everything was killed. */
  resume: {
    prepare: killedHalfWay,
    commands: place => [driver(place)],
  },
  /** A recorded network is trained again. */
  force: {
    prepare: place => run(place, driver(place)),
    commands: place => [driver(place, { force: true })],
  },
  /** A table and a figure are rendered from records; nothing is in the cache. */
  render: {
    async prepare(place) {
      await run(place, reproduce(place, 'errors', 'training'));
      for (const folder of [join(place.store, 'rendered'), place.cache]) rmSync(folder, { recursive: true });
    },
    commands: place => [reproduce(place, 'errors', 'training')],
  },
  /** A page takes the place of one that rests on fewer seeds. */
  replace: {
    prepare: async place => {
      await twoSeeds(place);
      await run(place, small(place, '--seeds', '1'));
    },
    commands: place => [small(place)],
  },
  /** A page of fewer seeds than are recorded, where there is none yet. */
  fewer: {
    prepare: twoSeeds,
    commands: place => [small(place, '--seeds', '1')],
  },
  /** A page that rests on more seeds stays. */
  keep: {
    prepare: place => run(place, small(place, '--seeds', '2')),
    commands: place => [small(place, '--seeds', '1')],
  },
  /** Two commands want the same run. */
  two: {
    commands: place => [driver(place), driver(place)],
  },
  /** CIFAR-10 is brought into the cache from an archive. */
  data: {
    prepare: packData,
    commands: place => [['cli/start.mjs', 'data', '--data', archiveOf(place)]],
  },
  /** A checkout whose packages are older than its lockfile. The store is the checkout. */
  install: {
    prepare: oldCheckout,
    commands: ({ store }) => [[join(store, 'cli', 'start.mjs'), 'data']],
  },
};

/** Runs a command undisturbed; fails when it does. */
async function run(place: Place, args: readonly string[], disturbance?: Disturbance): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(place, args, disturbance);
  if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}\n${stdout}${stderr}`);
}

function tiny({ store }: Place): string[] {
  return ['--experiment', 'tests/experiments/tiny', '--store', store];
}

function reproduce(place: Place, ...words: string[]): string[] {
  return ['cli/start.mjs', 'reproduce', ...words, '--jobs', '1', ...tiny(place)];
}

/** The table with its smaller network. */
function small(place: Place, ...words: string[]): string[] {
  return reproduce(place, 'errors', '--rows', 'small', ...words);
}

async function twoSeeds(place: Place): Promise<void> {
  await run(place, small(place, '--seeds', '2'));
  rmSync(join(place.store, 'rendered'), { recursive: true });
}

/** The command that trains a job of some milliseconds with all that a job can leave. */
function driver({ base, store, cifar }: Place, rest: Partial<ExecuteOptions> = {}): string[] {
  const spec = { ...tinySpec, evaluation: { ...tinySpec.evaluation, tests: [{ name: 'tenCrop', pad: 1 }] } };
  const job = planned({
    ...identityOf(spec as typeof tinySpec, 'reference'),
    inputs: { data: cifar10Digest },
  });
  const options: ExecuteOptions = {
    store,
    dataFolders: { cifar10: cifar },
    jobs: 1,
    threads: 1,
    keepGoing: false,
    force: false,
    checkpointSeconds: 0,
    command: 'npm run reproduce table6',
    ...rest,
  };
  const file = join(base, 'plan.json');
  writeFileSync(file, JSON.stringify({ jobs: [job], options }));
  return ['--import', './loader/register.mjs', 'tests/resume-driver.ts', file];
}

/** Command and worker are killed when the third checkpoint is in its place. */
async function killedHalfWay(place: Place): Promise<void> {
  const trace = join(place.base, 'half');
  await run(place, driver(place), { trace });
  const checkpoints = operationsIn(trace).filter(
    ({ script, is, path }) => script === workerScript && is === 'rename' && path.includes('checkpoint.bin'),
  );
  rmSync(place.store, { recursive: true });
  const death = {
    does: 'kill',
    operations: ['rename'],
    when: 'after',
    victim: 'group',
    lasts: false,
  } as const;
  const fault = { ...death, script: workerScript, at: checkpoints[2]!.at };
  const { signal } = await runCommand(place, driver(place), { fault, fired: join(place.base, 'half.fired') });
  if (signal !== 'SIGKILL') throw new Error(`the command was not killed half-way: ${signal}`);
}

function archiveOf({ base }: Place): string {
  return join(base, 'cifar-10.tar');
}

/** Not compressed: to unpack it is then a matter of a second. */
async function packData(place: Place): Promise<void> {
  const { create } = await import('tar');
  await create(
    { file: archiveOf(place), cwd: place.cifar },
    cifar10Files.map(({ name }) => name),
  );
}

/** What starts a command, and in the place of npm something that lays out one package, in a second less. */
async function oldCheckout({ base, store }: Place): Promise<void> {
  const packages = { 'node_modules/plain': { version: '1.0.0' } };
  const npm = `const { cpSync } = require('node:fs'); cpSync(${JSON.stringify(join(base, 'packages'))}, 'node_modules', { recursive: true })`;
  const files = {
    'npm-cli.js': npm,
    'packages/.package-lock.json': JSON.stringify({ packages }),
    'packages/plain/package.json': JSON.stringify({ version: '1.0.0' }),
    'store/node_modules/.package-lock.json': '{}',
    'store/node_modules/plain/package.json': JSON.stringify({ version: '0.9.0' }),
    'store/package.json': JSON.stringify({ dependencies: { plain: '1.0.0' } }),
    'store/package-lock.json': JSON.stringify({ packages: { '': {}, ...packages } }),
    'store/loader/bundle.mjs': 'export const importBundled = async () => ({ main: async () => 0 });',
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), content);
  }
  for (const name of ['start.mjs', 'install.mjs']) cpSync(join(root, 'cli', name), join(store, 'cli', name));
}
