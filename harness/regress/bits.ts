import { isDeepStrictEqual } from 'node:util';
import { buildProgram } from '../../ml/program.ts';
import { own } from '../own.ts';
import { type TraceLine, tensorsOf } from '../record/trace.ts';
import type { TrainIdentity } from '../record/types.ts';
import { taskOf } from '../tasks/registry.ts';
import { seedResultOf, stepsOf, type TracedRun } from './runs.ts';
import type { Change, NetworkResults, SeedResult } from './types.ts';

/** How a run differs from the baseline of its network and seed; null where all that both have is the same to the bit. */
export function changeOf(before: NetworkResults, run: TracedRun): Change | null {
  const { record } = run;
  const now = seedResultOf(run);
  const then = before.seeds.find(({ seed }) => seed === now.seed);
  const differs = then ? namesThatDiffer(then, now) : [];
  if (differs.length === 0) return null;
  const settings = settingsThatDiffer(before.spec, record.identity.spec);
  return {
    network: record.network,
    targets: before.targets,
    settings,
    differs,
    ...firstDifference(before, run),
  };
}

/** Measures and digests that differ between two results of a seed; what only one of them has says nothing. */
export function namesThatDiffer(before: SeedResult, now: SeedResult): string[] {
  return (['digests', 'measures'] as const).flatMap(part =>
    Object.entries(before[part]).flatMap(([name, value]) => {
      const other = own<number | string>(now[part], name);
      return other === undefined || other === value ? [] : [name];
    }),
  );
}

/** Names of the tensors of a training's state, in the order in which a step computes them. */
function tensorNames({ task, spec }: Pick<TrainIdentity, 'task' | 'spec'>): string[] {
  const program = buildProgram({
    network: spec.network,
    imageSize: taskOf(task).imagesOf(spec).size,
    sgd: spec.optimiser.sgd,
    trainBatch: 1,
    evaluationBatch: 1,
  });
  return tensorsOf(program).map(({ name }) => name);
}

/** A change with the tensors that two whole traces differ in: those of the baseline's code, run again, and of now. */
export function located(change: Change, before: readonly TraceLine[], run: TracedRun): Change {
  const names = tensorNames(run.record.identity);
  for (const line of run.trace ?? []) {
    const other = before.find(({ step }) => step === line.step);
    if (!other) continue;
    const tensors = names.filter((_, i) => line.digests[i] !== other.digests[i]);
    if (tensors.length > 0) return { ...change, firstStep: line.step, tensors, of: names.length };
  }
  return change;
}

/** Where the states of the first seed part: the step, and the tensors where that is the first one. */
function firstDifference(
  before: NetworkResults,
  run: TracedRun,
): Pick<Change, 'firstStep' | 'tensors' | 'of'> {
  const now = stepsOf(run);
  const index = before.steps.findIndex((digest, i) => i < now.steps.length && digest !== now.steps[i]);
  if (index < 0 || run.record.identity.seed !== before.seeds[0]?.seed)
    return { firstStep: null, tensors: [], of: 0 };
  const names = tensorNames(run.record.identity);
  const tensors =
    index === 0 && before.tensors.length === now.tensors.length
      ? names.filter((_, i) => before.tensors[i] !== now.tensors[i])
      : [];
  return { firstStep: index + 1, tensors, of: names.length };
}

/** Dotted paths at which two specs differ, with both values; an array is a value. */
function settingsThatDiffer(before: unknown, now: unknown, path = ''): Change['settings'][number][] {
  if (isDeepStrictEqual(before, now)) return [];
  if (!isObject(before) || !isObject(now)) return [{ path, before, now }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.flatMap(name =>
    settingsThatDiffer(before[name], now[name], path === '' ? name : `${path}.${name}`),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
