import { taskOf } from '../tasks/registry.ts';
import type { Problems } from './problems.ts';
import type { ResolvedNetwork } from './resolve.ts';
import type { ProtocolFile } from './schemas/protocol.ts';
import type { Source } from './source.ts';

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
