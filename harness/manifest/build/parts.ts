import type { Task } from '../../tasks/task.ts';
import type { Path, Problems } from '../files/problems.ts';
import { usualLastLook } from '../looks.ts';
import { type ResolvedNetwork, unknownNetwork } from '../resolve.ts';
import type { ManifestFile } from '../schemas/manifest.ts';
import type { PaperFile } from '../schemas/paper.ts';
import type { ProtocolFile } from '../schemas/protocol.ts';
import type { Source } from '../source.ts';
import type { Argument, Experiment, JudgedCell, NetworkConfig, Target } from '../types.ts';

/** What a target is put together from. */
export interface Parts {
  name: string;
  experiment: Experiment;
  manifest: Source<ManifestFile>;
  protocol: Source<ProtocolFile>;
  paper: Source<PaperFile>;
  task: Task;
  profile: string;
  networks: ReadonlyMap<string, ResolvedNetwork>;
  /** The cells of the protocol that are judged; none under a profile that is not the faithful one. */
  family: readonly JudgedCell[];
  argument: Argument;
  problems: Problems;
}

/** What targets of every kind have. `head`: what paper.json says of the table or figure. */
export function commonOf(
  assumptions: readonly string[],
  { heading, title, page }: { heading: string; title: string; page: number },
  { name, experiment, manifest, protocol, profile }: Parts,
): Omit<Target, 'kind'> {
  const { summary, deviations, maxSeeds = usualLastLook } = protocol.data.profiles[profile]!;
  return {
    name,
    experiment,
    heading,
    title,
    page,
    file: manifest.file,
    profile,
    profileSummary: summary,
    faithful: profile === experiment.faithful,
    lastLook: maxSeeds,
    assumptions: [...protocol.data.assumptions, ...assumptions.map(text => ({ text, set: {} }))],
    deviations,
  };
}

/** The networks of those names, in the order of the protocol. */
export function networksShown(names: ReadonlySet<string>, { networks }: Parts): NetworkConfig[] {
  return [...networks.values()].map(({ config }) => config).filter(({ name }) => names.has(name));
}

/** A network of the protocol under the profile; null, and a problem, when there is none of that name. */
export function networkNamed(name: string, path: Path, parts: Parts): NetworkConfig | null {
  const found = parts.networks.get(name);
  if (found) return found.config;
  parts.problems.add(parts.manifest, path, unknownNetwork(name, parts.protocol.data.networks));
  return null;
}

/** A measure that is shown or compared has to be recorded by the training of the network. */
export function checkRecorded(measure: string, network: NetworkConfig, path: Path, parts: Parts): void {
  const recorded = parts.task.measuresOf(network.spec);
  if (recorded.includes(measure)) return;
  const message = `${measure} is asked for, but a training of ${network.name} records only ${recorded.join(', ')}`;
  parts.problems.add(parts.manifest, path, message);
}

/** Names that are given twice among those of a list. */
export function checkTwice(
  names: readonly string[],
  what: string,
  pathOf: (i: number) => Path,
  { manifest, problems }: Parts,
): void {
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) problems.add(manifest, pathOf(i), `${what} "${name}" is given twice`);
  });
}
