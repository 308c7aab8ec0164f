import { mean } from '../../harness/aggregate/sample.ts';
import { namesThatDiffer } from '../../harness/regress/bits.ts';
import type { Baseline, NetworkResults } from '../../harness/regress/types.ts';
import { count, nothing, number, signed } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { fitted, wrapped } from '../text.ts';

/** What a new baseline has of the one before: what changed of its networks, and the means over seeds. */
export function baselineText(
  before: Baseline | null,
  now: Baseline,
  file: string,
  terminal: Terminal,
): string {
  const prose = (text: string) => wrapped(text, { limit: terminal.width }).join('\n');
  const names = Object.keys(now.networks);
  const rows = names.flatMap(name => newRows(name, before?.networks[name], now.networks[name]!));
  const same = names.length - new Set(rows.map(({ network }) => network)).size;
  const head = `${count(names.length, 'network')}, ${same} as before.`;
  const columns = (['network', 'measure', 'before', 'now', 'difference'] as const).map(key => {
    const align = ['network', 'measure'].includes(key) ? ('left' as const) : ('right' as const);
    return { label: key, align, cells: rows.map(row => row[key]) };
  });
  const table = fitted(
    [{ names: columns.slice(0, 2), groups: columns.slice(2).map(column => [column]) }],
    terminal.width,
  );
  const parts = [
    ...(before && rows.length > 0 ? [table.join('\n')] : []),
    prose(`Wrote ${file}: ${before ? head : `${count(names.length, 'network')}, the first of this class.`}`),
    prose('It is compared with once it is committed.'),
  ];
  return parts.join('\n\n');
}

function newRows(network: string, before: NetworkResults | undefined, now: NetworkResults) {
  const isSame =
    before &&
    now.seeds.every(each => {
      const then = before.seeds.find(({ seed }) => seed === each.seed);
      return then !== undefined && namesThatDiffer(then, each).length === 0;
    });
  if (isSame) return [];
  const meanOf = (results: NetworkResults | undefined, measure: string) => {
    const values = (results?.seeds ?? []).flatMap(({ measures }) => measures[measure] ?? []);
    return values.length > 0 ? mean(values) : null;
  };
  return Object.keys(now.seeds[0]!.measures).map(measure => {
    const [then, found] = [meanOf(before, measure), meanOf(now, measure)];
    const text = (value: number | null) => (value === null ? nothing : number(value));
    const difference = then === null || found === null ? nothing : signed(found - then);
    return { network, measure, before: text(then), now: text(found), difference };
  });
}
