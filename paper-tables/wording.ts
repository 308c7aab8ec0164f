import type { CellView, ClaimView, PublishedValue, Sample } from '../harness/aggregate/types.ts';

/** What stands where there is nothing to say, e.g. the layers of a method without any. */
export const nothing = '–';

/** The published content of a cell as printed in the paper. */
export function publishedText(published: CellView['published']): string {
  if (published === null) return nothing;
  return typeof published === 'string' ? published : published.printed;
}

/** Our content of a cell: `37.80 ± 0.41 (3)`, mean, SD and number of seeds, or `not-run`. */
export function oursText({ ours, published, verdict }: CellView): string {
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
export function measuredText({ difference, margin, basis, verdict }: ClaimView): string {
  const threshold = margin === null ? 'no margin was fixed for this profile' : `margin ${margin} points`;
  const source = basis === null ? '' : ` (${basis})`;
  if (!difference) {
    return `${verdict === 'not-run' ? 'not run on both sides' : 'no interval from single seeds'}; ${threshold}${source}`;
  }
  const interval = `95 % interval ${signed(difference.low)} to ${signed(difference.high)}`;
  const seeds = `${difference.n[0]} and ${difference.n[1]} seed${difference.n[1] === 1 ? '' : 's'}`;
  return `difference ${signed(difference.value)} points, ${interval}, ${seeds}; ${threshold}${source}`;
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

/** Seeds behind a line of a figure or a cell. */
export function seedsText({ n }: Pick<Sample, 'n'>): string {
  return `${n} seed${n === 1 ? '' : 's'}`;
}

/** Decimals of a published value as printed; two where nothing is printed. */
function decimalsOf(published: PublishedValue | string | null): number {
  const printed = typeof published === 'string' ? published : published?.printed;
  return printed?.match(/\d+\.(\d+)/)?.[1]?.length ?? 2;
}
