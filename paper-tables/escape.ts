/** A text for a cell of a Markdown table, a heading or a list: nothing in it is markup. */
export function escapeMarkdown(text: string): string {
  return oneLine(text).replace(/[\\|*_`<>[\]&~]/g, '\\$&');
}

/** A text for a code span of Markdown, which has no escapes. */
export function escapeMarkdownCode(text: string): string {
  return oneLine(text).replaceAll('`', "'");
}

/** A text for LaTeX with T1 fonts; a character that LaTeX may not know is named by its code point, never lost. */
export function escapeTex(text: string): string {
  return [...oneLine(text)]
    .map(character => tex[character] ?? (isPlain(character) ? character : codePoint(character)))
    .join('')
    .replace(/-(?=-)/g, '-{}');
}

/** A CSV file (RFC 4180) with a header. */
export function csv(header: readonly string[], records: readonly (readonly unknown[])[]): string {
  return [header, ...records].map(fields => `${fields.map(escapeCsv).join(',')}\n`).join('');
}

/** A field of a CSV file: lists separated by blanks, nothing for what is absent. */
export function escapeCsv(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text for XML, in attributes too. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** A line break would end a comment of LaTeX, a row of a table or a heading. */
function oneLine(text: string): string {
  return text.replace(/\s*[\n\r\u0085\u2028\u2029]\s*/g, ' ');
}

const tex: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '%': '\\%',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '[': '{[}',
  ']': '{]}',
  '±': '\\textpm{}',
  '×': '\\texttimes{}',
  '−': '\\textminus{}',
  '–': '\\textendash{}',
  '—': '\\textemdash{}',
  '’': "'",
  '‘': '`',
  '“': '``',
  '”': "''",
  '…': '\\dots{}',
  '†': '\\textdagger{}',
  '‡': '\\textdaggerdbl{}',
  '·': '\\textperiodcentered{}',
  '°': '\\textdegree{}',
  '⁹': '\\textsuperscript{9}',
  µ: '\\textmu{}',
  '≤': '$\\le$',
  '≥': '$\\ge$',
  '≈': '$\\approx$',
  '→': '$\\to$',
};

/** ASCII and the letters of western European languages, which LaTeX reads as they are. */
function isPlain(character: string): boolean {
  return /^[\x20-\x7eÀ-ÖØ-öø-ÿ]$/.test(character);
}

function codePoint(character: string): string {
  return `{[}U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}{]}`;
}
