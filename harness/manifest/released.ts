import { unknownName } from '../nearest.ts';
import { own } from '../own.ts';
import type { Released } from '../tasks/task.ts';
import { releasedParts } from '../tasks/weights.ts';
import type { Path } from './files/problems.ts';

/** Settings of a protocol with released weights in full. `fail`: told of a name that paper.yaml does not have, and its place. */
export function withReleased<T>(
  settings: T,
  known: Readonly<Record<string, Released>>,
  fail: (path: Path, message: string) => void,
  path: Path = [],
): T {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return settings;
  const entries = Object.entries(settings).map(([name, value]) => {
    const at = [...path, name];
    if (!/(^|\.)released$/.test(name) || typeof value !== 'string')
      return [name, withReleased(value, known, fail, at)];
    const weights = own(known, value);
    if (!weights) fail(at, unknownName('released weights', value, Object.keys(known)));
    return [name, weights ? told(weights) : value];
  });
  return Object.fromEntries(entries) as T;
}

/** What a spec has of released weights. */
function told(weights: Released): object {
  const parts = Object.keys(releasedParts) as (keyof Released)[];
  return Object.fromEntries(parts.map(part => [part, weights[part]]));
}
