/** A word as a shell takes it: in a command that is printed for people to run. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!unprintable.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${text.replace(/[\\']/g, '\\$&').replace(new RegExp(unprintable, 'gu'), escaped)}'`;
}

/** What would steer the terminal or break the line of the command. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** As bash, zsh and ksh write a character in `$'...'`. */
function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return code < 0x80
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}
