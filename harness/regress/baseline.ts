import { join } from 'node:path';
import type { JsonSchema } from '../../ml/schema.ts';
import { npmRun } from '../command.ts';
import { UserError } from '../errors.ts';
import { makeFolder, readIfThere, writeAtomic } from '../record/files.ts';
import { mapOf, objectOf, parsedAs } from '../schema.ts';
import { taskIds } from '../tasks/registry.ts';
import { machineOf, seedResultOf, stepsOf, type TracedRun } from './runs.ts';
import type { Baseline, MachineClass, NetworkResults } from './types.ts';

/** The file of a baseline: `<folder>/<experiment>/<profile>/<backend>/cpu-blocked-avx512.json`. */
export function baselineFile(
  folder: string,
  experiment: string,
  profile: string,
  { backend, device, variant, hardware }: MachineClass,
): string {
  const name = [device, variant, hardware].map(asFileName).join('-');
  return join(folder, experiment, profile, asFileName(backend), `${name}.json`);
}

/** Reads a baseline; null where there is none. Fails with a `UserError` where it is none. */
export function readBaseline(file: string): Baseline | null {
  const text = readIfThere(file)?.toString('utf8');
  if (text === undefined) return null;
  const refuse = (why: string) => new UserError(`${file}: ${why}.`, { fix: `git checkout ${file}` });
  return parsedAs(baselineSchema, text, 'baseline', refuse);
}

/** Writes a baseline, a seed a line, so that what moved is read off `git diff`. */
export function writeBaseline(file: string, baseline: Baseline): void {
  makeFolder(join(file, '..'));
  writeAtomic(file, [baselineText(baseline)]);
}

/** A baseline of runs of one commit. `runs`: those with a trace are of the first seed. */
export function baselineOf(
  runs: readonly TracedRun[],
  { commit, targets }: { commit: string; targets: ReadonlyMap<string, readonly string[]> },
): Baseline {
  const first = runs[0]?.record;
  if (!first) throw new UserError('Nothing was trained, so there is nothing to keep.', { fix: npmRun('ls') });
  const { experiment, profile } = first.asked!;
  const { version: engine } = first.provenance.session;
  const names = [...new Set(runs.map(({ record }) => record.network))].sort();
  const networks = names.map(name => {
    const own = runs.filter(({ record }) => record.network === name);
    return [name, resultsOf(own, targets.get(name) ?? [])] as const;
  });
  return {
    ...{ version: 1, experiment, profile, machine: machineOf(first), engine },
    ...{ node: first.provenance.node, commit, networks: Object.fromEntries(networks) },
  };
}

function resultsOf(runs: readonly TracedRun[], targets: readonly string[]): NetworkResults {
  const { task, spec } = runs[0]!.record.identity;
  const { steps, tensors } = stepsOf(runs[0]!);
  return { task, spec, targets, steps, tensors, seeds: runs.map(seedResultOf) };
}

function baselineText({ networks, ...head }: Baseline): string {
  const lines = Object.entries(networks).map(([name, { seeds, steps, tensors, ...rest }]) =>
    [
      `  ${JSON.stringify(name)}: {`,
      ...Object.entries({ ...rest, steps, tensors }).map(
        ([key, value]) => `   "${key}": ${JSON.stringify(value)},`,
      ),
      '   "seeds": [',
      seeds.map(seed => `    ${JSON.stringify(seed)}`).join(',\n'),
      '   ]',
      '  }',
    ].join('\n'),
  );
  const top = Object.entries(head).map(([key, value]) => ` "${key}": ${JSON.stringify(value)},`);
  return ['{', ...top, ' "networks": {', lines.join(',\n'), ' }', '}', ''].join('\n');
}

/** A part of a file's name made of what an engine says of itself. */
function asFileName(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9.]+/g, '-')
      .replace(/\.{2,}/g, '.')
      .replace(/^[-.]+|[-.]+$/g, '') || 'any'
  );
}

const text: JsonSchema = { type: 'string', maxLength: 200 };
const texts: JsonSchema = { type: 'array', items: text };

const baselineSchema: JsonSchema = objectOf({
  version: { const: 1 },
  experiment: text,
  profile: text,
  machine: objectOf({
    backend: text,
    numerics: { type: 'integer' },
    device: text,
    variant: text,
    hardware: text,
  }),
  engine: text,
  node: text,
  commit: { type: 'string', pattern: '^[0-9a-f]{7,64}$' },
  networks: mapOf(
    objectOf({
      task: { enum: taskIds },
      spec: { type: 'object' },
      targets: texts,
      steps: texts,
      tensors: texts,
      seeds: {
        type: 'array',
        minItems: 1,
        items: objectOf({
          seed: { type: 'integer', minimum: 1 },
          key: text,
          measures: mapOf({ type: 'number' }),
          digests: mapOf(text),
        }),
      },
    }),
  ),
});
