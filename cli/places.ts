import { fromCheckout } from '../harness/checkout.ts';
import { quoted } from '../harness/plan/command.ts';
import { type Options, optionTable } from './options.ts';

/** What the command needs besides to find the same things on this machine: store and data. */
export function placesOf({ store, data }: Options): string[] {
  return [...storeOf({ store }), ...(data === undefined ? [] : [`--data ${quoted(fromCheckout(data))}`])];
}

/** The store, unless it is the default one. */
export function storeOf({ store }: Pick<Options, 'store'>): string[] {
  return store === optionTable.store.preset ? [] : [`--store ${quoted(fromCheckout(store))}`];
}
