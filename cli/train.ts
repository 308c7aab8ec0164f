import { availableParallelism } from 'node:os';
import { backends } from '../backends/registry.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import type { ExecutionResult } from '../harness/execute/types.ts';
import type { DataSet } from '../harness/tasks/classification/images.ts';
import type { PlannedRun } from '../harness/plan/types.ts';
import type { Options } from './options.ts';
import { openDisplay } from './progress/display.ts';
import { folderOf } from './sets.ts';

/** Milliseconds in which a second interrupt is the same one: npm forwards what the terminal has sent us already. */
const sameKeystroke = 700;

/**
 * Trains runs while showing progress. The first interrupt stops all at a checkpoint, the second quits at once.
 * Fails when the backend or the data are missing; a failed run is part of the result.
 */
export async function train(
  runs: readonly PlannedRun[],
  options: Options,
  command: string,
): Promise<ExecutionResult> {
  const remark = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  await expectBackend(options, remark);
  const dataFolders = await foldersFor(runs, options, remark);
  const { execute } = await import('../harness/execute/execute.ts');
  const jobs = options.jobs ?? availableParallelism();
  const { store, force, keepGoing, checkpointSeconds, lowering } = options;
  const display = await openDisplay(runs, jobs, options.json);
  const interrupt = onInterrupt(() =>
    display.say('Stopping every run at a checkpoint; interrupt again to quit at once.'),
  );
  try {
    return await execute(
      runs,
      {
        store,
        dataFolders,
        jobs,
        keepGoing,
        force,
        checkpointSeconds,
        command,
        signal: interrupt.signal,
        ...(lowering && { lowering }),
      },
      event => display.show(event),
    );
  } finally {
    interrupt.release();
    await display.close();
  }
}

/** Folders of the data sets that the runs need; CIFAR-10 is fetched and verified first. */
async function foldersFor(
  runs: readonly PlannedRun[],
  options: Options,
  onProgress: (message: string) => void,
): Promise<Partial<Record<DataSet, string>>> {
  const needed = new Set(runs.map(({ identity }) => identity.spec.data.set));
  const imagenet = folderOf('imagenet', needed, options);
  const folders = imagenet === undefined ? {} : { imagenet };
  if (!needed.has('cifar10')) return folders;
  const { ensureCifar10 } = await import('../ml/data/cifar10/sources.ts');
  const own = folderOf('cifar10', needed, options);
  const { folder } = await ensureCifar10({ ...(own && { folder: own }), onProgress });
  return { ...folders, cifar10: folder };
}

/** Says which backend computes; fails with a `UserError` when it cannot run here or lacks the lowering asked for. */
export async function expectBackend(
  { backend: id, lowering }: Options,
  remark: (text: string) => void,
): Promise<void> {
  const backend = await backends[id]();
  const { lowerings } = backend.capabilities;
  if (lowering !== undefined && !lowerings.includes(lowering)) {
    throw new UserError(`--lowering is "${lowering}"; ${id} has ${lowerings.join(' and ')}.`, {
      fix: `--lowering=${lowerings[0]}`,
    });
  }
  const probe = await backend.probe();
  if (!probe.available) {
    throw new UserError(`The backend ${id} cannot run here: ${probe.missing}.`, {
      fix: probe.fix,
      exitCode: exitCodes.failed,
    });
  }
  const notes = probe.notes.length > 0 ? ` (${probe.notes.join('; ')})` : '';
  remark(`${probe.version}, ${lowering ?? probe.lowering} lowering, ${probe.instructionSet}${notes}`);
}

/** Listens to interrupts until released: the first aborts the signal, a later one ends the process. */
export function onInterrupt(first: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let at = 0;
  const handle = () => {
    const now = performance.now();
    if (controller.signal.aborted && now - at > sameKeystroke) process.exit(exitCodes.interrupted);
    if (controller.signal.aborted) return;
    at = now;
    first();
    controller.abort();
  };
  for (const signal of signals) process.on(signal, handle);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
