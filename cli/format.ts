import { relative } from 'node:path';
import type { JobIdentity } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { aligned } from '../paper-tables/text.ts';

/** Seconds in the words of an estimate: `40 s`, `7 min`, `3 h 20 min`, `58 days`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = Math.round((minutes % 60) / 10) * 10;
  if (hours >= 24) return `${(minutes / 1440).toFixed(hours >= 240 ? 0 : 1)} days`;
  if (rest === 60) return `${hours + 1} h`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** A value in its unit: `8.75 %`; a dash while there is none. */
export function quantity(value: number | null | undefined, unit: string, decimals = 2): string {
  if (value === null || value === undefined) return '-';
  const digits = unit === '%' && value >= 10 ? Math.min(1, decimals) : decimals;
  return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
}

/** A measure of a record, as its task shows it. */
export function measureText(
  { task }: Pick<JobIdentity, 'task'>,
  name: string,
  value: number | undefined,
): string {
  const measure = taskOf(task).measures[name]!;
  return `${measure.name} ${quantity(value, measure.unit, measure.decimals)}`;
}

/** What a job is called: `ResNet-20, seed 1`. */
export function jobName({ network, identity }: { network: string; identity: JobIdentity }): string {
  return identity.kind === 'train' ? `${network}, seed ${identity.seed}` : `${network}, released weights`;
}

/** Rows below their headings, in aligned columns; cells of `right` columns end together. */
export function columns(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const specs = headings.map((label, i) => ({ label, align: right.includes(i) ? 'right' : 'left' }) as const);
  return aligned(specs, rows, { rule: false }).join('\n');
}

/** Names and what they stand for, in two aligned columns. */
export function facts(rows: readonly (readonly [string, string])[]): string {
  const specs = [0, 1].map(() => ({ label: '', align: 'left' }) as const);
  return aligned(specs, rows, { rule: false }).slice(1).join('\n');
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
