import { viewTarget } from '../harness/aggregate/aggregate.ts';
import { runsOf } from '../harness/aggregate/runs.ts';
import type { View } from '../harness/aggregate/types.ts';
import { loadTargets } from '../harness/manifest/load.ts';
import type { ArchitectureTarget, DescribedNetwork } from '../harness/manifest/types.ts';

/** A table or drawing of the ResNet paper that is computed from specifications, with its networks changed if need be. */
export async function architectureViewOf(
  name: string,
  change = (network: DescribedNetwork) => network,
): Promise<View> {
  const [target] = (await loadTargets([name], 'mini')) as [ArchitectureTarget];
  const { architecture } = target;
  const changed = { ...architecture, networks: architecture.networks.map(change) };
  const runs = runsOf([], () => null);
  return viewTarget({ ...target, architecture: changed }, runs, [], { command: `npm run reproduce ${name}` });
}
