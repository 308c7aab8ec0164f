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

/** More decimals than this are never shown. */
const mostDecimals = 6;

/** Decimals that show on which side of the limits a number lies: one more where rounding would hide it. */
export function decimalsBeside(value: number, limits: readonly (number | null)[], decimals = 2): number {
  const hidden = limits.some(
    limit => limit !== null && value !== limit && Number(value.toFixed(decimals)) === limit,
  );
  return hidden && decimals < mostDecimals ? decimalsBeside(value, limits, decimals + 1) : decimals;
}

/** The bounds of an interval with their signs: `[−4.06, +2.12]`. `limits`: what decides a verdict. */
export function signedInterval(
  interval: readonly [number, number],
  limits: readonly (number | null)[],
): string {
  const [low, high] = interval.map(bound => signed(bound, decimalsBeside(bound, limits)));
  return `[${low}, ${high}]`;
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

/** `p = 0.014`, `p < 0.001`. */
export function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${number(p, 3)}`;
}

/** `1 run`, `9 runs`. */
export function count(value: number, noun: string): string {
  return `${integer(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Seeds of two sides: `3 seeds each`, `1 and 3 seeds`. */
export function seedsOf([a, b]: readonly [number, number]): string {
  return a === b ? `${count(a, 'seed')} each` : `${a} and ${count(b, 'seed')}`;
}

/** What differences in a unit are counted in: `1 point` of a percentage, `0.5 nats`. */
export function inUnits(value: number, unit: string): string {
  return unit === '%' ? `${value} point${value === 1 ? '' : 's'}` : `${value} ${unit}`;
}

/** The name of what differences in a unit are counted in: `points` of percentages. */
export function differenceUnit(unit: string): string {
  return unit === '%' ? 'points' : unit;
}

/** As much of a digest as people compare. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
