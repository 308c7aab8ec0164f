import type { SchemaProblem } from '../../schema.ts';
import { unsafeCharacter } from '../../text.ts';
import { deepest } from './problems.ts';

/**
 * Text of a file that is not one plain line: pages, terminals and LaTeX are given it, and each obeys other characters.
 * Also what is nested more deeply than anything of ours.
 */
export function lineProblems(data: unknown): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  const path: (string | number)[] = [];
  const fail = (message: string) => problems.push({ path: [...path], message });
  const checkText = (text: string, what: string) => {
    const character = unsafeCharacter(text);
    if (character !== undefined)
      fail(`the ${what} contains ${character}, expected one line without control characters`);
  };
  const within = (step: string | number, value: unknown) => {
    path.push(step);
    if (typeof step === 'string') checkText(step, 'key');
    check(value);
    path.pop();
  };
  const check = (value: unknown): void => {
    if (typeof value === 'string') checkText(value, 'text');
    if (typeof value !== 'object' || value === null) return;
    if (path.length === deepest) fail(`nested more than ${deepest} levels deep`);
    else if (Array.isArray(value)) for (const [i, item] of value.entries()) within(i, item);
    else for (const [key, inner] of Object.entries(value)) within(key, inner);
  };
  check(data);
  return problems;
}
