import { unknownName } from '../nearest.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import type { Released, Task } from '../tasks/task.ts';
import type { Path, Problems } from './files/problems.ts';
import { withReleased } from './released.ts';
import type { ProtocolFile } from './schemas/protocol.ts';
import { Settings } from './settings.ts';
import type { Source } from './source.ts';
import type { Deviation, NetworkConfig } from './types.ts';

/** A network under a profile, and where in the protocol its settings were made. */
export interface ResolvedNetwork {
  config: NetworkConfig;
  /** By dotted path of the spec; undefined for what the paper's spec has for all networks. */
  originOf(setting: string): Path | undefined;
}

/**
 * All networks of a protocol under one of its profiles: the paper's spec, what the paper sets for the network, then
 * the deviations in order. A deviation that names an unknown network, sets what is not there, or changes nothing is
 * a problem: every line of a profile must be true.
 */
export function resolveNetworks(
  protocol: Source<ProtocolFile>,
  profile: string,
  released: Readonly<Record<string, Released>>,
  problems: Problems,
): Map<string, ResolvedNetwork> {
  const { assumptions, networks, profiles } = protocol.data;
  const { deviations, skipped = [], tokens = [] } = profiles[profile]!;
  const placed = [
    ...assumptions.map((deviation, i) => ({ deviation, path: ['assumptions', i] })),
    ...deviations.map((deviation, i) => ({ deviation, path: ['profiles', profile, 'deviations', i] })),
  ];
  for (const { deviation, path } of placed)
    checkNames(deviation.for ?? [], [...path, 'for'], protocol, problems);
  for (const [list, entries] of Object.entries({ skipped, tokens }))
    entries.forEach((entry, i) => {
      checkNames(entry.for, ['profiles', profile, list, i, 'for'], protocol, problems);
    });
  return new Map(
    Object.keys(networks).map(name => {
      const { config, originOf } = resolved(name, protocol, placed, released, problems);
      const found = { skipped: reasonFor(name, skipped), token: reasonFor(name, tokens) };
      if (found.skipped) config.skipped = found.skipped;
      if (found.token) config.token = found.token;
      return [name, { config, originOf }];
    }),
  );
}

/** What a schema cannot say: settings that contradict each other. A problem is placed where the likeliest one was made. */
export function checkNetworks(
  protocol: Source<ProtocolFile>,
  networks: ReadonlyMap<string, ResolvedNetwork>,
  problems: Problems,
): void {
  const { rules } = taskOf(protocol.data.task);
  for (const [name, { config, originOf }] of networks) {
    const { layers } = protocol.data.networks[name]!;
    for (const { paths, broken } of rules) {
      const message = broken(config.spec, { name, ...(layers !== undefined && { layers }) });
      if (!message) continue;
      const origins = paths.map(originOf).filter(origin => origin !== undefined);
      problems.add(protocol, origins[0] ?? ['spec', ...paths[0]!.split('.')], `${message} (${name})`);
    }
  }
}

/** Message for a network that the protocol does not have. */
export function unknownNetwork(name: string, networks: Readonly<Record<string, unknown>>): string {
  return unknownName('network', name, Object.keys(networks), ' in the protocol');
}

/** Message for a measure that the task does not have; `others`: what can be named beside its measures. */
export function unknownMeasure(name: string, { id, measures }: Task, others: readonly string[] = []): string {
  return unknownName('measure', name, [...others, ...Object.keys(measures)], ` in the task ${id}`);
}

function reasonFor(
  name: string,
  entries: readonly { for: readonly string[]; reason: string }[],
): { reason: string } | undefined {
  const entry = entries.find(each => each.for.includes(name));
  return entry && { reason: entry.reason };
}

function checkNames(
  names: readonly string[],
  path: Path,
  protocol: Source<ProtocolFile>,
  problems: Problems,
): void {
  const { networks } = protocol.data;
  names.forEach((name, i) => {
    if (own(networks, name) === undefined)
      problems.add(protocol, [...path, i], unknownNetwork(name, networks));
  });
}

function resolved(
  name: string,
  protocol: Source<ProtocolFile>,
  placed: readonly { deviation: Deviation; path: Path }[],
  released: Readonly<Record<string, Released>>,
  problems: Problems,
): ResolvedNetwork {
  const { task, spec, networks } = protocol.data;
  const fail = (path: Path, message: string) => problems.add(protocol, path, message);
  const path = ['networks', name];
  const inFull = <T>(given: T, at: Path) => withReleased(given, released, fail, at);
  const { set, seeds } = networks[name]!;
  const own = inFull(spec, ['spec']);
  const settings = new Settings(taskOf(task).schemas.train, own, seeds, [...path, 'seeds']);
  settings.apply(inFull(set, [...path, 'set']), [...path, 'set'], fail);
  const [paper, paperSeeds] = [settings.spec(), settings.seeds()];
  for (const { deviation, path } of placed) {
    const at = [...path, 'set'];
    if (deviation.for?.includes(name) ?? true) settings.apply(inFull(deviation.set, at), at, fail, name);
  }
  const config: NetworkConfig = {
    ...{ name, task, spec: settings.spec(), paper },
    ...{ seeds: settings.seeds(), paperSeeds },
  };
  return { config, originOf: setting => settings.originOf(setting) };
}
