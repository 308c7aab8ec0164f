import { relative } from 'node:path';

/** Seconds in the words of an estimate: `40 s`, `7 min`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = Math.round((minutes % 60) / 10) * 10;
  if (hours >= 24) return `${(minutes / 1440).toFixed(1)} days`;
  if (rest === 60) return `${hours + 1} h`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** Rows as aligned columns, the first line being their headings; cells of `right` columns end together. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)));
  return rows
    .map(row =>
      row
        .map((cell, column) =>
          right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** An error in percent; a dash while there is none. */
export function percent(error: number | null): string {
  return error === null ? '-' : `${error.toFixed(error < 10 ? 2 : 1)} %`;
}

/** As much of a key as people read. */
export function shortKey(key: string): string {
  return key.slice(0, 10);
}

/** `1 run`, `9 runs`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A path as seen from the current folder, unless it lies outside of it. */
export function shortPath(path: string): string {
  const seen = relative(process.cwd(), path);
  return seen === '' ? '.' : seen.startsWith('..') ? path : seen;
}
