import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { checkNetworks } from './check.ts';
import type { CurvesFile, ManifestFile, PaperFile, ProtocolFile } from './files.ts';
import { Problems } from './problems.ts';
import { type ResolvedNetwork, resolveNetworks, unknownNetwork } from './resolve.ts';
import { readSource, root } from './source.ts';
import { buildTarget } from './target.ts';
import type { Target } from './types.ts';
import type { Source } from './yaml.ts';

/** `experiment`: folder of a paper's manifests; that of the ResNet paper when absent. */
export interface LoadOptions {
  experiment?: string;
}

/**
 * Names of the tables and figures of the experiment: its YAML files, in natural order; those alone whose protocol has
 * the profile, where one is given. A profile that none has is a `UserError`.
 */
export async function targetNames(options: LoadOptions & { profile?: string } = {}): Promise<string[]> {
  const folder = experimentFolder(options);
  const names = yamlFiles(folder).sort(new Intl.Collator('en', { numeric: true }).compare);
  const { profile } = options;
  if (profile === undefined) return names;
  const experiment = new Experiment(folder, false);
  const having = [];
  for (const name of names) if ((await experiment.profilesOf(name)).includes(profile)) having.push(name);
  if (having.length === 0) await experiment.target(names[0]!, profile); // says which profiles there are
  return having;
}

/**
 * Loads targets under a profile, the protocol's default one when `profile` is undefined. Everything that is wrong in
 * their files, in the protocol under this profile or in a name is a `UserError` with its place and what was expected.
 */
export async function loadTargets(
  names: readonly string[],
  profile: string | undefined,
  options: LoadOptions = {},
): Promise<Target[]> {
  const folder = experimentFolder(options);
  const known = await targetNames(options);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new UserError(`There is no target "${name}". ${didYouMean(name, known)}`.trim(), {
      fix: `name one of: ${known.join(', ')}`,
    });
  }
  const experiment = new Experiment(folder, false);
  const targets = [];
  for (const name of names) targets.push(await experiment.target(name, profile));
  await experiment.problems.throwIfAny();
  return targets;
}

/** Checks every file of the experiment anew, and every target under every profile; throws as `loadTargets` does. */
export async function validateExperiment(
  options: LoadOptions = {},
): Promise<{ targets: string[]; protocols: string[]; profiles: string[] }> {
  const experiment = new Experiment(experimentFolder(options), true);
  const targets = await targetNames(options);
  const protocols = yamlFiles(join(experiment.folder, 'protocols'));
  const profiles = new Set<string>();
  for (const name of protocols) {
    for (const profile of Object.keys((await experiment.protocol(name)).data.profiles)) profiles.add(profile);
    await experiment.checkProtocol(name);
  }
  for (const target of targets) {
    for (const profile of await experiment.profilesOf(target)) await experiment.target(target, profile);
  }
  await experiment.problems.throwIfAny();
  return { targets, protocols, profiles: [...profiles] };
}

/** The files of an experiment, each read once; a protocol is resolved once under each profile. */
class Experiment {
  readonly folder: string;
  readonly problems = new Problems();
  readonly #fresh: boolean;
  readonly #sources = new Map<string, Promise<Source>>();
  readonly #networks = new Map<string, ReadonlyMap<string, ResolvedNetwork>>();

  constructor(folder: string, fresh: boolean) {
    this.folder = folder;
    this.#fresh = fresh;
  }

  async target(name: string, wanted: string | undefined): Promise<Target> {
    const manifest = await this.#manifest(name);
    const protocol = await this.#protocolOf(manifest);
    const profile = await profileOf(protocol, wanted);
    const networks = this.#resolved(protocol, profile);
    const [paper, curves] = await Promise.all([this.#paper(), this.#curves()]);
    return buildTarget({ manifest, protocol, paper, curves, profile, networks }, this.problems);
  }

  async profilesOf(target: string): Promise<string[]> {
    return Object.keys((await this.#protocolOf(await this.#manifest(target))).data.profiles);
  }

  protocol(name: string): Promise<Source<ProtocolFile>> {
    return this.#source<ProtocolFile>(join('protocols', `${name}.yaml`), 'protocol');
  }

  /** What holds for a protocol whoever uses it: its claims and its default profile. */
  async checkProtocol(name: string): Promise<void> {
    const protocol = await this.protocol(name);
    const { claims, networks, profiles } = protocol.data;
    const paper = await this.#paper();
    for (const [id, claim] of Object.entries(claims)) {
      if (!paper.data.claims[claim.claim]) {
        this.problems.add(protocol, ['claims', id, 'claim'], `${paper.file} has no claim ${claim.claim}`);
      }
      for (const side of ['worse', 'better'] as const) {
        if (!networks[claim[side]])
          this.problems.add(protocol, ['claims', id, side], unknownNetwork(claim[side], networks));
      }
      for (const profile of Object.keys(claim.thresholds)) {
        if (profiles[profile]) continue;
        this.problems.add(protocol, ['claims', id, 'thresholds', profile], unknownProfile(profile, protocol));
      }
    }
    const defaults = Object.values(profiles).filter(profile => profile.default).length;
    if (defaults !== 1)
      this.problems.add(
        protocol,
        ['profiles'],
        `expected one profile with \`default: true\`, received ${defaults}`,
      );
  }

  #resolved(protocol: Source<ProtocolFile>, profile: string): ReadonlyMap<string, ResolvedNetwork> {
    const key = `${protocol.file} ${profile}`;
    const known = this.#networks.get(key);
    if (known) return known;
    const networks = resolveNetworks(protocol, profile, this.problems);
    checkNetworks(protocol, networks, this.problems);
    this.#networks.set(key, networks);
    return networks;
  }

  async #protocolOf(manifest: Source<ManifestFile>): Promise<Source<ProtocolFile>> {
    const { protocol } = manifest.data;
    const known = yamlFiles(join(this.folder, 'protocols'));
    if (!known.includes(protocol)) {
      this.problems.add(
        manifest,
        ['protocol'],
        `no protocol "${protocol}". ${didYouMean(protocol, known) || `There is ${known.join(', ')}.`}`,
      );
      await this.problems.throwIfAny();
    }
    return this.protocol(protocol);
  }

  #manifest(name: string): Promise<Source<ManifestFile>> {
    return this.#source<ManifestFile>(`${name}.yaml`, 'manifest');
  }

  #paper(): Promise<Source<PaperFile>> {
    return this.#source<PaperFile>('paper.json', 'paper');
  }

  #curves(): Promise<Source<CurvesFile>> {
    return this.#source<CurvesFile>('curves.json', 'curves');
  }

  #source<T>(file: string, schema: Parameters<typeof readSource>[1]): Promise<Source<T>> {
    const known = this.#sources.get(file) ?? readSource<T>(join(this.folder, file), schema, this.#fresh);
    this.#sources.set(file, known);
    return known as Promise<Source<T>>;
  }
}

async function profileOf(protocol: Source<ProtocolFile>, wanted: string | undefined): Promise<string> {
  const { profiles } = protocol.data;
  if (wanted === undefined)
    return Object.keys(profiles).find(name => profiles[name]!.default) ?? Object.keys(profiles)[0]!;
  if (profiles[wanted]) return wanted;
  const { line } = await protocol.locate(['profiles']);
  throw new UserError(`${protocol.file}:${line}  ${unknownProfile(wanted, protocol)}`, {
    fix: `use --profile with one of: ${Object.keys(profiles).join(', ')}`,
  });
}

function unknownProfile(name: string, { data: { profiles } }: Source<ProtocolFile>): string {
  const names = Object.keys(profiles);
  return `no profile "${name}". ${didYouMean(name, names) || `There are ${names.join(', ')}.`}`;
}

function experimentFolder({ experiment }: LoadOptions): string {
  return resolve(experiment ?? join(root, 'experiments', 'resnet-2015'));
}

function yamlFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.yaml'))
      .map(name => name.slice(0, -'.yaml'.length));
  } catch (error) {
    throw new UserError(
      `${folder} is not a folder of manifests (${(error as NodeJS.ErrnoException).code}).`,
      {
        fix: 'git checkout -- experiments',
      },
    );
  }
}
