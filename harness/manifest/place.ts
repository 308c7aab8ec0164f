import { UserError } from '../errors.ts';
import { quoted } from '../text.ts';

/** Keys and indices from the top of a document down to a value. */
export type Path = readonly (string | number)[];

/** Line and column in a file, from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A parsed text that knows where its values are. */
export interface ParsedText {
  data: unknown;
  /** The place of the key or item at `path`, or of the nearest thing above it that exists. */
  locate(path: Path): Place;
}

/** Levels of lists and objects inside each other; no file of an experiment needs half as many. */
export const deepest = 64;

/** A path as people write it: `panels[1].curves[0].network`. */
export function showPath(path: Path): string {
  const steps = path.map(step => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[\p{L}_][\p{L}\w-]*$/u.test(step) ? `.${step}` : `[${quoted(step)}]`;
  });
  return steps.join('').replace(/^\./, '');
}

/** The error for a text that is not of its format. */
export function malformed(file: string, format: 'YAML' | 'JSON', at: Place, message: string): UserError {
  return new UserError(`${file}:${at.line}:${at.column}  not valid ${format}: ${message}`);
}
