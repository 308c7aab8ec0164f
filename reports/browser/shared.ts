/// <reference lib="dom" />
import type { TargetData } from '../types.ts';

/** What the scripts of a site share. */
export interface Residuals {
  records: Map<string, string>;
  targets: Map<string, TargetData>;
  record(key: string, text: string): void;
  target(data: TargetData): void;
  /** `markup`: what a page prints; null for the copy that comes with its data. */
  check?(data: TargetData, markup: string | null): string[];
}

/** Scripts that were asked for, by path. */
const loading = new Map<string, Promise<void>>();

const up = document.currentScript!.getAttribute('src')?.replace(/assets\/report\.js$/, '') ?? '';

/** Whether all scripts are in the page: nothing is left to be loaded. */
const isOneFile = document.querySelector('meta[name="residuals"]') !== null;
export const residuals: Residuals = {
  records: new Map(),
  targets: new Map(),
  record(key, text) {
    this.records.set(key, text);
  },
  target(data) {
    this.targets.set(`${data.folder}/${data.target.name}`, data);
  },
};

/** Loads a script of the site, once; what opens from a disk can be had in no other way. */
export function load(path: string): Promise<void> {
  if (isOneFile) return Promise.resolve();
  const known = loading.get(path);
  if (known) return known;
  const loaded = new Promise<void>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = up + path;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${path} is missing`));
    document.head.append(script);
  });
  loading.set(path, loaded);
  return loaded;
}
