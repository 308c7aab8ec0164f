import { escapeXml } from '../paper-tables/escape.ts';
import { printable } from '../paper-tables/printable.ts';

/** Markup that is put into other markup as it is. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What can stand in a template: texts and numbers are escaped, lists are joined, nothing is left out. */
type Part = string | number | Html | null | readonly Part[];

/** Markup with texts in it: whatever is put in is escaped, unless it is markup itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, i) => text + (i < parts.length ? markupOf(parts[i]!) : '')).join(''));
}

/** Markup that was made elsewhere, by templates that escape. */
export function raw(markup: string): Html {
  return new Html(markup);
}

/** A value as JSON in a script element: nothing in it can end the element. */
export function scriptJson(value: unknown): string {
  const escapes: Record<string, string> = { '<': '\\u003c', '\u2028': '\\u2028', '\u2029': '\\u2029' };
  return JSON.stringify(value).replace(/[<\u2028\u2029]/g, character => escapes[character]!);
}

/** A label as an id or a name of a file: `ResNet-34 A` is `resnet-34-a`. */
export function slug(label: string): string {
  return (
    label
      .toLowerCase()
      .normalize('NFKD')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'x'
  );
}

function markupOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.markup;
  if (Array.isArray(part)) return part.map(markupOf).join('');
  // Whatever it is and wherever it came from: it neither steers a terminal nor turns the direction of a text.
  return escapeXml(printable(String(part)));
}
