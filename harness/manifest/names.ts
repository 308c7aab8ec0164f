/**
 * Whether a name can become that of a file or folder: of a profile, an experiment, a target or a protocol. Every name
 * that does is checked here.
 */
export function isFileName(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name) && !name.includes('..') && name.length <= 64;
}

/** What `isFileName` expects, for messages. */
export const fileNames =
  'expected at most 64 letters, digits, dots, hyphens and underscores, the first a letter or digit, and no two dots in a row';
