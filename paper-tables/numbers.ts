/** What stands where there is nothing to say, e.g. the layers of a method without any. */
export const nothing = '–';

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

/** `231,211,008`. */
export function integer(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A count in billions, to three decimals: `3.858`. */
export function billions(value: number): string {
  return number(value / 1e9, 3);
}

/** A fraction in percent: `95%`. */
export function percent(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(12))}%`;
}

/** `1 run`, `9 runs`. */
export function count(value: number, noun: string): string {
  return `${integer(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** What differences in a unit are counted in: `1 point` of a percentage, `0.5 nats`. */
export function inUnits(value: number, unit: string): string {
  return unit === '%' ? `${value} point${value === 1 ? '' : 's'}` : `${value} ${unit}`;
}

/** As much of a digest as people compare. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
