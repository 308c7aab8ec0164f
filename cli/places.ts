import { fromCheckout } from '../harness/checkout.ts';
import { flag } from '../harness/command.ts';
import { type Options, optionTable } from './options.ts';

/** What the command needs besides to find the same things on this machine: store and data. */
export function placesOf({ store, data }: Options): string[] {
  return [...storeOf({ store }), ...flag('data', data && fromCheckout(data))];
}

/** The store, unless it is the default one. */
export function storeOf({ store }: Pick<Options, 'store'>): string[] {
  return store === optionTable.store.preset ? [] : flag('store', fromCheckout(store));
}
