import type { SchemaProblem } from '../schema.ts';
import { unsafeCharacter } from '../text.ts';
import { deepest, type Path } from './place.ts';

/**
 * Text of a file that is not one plain line: pages, terminals and LaTeX are given it, and each obeys other characters.
 * Also what is nested more deeply than anything of ours.
 */
export function lineProblems(data: unknown, path: Path = []): SchemaProblem[] {
  if (typeof data === 'string') return lineProblem(data, 'text', path);
  if (typeof data !== 'object' || data === null) return [];
  if (path.length === deepest) return [{ path, message: `nested more than ${deepest} levels deep` }];
  if (Array.isArray(data)) return data.flatMap((item, i) => lineProblems(item, [...path, i]));
  return Object.entries(data).flatMap(([key, value]) => [
    ...lineProblem(key, 'key', [...path, key]),
    ...lineProblems(value, [...path, key]),
  ]);
}

function lineProblem(text: string, what: string, path: Path): SchemaProblem[] {
  const character = unsafeCharacter(text);
  return character === undefined
    ? []
    : [{ path, message: `the ${what} contains ${character}, expected one line without control characters` }];
}
