import { countNetwork } from '../../ml/nets/counts.ts';
import { depth } from '../../ml/nets/spec.ts';
import type { NetworkPlan, PublishedValue } from '../manifest/types.ts';
import { imagesOf } from '../tasks/classification/images.ts';
import type { CountView } from './types.ts';

/** A count of the network that is run, in the form of the published fact beside it. */
export function viewCount(
  plan: NetworkPlan,
  measures: 'layers' | 'parameters',
  published: PublishedValue | string | null,
): CountView {
  const { network, data } = plan.spec;
  const value =
    measures === 'layers' ? depth(network) : countNetwork(network, imagesOf(data).size).parameters;
  const fact = typeof published === 'string' ? published : (published?.printed ?? null);
  const printed = inFormOf(fact, value);
  return { value, printed, agrees: printed === fact };
}

/** `0.27M` has two decimals and counts millions: 269722 becomes `0.27M`. */
function inFormOf(fact: string | null, value: number): string {
  const millions = fact?.match(/^\d+(?:\.(\d+))?M$/);
  return millions ? `${(value / 1e6).toFixed(millions[1]?.length ?? 0)}M` : String(value);
}
