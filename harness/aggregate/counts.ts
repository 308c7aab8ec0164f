import { countNetwork } from '../../ml/nets/counts.ts';
import { depth } from '../../ml/nets/spec.ts';
import type { Count, NetworkConfig, PublishedCell } from '../manifest/types.ts';
import { taskOf } from '../tasks/registry.ts';
import type { CountView } from './types.ts';

/** How what a column can count is counted of the network that is run. */
const counters: Readonly<Record<Count, (config: NetworkConfig) => number>> = {
  layers: ({ spec }) => depth(spec.network),
  parameters: ({ task, spec }) => countNetwork(spec.network, taskOf(task).imagesOf(spec).size).parameters,
};

/** Whether a column's `measures` names a count. */
export function isCount(measures: string): measures is Count {
  return Object.hasOwn(counters, measures);
}

/** A count of the network that is run, in the form of the published fact beside it. */
export function viewCount(config: NetworkConfig, measures: Count, published: PublishedCell): CountView {
  const value = counters[measures](config);
  const fact = published.kind === 'none' ? null : published.printed;
  const printed = inFormOf(fact, value);
  return { value, printed, agrees: printed === fact };
}

/** `0.27M` has two decimals and counts millions: 269722 becomes `0.27M`. */
function inFormOf(fact: string | null, value: number): string {
  const millions = fact?.match(/^\d+(?:\.(\d+))?M$/);
  return millions ? `${(value / 1e6).toFixed(millions[1]?.length ?? 0)}M` : String(value);
}
