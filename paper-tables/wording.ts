import { evaluatedMark } from '../harness/aggregate/evaluated.ts';
import type { CellView, ClaimView, PanelView, PublishedValue } from '../harness/aggregate/types.ts';

/** What stands where there is nothing to say, e.g. the layers of a method without any. */
export const nothing = '–';

/** The published content of a cell as printed in the paper. */
export function publishedText(published: CellView['published']): string {
  if (published === null) return nothing;
  return typeof published === 'string' ? published : published.printed;
}

/** Our content of a cell: `37.80 ± 0.41 (3)`, mean, SD and number of seeds, `22.85 ‡` of weights by others, or `not-run`. */
export function oursText({ ours, evaluated, published, verdict }: CellView): string {
  if (evaluated) return `${number(evaluated.error, decimalsOf(published))} ${evaluatedMark}`;
  if (!ours) return verdict ?? nothing;
  const decimals = decimalsOf(published);
  const spread = ours.sd === null ? '' : ` ± ${number(ours.sd, decimals)}`;
  return `${number(ours.mean, decimals)}${spread} (${ours.n})`;
}

/** `+1.30`; our value minus the published one. */
export function residualText({ residual, published }: CellView): string {
  return residual === null ? nothing : signed(residual, decimalsOf(published));
}

/** A count beside the published fact: one text when they agree, both when they do not. */
export function countText({ count, published, verdict }: CellView): string {
  const fact = publishedText(published);
  if (!count || count.agrees) return fact;
  return `${fact}; ours ${count.printed}${verdict === 'differs' ? ', differs' : ''}`;
}

/** What was measured about a claim: the difference, its interval, the margin and where that comes from. */
export function measuredText({ difference, margin, basis, assumedSd, verdict }: ClaimView): string {
  const source = basis === null ? '' : ` (${basis})`;
  const threshold =
    margin === null
      ? 'no margin was fixed for this profile'
      : `margin ${margin} point${margin === 1 ? '' : 's'}${source}`;
  if (!difference) {
    return `${verdict === 'not-run' ? 'a side was not run' : 'no interval from single seeds'}; ${threshold}`;
  }
  const { value, low, high, n } = difference;
  const interval = `95 % interval ${signed(low)} to ${signed(high)}`;
  const spread = assumedSd === null ? '' : `, with an assumed SD of ${assumedSd}`;
  const seeds = `${n[0]} and ${n[1]} seed${n[1] === 1 ? '' : 's'}${spread}`;
  return `difference ${signed(value)} points, ${interval}, ${seeds}; ${threshold}`;
}

/** What a panel does not show, curves of one fate together: `plain-20, plain-32: not-run`, on a page with the reason. */
export function missingTexts(missing: PanelView['missing'], withReason: boolean): string[] {
  const labels = new Map<string, string[]>();
  for (const { label, what, why } of missing) {
    const fate = withReason ? `${what} (${why})` : what;
    labels.set(fate, [...(labels.get(fate) ?? []), label]);
  }
  return [...labels].map(([fate, curves]) => `${curves.join(', ')}: ${fate}`);
}

/** A number with a true minus sign. */
export function number(value: number, decimals = 2): string {
  const digits = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
}

/** A number that always shows its sign. */
export function signed(value: number, decimals = 2): string {
  const text = number(value, decimals);
  return text.startsWith('−') ? text : `+${text}`;
}

/** Decimals of a published value as printed; two where nothing is printed. */
function decimalsOf(published: PublishedValue | string | null): number {
  const printed = typeof published === 'string' ? published : published?.printed;
  return printed?.match(/\d+\.(\d+)/)?.[1]?.length ?? 2;
}

/** `231,211,008`. */
export function integer(value: number): string {
  return value.toLocaleString('en-US');
}

/** A count in billions, to three decimals: `3.858`. */
export function billions(value: number): string {
  return number(value / 1e9, 3);
}
