import { findBackend, isBackendFile } from '../backends/registry.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import type { ExecutionResult } from '../harness/execute/types.ts';
import type { Target } from '../harness/manifest/types.ts';
import { dataSetsOf, pathsOf, setsOfJobs } from '../harness/plan/data.ts';
import type { Prepared } from '../harness/plan/prepare.ts';
import { releasedFor } from '../harness/plan/released.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { designOf, writeDesigns } from '../harness/record/design.ts';
import { gitState } from '../harness/record/provenance.ts';
import type { DataSet, WeightsFile } from '../harness/tasks/task.ts';
import { ensureWeights } from '../harness/tasks/weights.ts';
import { printable } from '../paper-tables/printable.ts';
import { costText, usualJobs } from './costs.ts';
import type { Options } from './options.ts';
import { openDisplay } from './progress/display.ts';
import { remarkFor } from './terminal.ts';

/** Milliseconds in which a second interrupt is the same one: npm forwards what the terminal has sent us already. */
const sameKeystroke = 700;

/**
 * Runs jobs while showing progress. The first interrupt stops all at a checkpoint, the second quits at once. Fails when the
 * backend or the data are missing; a failed run is part of the result.
 */
export async function executeJobs(
  jobs: readonly PlannedJob[],
  { evaluated, plan }: Prepared,
  options: Options,
  command: string,
): Promise<ExecutionResult> {
  const remark = remarkFor(options);
  await expectBackend(options, remark);
  remark(`Plan: ${costText(plan, options)}`);
  const dataFolders = await foldersFor(jobs, options, remark, dataSetsOf(plan.targets));
  const weights: Record<string, WeightsFile> = {};
  for (const released of releasedFor(jobs, evaluated))
    weights[released.integrity] = await ensureWeights(released, remark);
  const designs = await designsOf(plan.targets, options.store);
  const { execute } = await import('../harness/execute/execute.ts');
  const workers = options.jobs ?? usualJobs(options.device);
  const { store, force, keepGoing, checkpointSeconds, backend, device, variant, trace } = options;
  const display = await openDisplay(jobs, workers, options.json);
  const interrupt = onInterrupt(() => display.stopping());
  try {
    return await execute(
      jobs,
      {
        ...{
          store,
          dataFolders,
          weights,
          designs,
          jobs: workers,
          keepGoing,
          force,
          checkpointSeconds,
          command,
        },
        signal: interrupt.signal,
        ...(isBackendFile(backend) && { backendFile: backend }),
        ...(device !== undefined && { device }),
        ...(variant !== undefined && { variant }),
        ...(trace && { trace }),
      },
      event => display.show(printable(event)),
    );
  } finally {
    interrupt.release();
    display.close(interrupt.signal.aborted);
  }
}

/** The designs of targets, by name, in the store before the first run under them begins. */
async function designsOf(targets: readonly Target[], store: string): Promise<Map<string, string>> {
  const designs = targets.flatMap(target =>
    target.kind === 'architecture' ? [] : [[target.name, designOf(target)] as const],
  );
  const { commit } = await gitState();
  await writeDesigns(
    store,
    designs.map(([, design]) => design),
    { at: new Date().toISOString(), commit },
  );
  return new Map(designs.map(([name, { digest }]) => [name, digest]));
}

/** Folders of the data sets that the jobs need, fetched and verified where that is possible. `all`: as for `pathsOf`. */
export async function foldersFor(
  jobs: readonly Pick<PlannedJob, 'identity'>[],
  { data }: Pick<Options, 'data'>,
  onProgress: (message: string) => void,
  all?: ReadonlyMap<string, DataSet>,
): Promise<Record<string, string>> {
  const needed = setsOfJobs(jobs);
  const paths = pathsOf(needed, data, all);
  const folders: Record<string, string> = {};
  for (const [name, set] of needed) {
    onProgress(`Data: verifying ${set.name} ...`);
    folders[name] = await set.ensure(paths.get(name), onProgress);
  }
  return folders;
}

/** Says which backend computes; fails with a `UserError` when it cannot run here. */
async function expectBackend(
  { backend: word, device, variant }: Options,
  remark: (text: string) => void,
): Promise<void> {
  const found = await findBackend(word);
  if (!found) throw new UserError(`There is no backend ${word}.`);
  const probe = await found.backend.probe(device);
  if (!probe.available) {
    throw new UserError(`The backend ${found.name} cannot run here: ${probe.missing}.`, {
      fix: probe.fix,
      exitCode: exitCodes.failed,
    });
  }
  const notes = probe.notes.length > 0 ? ` (${probe.notes.join('; ')})` : '';
  const how = [probe.version, device ?? probe.device, variant ?? probe.variant, probe.hardware];
  remark(`Backend: ${[...new Set(how)].join(', ')}${notes}`);
}

/** Listens to interrupts until released: the first aborts the signal, a later one ends the process. */
function onInterrupt(first: () => void): { signal: AbortSignal; release: () => void } {
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
