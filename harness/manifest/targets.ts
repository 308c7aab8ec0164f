import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { unknownName } from '../nearest.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import { fileNames, isFileName } from '../text.ts';
import { argumentOf, type ClaimParts } from './build/claims.ts';
import { judgedCells } from './build/family.ts';
import { buildTarget } from './build/target.ts';
import type { ExperimentFiles } from './experiment.ts';
import type { Problems } from './files/problems.ts';
import { checkNetworks, type ResolvedNetwork, resolveNetworks } from './resolve.ts';
import type { ManifestFile } from './schemas/manifest.ts';
import type { PaperFile } from './schemas/paper.ts';
import type { ProtocolFile } from './schemas/protocol.ts';
import type { Source } from './source.ts';
import type { Argument, Experiment, JudgedCell, Target } from './types.ts';

/** Loads the targets of an experiment; a protocol is resolved once under each profile. Mistakes in files are gathered. */
export class Targets {
  readonly #files: ExperimentFiles;
  readonly #experiment: Experiment;
  readonly #problems: Problems;
  readonly #arguments = new Map<string, Promise<Argument>>();
  readonly #families = new Map<string, Promise<readonly JudgedCell[]>>();
  readonly #networks = new Map<string, ReadonlyMap<string, ResolvedNetwork>>();

  constructor(files: ExperimentFiles, experiment: Experiment, problems: Problems) {
    this.#files = files;
    this.#experiment = experiment;
    this.#problems = problems;
  }

  /**
   * A target under a profile, or the default one; null when its files have mistakes. Throws when the profile is unknown;
   * `offered`: those that the user can name instead, where they are not the protocol's.
   */
  async load(
    name: string,
    wanted: string | undefined,
    offered?: () => Promise<readonly string[]>,
  ): Promise<Target | null> {
    const manifest = await this.#problems.gather(this.#files.manifest(name));
    const protocol = manifest && (await this.#protocolOf(manifest));
    const paper = await this.#problems.gather(this.#files.paper());
    if (!manifest || !protocol || !paper) return null;
    const profile = await profileOf(protocol, wanted, offered);
    const task = taskOf(protocol.data.task);
    const networks = this.resolved(protocol, profile);
    const [experiment, problems] = [this.#experiment, this.#problems];
    const family = await this.#familyOf(protocol, paper, profile);
    const argument = await this.argument(profile, paper);
    const common = { name, experiment, manifest, protocol, paper, task, profile, networks };
    const parts = { ...common, family, argument, problems };
    return this.#problems.gather(buildTarget(parts, () => this.#files.curves()));
  }

  /** The networks of a protocol under a profile. */
  resolved(protocol: Source<ProtocolFile>, profile: string): ReadonlyMap<string, ResolvedNetwork> {
    const key = JSON.stringify([protocol.file, profile]);
    const known = this.#networks.get(key);
    if (known) return known;
    if (!isFileName(profile)) this.#problems.add(protocol, ['profiles', profile], fileNames);
    const networks = resolveNetworks(protocol, profile, this.#experiment.released, this.#problems);
    checkNetworks(protocol, networks, this.#problems);
    this.#networks.set(key, networks);
    return networks;
  }

  /** All claims of the paper under a profile; none when the experiment has no file of them. */
  argument(profile: string, paper: Source<PaperFile>): Promise<Argument> {
    const known = this.#arguments.get(profile) ?? this.#argued(profile, paper);
    this.#arguments.set(profile, known);
    return known;
  }

  async #argued(profile: string, paper: Source<PaperFile>): Promise<Argument> {
    const faithful = profile === this.#experiment.faithful;
    const file = this.#files.hasClaims ? await this.#problems.gather(this.#files.claims()) : null;
    if (!file) return { profile, faithful, claims: [], networks: [] };
    const named = new Set(Object.values(file.data.claims).flatMap(({ protocol }) => protocol ?? []));
    const protocols: ClaimParts['protocols'] = new Map(
      await Promise.all(
        this.#files.protocols
          .filter(name => named.has(name))
          .map(async name => {
            const source = await this.#files.protocol(name);
            const has = own(source.data.profiles, profile) !== undefined;
            const counted = this.resolved(source, has ? profile : Object.keys(source.data.profiles)[0]!);
            return [name, { source, networks: has ? counted : new Map(), counted }] as const;
          }),
      ),
    );
    return argumentOf({ profile, faithful, file, paper, protocols, problems: this.#problems });
  }

  /** The judged cells of a protocol under the faithful profile: of all its tables, the named one or not. */
  #familyOf(
    protocol: Source<ProtocolFile>,
    paper: Source<PaperFile>,
    profile: string,
  ): Promise<readonly JudgedCell[]> {
    if (profile !== this.#experiment.faithful) return Promise.resolve([]);
    const known = this.#families.get(protocol.file) ?? this.#judgedIn(protocol, paper);
    this.#families.set(protocol.file, known);
    return known;
  }

  async #judgedIn(protocol: Source<ProtocolFile>, paper: Source<PaperFile>): Promise<readonly JudgedCell[]> {
    const manifests = await Promise.all(
      // What is wrong in the manifest of another table is told when that is loaded.
      this.#files.targets.map(name => this.#files.manifest(name).catch(() => null)),
    );
    const files = manifests.flatMap(manifest => manifest?.data ?? []);
    const tables = files.filter(file => file.kind === 'table');
    const own = tables.filter(table => basename(protocol.file, '.yaml') === table.protocol);
    const { task, tolerances } = protocol.data;
    const networks = this.resolved(protocol, this.#experiment.faithful);
    return judgedCells(own, paper.data, tolerances, taskOf(task), networks);
  }

  async #protocolOf(manifest: Source<ManifestFile>): Promise<Source<ProtocolFile> | null> {
    const { protocol } = manifest.data;
    const known = this.#files.protocols;
    if (known.includes(protocol)) return this.#problems.gather(this.#files.protocol(protocol));
    this.#problems.add(manifest, ['protocol'], unknownName('protocol', protocol, known));
    return null;
  }
}

async function profileOf(
  protocol: Source<ProtocolFile>,
  wanted: string | undefined,
  offered = async (): Promise<readonly string[]> => Object.keys(protocol.data.profiles),
): Promise<string> {
  const { profiles } = protocol.data;
  const names = Object.keys(profiles);
  if (wanted === undefined) return names.find(name => profiles[name]!.default) ?? names[0]!;
  if (own(profiles, wanted)) return wanted;
  const { line, column } = await protocol.locate(['profiles']);
  throw new UserError(`${protocol.file}:${line}:${column}  ${unknownName('profile', wanted, names)}`, {
    fix: `use --profile with one of: ${(await offered()).join(', ')}`,
  });
}
