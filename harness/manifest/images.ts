import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import type { NetworkConfig, PublishedValue } from './types.ts';

/** Whether a published value says that it is of other images than those that a network is tested on here. */
export function isOfOtherImages(
  { images }: PublishedValue,
  { task, spec }: Pick<NetworkConfig, 'task' | 'spec'>,
): boolean {
  const tested = own(taskOf(task).dataSets, spec.data.set)?.tested;
  return images !== undefined && tested !== undefined && images !== tested;
}
