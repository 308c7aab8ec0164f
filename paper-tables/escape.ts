/** A text for a cell of a Markdown table. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\|*_`<>[\]]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

/** A text for LaTeX with T1 fonts; a character that LaTeX may not know is named by its code point, never lost. */
export function escapeTex(text: string): string {
  return [...text]
    .map(character => tex[character] ?? (isPlain(character) ? character : codePoint(character)))
    .join('')
    .replace(/-(?=-)/g, '-{}');
}

/** A field of a CSV file (RFC 4180): lists separated by blanks, nothing for what is absent. */
export function escapeCsv(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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
  return /^[\x20-\x7e\nÀ-ÖØ-öø-ÿ]$/.test(character);
}

function codePoint(character: string): string {
  return `{[}U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}{]}`;
}
