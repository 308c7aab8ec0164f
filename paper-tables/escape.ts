/** A text for a cell of a Markdown table, a heading, a list or a line of its own: nothing in it is markup. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .trim()
    .replace(/[\\|*_`<>[\]&~$]/g, '\\$&')
    .replace(/^[-+#](?=[\s#]|$)|^[-=](?=[-=]*$)|(?<=^\d+)[.)](?=\s|$)/, '\\$&');
}

/** A text for a code span or block of Markdown, which has no escapes. */
export function escapeMarkdownCode(text: string): string {
  return oneLine(text).replaceAll('`', "'");
}

/** A text for LaTeX; a character that LaTeX may not know is named by its code point, never lost. */
export function escapeTex(text: string): string {
  let escaped = '';
  for (const character of oneLine(text)) {
    const next = tex[character] ?? (isPlain(character) ? character : codePoint(character));
    // Not a ligature: two hyphens are no dash.
    escaped += ligature.test(`${escaped.at(-1) ?? ''}${next[0]}`) ? `{}${next}` : next;
  }
  return escaped;
}

/** A text for XML, in attributes too. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
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
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '\u00a0': '~',
  '±': '\\ensuremath{\\pm}',
  '×': '\\ensuremath{\\times}',
  // \textminus is another sign when it is copied out of a PDF.
  '−': '\\ensuremath{-}',
  '–': '\\textendash{}',
  '—': '\\textemdash{}',
  '’': "'",
  '‘': '`',
  '“': '``',
  '”': "''",
  '…': '\\dots{}',
  '†': '\\ensuremath{\\dagger}',
  '‡': '\\ensuremath{\\ddagger}',
  '·': '\\ensuremath{\\cdot}',
  '°': '\\ensuremath{^\\circ}',
  '⁹': '\\textsuperscript{9}',
  µ: '\\ensuremath{\\mu}',
  '≤': '\\ensuremath{\\le}',
  '≥': '\\ensuremath{\\ge}',
  '≈': '\\ensuremath{\\approx}',
  '→': '\\ensuremath{\\to}',
  Δ: '\\ensuremath{\\Delta}',
  '✓': '\\ensuremath{\\surd}',
  '✕': '\\ensuremath{\\times}',
  '◇': '\\ensuremath{\\diamond}',
};

/** What the fonts of LaTeX make one sign of. */
const ligature = /^(--|``|''|,,|\?`|!`)$/;

/** ASCII and the letters of western European languages, which LaTeX reads as they are. */
function isPlain(character: string): boolean {
  return /^[\x20-\x7eÀ-ÖØ-öø-ÿ]$/.test(character);
}

function codePoint(character: string): string {
  return `{[}U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}{]}`;
}
