/** A text for a cell of a Markdown table, a heading, a list or a line of its own: nothing in it is markup. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .trim()
    .replace(/[\\|*_`<>[\]&~$]/g, '\\$&')
    .replace(/^[-+#](?=[\s#]|$)|^[-=:](?=[-=:\s]*$)|(?<=^\d+)[.)](?=\s|$)|(?<=\s)#(?=#*$)/g, '\\$&')
    .replace(/:(?=\/\/)|(?<=www)\.|@/gi, '\\$&'); // in an address that becomes a link nothing is escaped
}

/** A text as a code span of Markdown, which has no escapes: its marks are longer than any in the text. */
export function markdownCode(text: string): string {
  const line = oneLine(text);
  const marks = backticks(line, 1);
  const apart = /^`|`$/.test(line) ? ' ' : '';
  return marks + apart + line + apart + marks;
}

/** A text as a block of code of Markdown. */
export function markdownBlock(language: string, text: string): string {
  const line = oneLine(text);
  const fence = backticks(line, 3);
  return `${fence}${language}\n${line}\n${fence}`;
}

/** A text for LaTeX; a character that LaTeX may not know is named by its code point, never lost. */
export function escapeTex(text: string): string {
  return inTex(text, tex);
}

/** A text as code in LaTeX, whose quotes are those that a shell takes when it is copied. */
export function texCode(text: string): string {
  return `\\texttt{${inTex(text, { ...tex, ...straight })}}`;
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

function inTex(text: string, characters: Readonly<Record<string, string>>): string {
  let escaped = '';
  for (const character of oneLine(text)) {
    const next = characters[character] ?? (isPlain(character) ? character : codePoint(character));
    // Not a ligature: two hyphens are no dash.
    escaped += ligature.test(`${escaped.at(-1) ?? ''}${next[0]}`) ? `{}${next}` : next;
  }
  return escaped;
}

function backticks(text: string, least: number): string {
  const runs = (text.match(/`+/g) ?? []).map(run => run.length + 1);
  return '`'.repeat(Math.max(least, ...runs));
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
  // A star behind the end of a row would belong to that.
  '*': '{*}',
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

const straight = { "'": '\\textquotesingle{}', '`': '\\textasciigrave{}' };

/** What the fonts of LaTeX make one sign of. */
const ligature = /^(--|``|''|,,|\?`|!`)$/;

/** ASCII and the letters of western European languages, which LaTeX reads as they are. */
function isPlain(character: string): boolean {
  return /^[\x20-\x7eÀ-ÖØ-öø-ÿ]$/.test(character);
}

function codePoint(character: string): string {
  return `{[}U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}{]}`;
}
