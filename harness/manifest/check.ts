import type { Rule } from '../tasks/task.ts';
import type { ProtocolFile } from './files.ts';
import type { Problems } from './problems.ts';
import type { ResolvedNetwork } from './resolve.ts';
import type { Source } from './source.ts';
import type { Path } from './yaml.ts';

/** What a schema cannot say: settings that contradict each other. Each problem is placed where the first path was set. */
export function checkNetworks(
  protocol: Source<ProtocolFile>,
  networks: ReadonlyMap<string, ResolvedNetwork>,
  rules: readonly Rule[],
  problems: Problems,
): void {
  for (const [name, { plan, origins }] of networks) {
    const { layers } = protocol.data.networks[name]!;
    for (const { paths, broken } of rules) {
      const message = broken(plan.spec, { name, ...(layers !== undefined && { layers }) });
      const set = paths.find(path => origins.has(path)) ?? paths[0]!;
      if (message)
        problems.add(protocol, origins.get(set) ?? ['spec', ...set.split('.')], `${message} (${name})`);
    }
  }
}
