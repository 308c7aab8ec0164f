import type { Parts } from './parts.ts';
import type { NetworkConfig, Target } from './types.ts';

/** What targets of every kind have. `head`: what paper.json says of the table or figure. */
export function commonOf(
  assumptions: readonly string[],
  { heading, title, page }: { heading: string; title: string; page: number },
  { name, experiment, manifest, protocol, profile }: Parts,
): Omit<Target, 'kind'> {
  const { summary, deviations } = protocol.data.profiles[profile]!;
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
    deviations: [
      ...protocol.data.assumptions,
      ...assumptions.map(text => ({ text, set: {} })),
      ...deviations,
    ],
  };
}

/** The networks of those names, in the order of the protocol. */
export function networksShown(names: ReadonlySet<string>, { networks }: Parts): NetworkConfig[] {
  return [...networks.values()].map(({ config }) => config).filter(({ name }) => names.has(name));
}
