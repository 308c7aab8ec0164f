import { flag } from '../harness/command.ts';
import { type Options, optionTable } from './options.ts';

/** What the command needs besides to find the same things on this machine: store and data. */
export function placesOf({ store, data }: Options): string[] {
  return [...(store === optionTable.store.preset ? [] : flag('store', store)), ...flag('data', data)];
}
