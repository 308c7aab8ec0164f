import type { TableRow } from './types.ts';

/** Networks that a row needs, in order. */
export function networksOfRow({
  network,
  networks = {},
  ensemble = [],
}: Omit<TableRow, 'published'>): string[] {
  return [...(network === undefined ? [] : [network]), ...Object.values(networks), ...ensemble];
}
