import { relative } from 'node:path';
import type { JobIdentity } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import { definitions, fitted, type Layout } from '../paper-tables/text.ts';

export { count } from '../paper-tables/numbers.ts';

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

/** An amount of memory: `838 MiB`, `19.6 GiB`. */
export function memory(mebibytes: number): string {
  if (mebibytes < 1000) return `${Math.ceil(mebibytes)} MiB`;
  return `${Number((mebibytes / 1024).toFixed(1))} GiB`;
}

/** A moment as a record has it, to the minute: `2026-11-24 08:35 UTC`. */
export function moment(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** A value in its unit: `8.75%`; a dash while there is none. */
export function quantity(value: number | null | undefined, unit: string, decimals = 2): string {
  if (value === null || value === undefined) return '–';
  return `${value.toFixed(decimals)}${unit === '' || unit === '%' ? unit : ` ${unit}`}`;
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

/** The seed of a job, or what it has in the place of one. */
export function seedText(identity: JobIdentity): string {
  return identity.kind === 'train' ? String(identity.seed) : 'released';
}

/** A field that is listed of each item. */
export interface Field<T> {
  label: string;
  /** Numbers end together. */
  right?: true;
  text(item: T): string;
  /** Left out where the terminal is too narrow, those with the lowest number first. */
  drop?: number;
}

/** Items with their fields in columns, the first of which names them; no wider than `width`. */
export function table<T>(items: readonly T[], fields: readonly Field<T>[], width: number): string {
  const drops = [...new Set(fields.flatMap(({ drop }) => drop ?? []))].sort((a, b) => a - b);
  const layouts = [0, ...drops].map((least): Layout => {
    const kept = fields.filter(({ drop }) => drop === undefined || drop > least);
    const [name, ...others] = kept.map(({ label, right, text }) => {
      return { label, align: right ? 'right' : 'left', cells: items.map(text) } as const;
    });
    return { names: [name!], groups: [others] };
  });
  return fitted(layouts, width, { rule: false }).join('\n');
}

/** Names and what they stand for. */
export function facts(rows: readonly (readonly [string, string])[], width: number): string {
  return definitions(rows, width).join('\n');
}

/** As much of a key as people read. */
export function shortKey(key: string): string {
  return key.slice(0, 10);
}

/** A path as seen from the current folder, unless it lies outside of it. */
export function shortPath(path: string): string {
  const seen = relative(process.cwd(), path);
  return seen === '' ? '.' : seen.startsWith('..') ? path : seen;
}
