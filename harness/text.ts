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

/** A value as JSON for programs, indented: the same characters are escaped, which changes no value. */
export function jsonText(value: unknown): string {
  return visible(JSON.stringify(value, null, 2));
}

/** A text without the characters that a terminal or a page could obey, or that nobody sees. */
export function withoutUnsafe(text: string): string {
  return /^[ -~]*$/.test(text) ? text : text.replace(unsafe, '');
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

// Control and format characters, what is invisible, line and paragraph separators, lone surrogates; but for the joiners
// that scripts need and the selectors of emoji.
const unsafe =
  /(?!\u200C|\u200D|[\uFE00-\uFE0F])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
