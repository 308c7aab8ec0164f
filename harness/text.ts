/** A value as a message shows it: JSON, with every character escaped that a terminal or a page could obey, and not all of it. */
export function quoted(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(unsafe, escaped);
  return text.length > most ? `${text.slice(0, most)}…${text[0] === '"' ? '"' : ''}` : text;
}

/** Characters of a value that a message shows. */
const most = 400;

/** A text of several lines, perhaps, with every other character escaped that a terminal could obey. */
export function visible(text: string): string {
  return text.replace(unsafe, character => (character === '\n' ? character : escaped(character)));
}

/** The first character of a text that does not belong in a line of a page, escaped: a newline, an escape code, a bidi override. */
export function unsafeCharacter(text: string): string | undefined {
  if (/^[ -~]*$/.test(text)) return undefined;
  const found = text.match(unsafe)?.[0];
  return found === undefined ? undefined : escaped(found);
}

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

// Control and format characters, line and paragraph separators, lone surrogates; but for the joiners that scripts need.
const unsafe =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]/gu;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
