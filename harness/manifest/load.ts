import { UserError } from '../errors.ts';
import { didYouMean, unknownName } from '../nearest.ts';
import { quoted } from '../text.ts';
import type { Validated } from './checks/validate.ts';
import { type ExperimentFiles, openExperiment } from './experiment.ts';
import { Problems } from './files/problems.ts';
import { Targets } from './targets.ts';
import type { Experiment, Target } from './types.ts';

export { experiments } from './experiment.ts';

/** `experiment`: id of a folder under experiments/, or the path of one; the default experiment when absent. */
export interface LoadOptions {
  experiment?: string | undefined;
}

/** What `paper.yaml` of an experiment says. An experiment that is not there is a `UserError`. */
export async function loadExperiment(experiment?: string): Promise<Experiment> {
  return (await openExperiment(experiment)).experiment();
}

/**
 * Names of the tables and figures of the experiment, in natural order; those alone whose protocol has the profile, where
 * one is given. What cannot be read is named too: loading it says why. A profile that none has is a `UserError`.
 */
export async function targetNames(
  options: LoadOptions & { profile?: string | undefined } = {},
): Promise<string[]> {
  const { experiment, profile } = options;
  const files = await openExperiment(experiment);
  const names = files.targets;
  if (profile === undefined) return names;
  const having: string[] = [];
  const others = new Set<string>();
  for (const name of names) {
    const profiles: string[] = await profilesOf(files, name).catch(() => [profile]);
    if (profiles.includes(profile)) having.push(name);
    for (const other of profiles) others.add(other);
  }
  if (having.length > 0 || names.length === 0) return having;
  throw new UserError(unknownName('profile', profile, [...others]), {
    fix: `use --profile with one of: ${[...others].join(', ')}`,
  });
}

/**
 * Loads targets under a profile, the default one of their protocol when `profile` is undefined. Everything that is wrong
 * in their files, in the protocol under this profile or in a name is a `UserError` with its place and what was expected.
 */
export async function loadTargets(
  names: readonly string[],
  profile: string | undefined,
  { experiment }: LoadOptions = {},
): Promise<Target[]> {
  const files = await openExperiment(experiment);
  const known = files.targets;
  for (const name of names) if (!known.includes(name)) throw unknownTarget(name, files);
  const problems = new Problems(files.check);
  const targets = new Targets(files, await files.experiment(), problems);
  const loaded: Target[] = [];
  for (const name of names) {
    const target = await targets.load(name, profile, () => profilesOfAll(files, names));
    if (target) loaded.push(target);
  }
  await problems.throwIfAny();
  return loaded;
}

/** Checks every file of the experiment anew, and every target under every profile; throws as `loadTargets` does. */
export async function validateExperiment({ experiment }: LoadOptions = {}): Promise<Validated> {
  const { validate } = await import('./checks/validate.ts');
  return validate(await openExperiment(experiment, { fresh: true }));
}

async function profilesOf(files: ExperimentFiles, target: string): Promise<string[]> {
  const manifest = await files.manifest(target);
  return Object.keys((await files.protocol(manifest.data.protocol)).data.profiles);
}

/** The profiles that all of these targets have, as far as their files can be read. */
async function profilesOfAll(files: ExperimentFiles, targets: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(targets.map(target => profilesOf(files, target).catch((): string[] => [])));
  const [first = [], ...others] = lists.filter(list => list.length > 0);
  return first.filter(profile => others.every(list => list.includes(profile)));
}

function unknownTarget(name: string, { targets, folder }: ExperimentFiles): UserError {
  if (targets.length === 0)
    return new UserError(`${folder} holds no manifest of a table or figure.`, {
      fix: `write ${folder}/<name>.yaml`,
    });
  return new UserError(`Unknown target ${quoted(name)}. ${didYouMean(name, targets)}`.trim(), {
    fix: `name one of: ${targets.join(', ')}`,
  });
}
