import { didYouMean } from '../nearest.ts';
import type { ProtocolFile } from './files.ts';
import type { Problems } from './problems.ts';
import type { Deviation, NetworkPlan, RunSpec } from './types.ts';
import type { Path, Source } from './yaml.ts';

/** A network under a profile, and where in the protocol each of its settings was made last. */
export interface ResolvedNetwork {
  plan: NetworkPlan;
  /** By dotted path of the spec, or `seeds`. */
  origins: ReadonlyMap<string, Path>;
}

/**
 * All networks of a protocol under one of its profiles: the paper's spec, what the paper sets for the network, then
 * the departures in order. A departure that names an unknown network, sets what is not there, or changes nothing is
 * a problem: every line of a profile must be true.
 */
export function resolveNetworks(
  protocol: Source<ProtocolFile>,
  profileName: string,
  problems: Problems,
): Map<string, ResolvedNetwork> {
  const { networks, readings, profiles } = protocol.data;
  const profile = profiles[profileName]!;
  const notRun = profile.notRun ?? [];
  const fail = (path: Path, message: string) => problems.add(protocol, path, message);
  const departures = [
    ...readings.map((deviation, i) => ({ deviation, path: ['readings', i] })),
    ...profile.deviations.map((deviation, i) => ({
      deviation,
      path: ['profiles', profileName, 'deviations', i],
    })),
  ];

  const named = [
    ...departures.map(({ deviation, path }) => ({ names: deviation.for, path })),
    ...notRun.map((entry, i) => ({ names: entry.for, path: ['profiles', profileName, 'notRun', i] })),
  ];
  for (const { names, path } of named) {
    names?.forEach((name, i) => {
      if (!networks[name]) fail([...path, 'for', i], unknownNetwork(name, networks));
    });
  }

  const resolved = new Map<string, ResolvedNetwork>();
  for (const [name, { seeds, set }] of Object.entries(networks)) {
    const settings = new Settings(protocol.data.spec, seeds, ['networks', name, 'seeds']);
    settings.apply(set, ['networks', name, 'set'], fail);
    const paper = settings.spec();
    for (const { deviation, path } of departures) {
      if (deviation.for && !deviation.for.includes(name)) continue;
      settings.apply(deviation.set, [...path, 'set'], fail, name);
    }
    const why = notRun.find(entry => entry.for.includes(name))?.why;
    const plan = { name, spec: settings.spec(), paper, seeds: settings.seeds(), ...(why && { notRun: why }) };
    resolved.set(name, { plan, origins: settings.origins });
  }
  return resolved;
}

/** Message for a network that the protocol does not have. */
export function unknownNetwork(name: string, networks: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(networks);
  return `no network "${name}" in the protocol. ${didYouMean(name, names) || `It has ${names.join(', ')}.`}`;
}

/** A spec and a number of seeds that dotted paths are set in. */
class Settings {
  readonly origins = new Map<string, Path>();
  readonly #values: { seeds: number } & RunSpec;

  constructor(spec: RunSpec, seeds: number, seedsPath: Path) {
    this.#values = { seeds, ...structuredClone(spec) };
    this.origins.set('seeds', seedsPath);
  }

  /** `changedFor`: the network for which every value must differ from what it was; not checked when absent. */
  apply(
    set: Deviation['set'],
    at: Path,
    fail: (path: Path, message: string) => void,
    changedFor?: string,
  ): void {
    for (const [dotted, value] of Object.entries(set)) {
      const path = [...at, dotted];
      const keys = dotted.split('.');
      const last = keys.pop()!;
      const parent = keys.reduce<unknown>(
        (inside, key) => (inside as Record<string, unknown> | null)?.[key],
        this.#values,
      );
      if (typeof parent !== 'object' || parent === null || !(last in parent)) {
        const without = keys.join('.');
        const whom = changedFor ? ` for ${changedFor}` : '';
        fail(
          path,
          `there is no ${dotted}${whom}, because ${without} is ${JSON.stringify(parent)}. Set ${without} as a whole, or limit it with \`for\`.`,
        );
        continue;
      }
      const values = parent as Record<string, unknown>;
      if (changedFor && JSON.stringify(values[last]) === JSON.stringify(value)) {
        fail(
          path,
          `changes nothing for ${changedFor}: ${dotted} is ${JSON.stringify(value)} already. Remove it, or limit it with \`for\`.`,
        );
      }
      values[last] = structuredClone(value);
      this.origins.set(dotted, path);
    }
  }

  spec(): RunSpec {
    const { seeds: _, ...spec } = structuredClone(this.#values);
    return spec;
  }

  seeds(): number {
    return this.#values.seeds;
  }
}
