import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Font } from 'fontkit';
import { escapeXml } from './escape.ts';

/** Texts of figures are drawn as outlines of one typeface, so that they look the same wherever they are shown. */
export interface Typeface {
  /** Width in pixels of a text. */
  width(text: string, size: number, bold: boolean): number;
  /** A text as an SVG path whose baseline begins at the origin. */
  outline(text: string, size: number, bold: boolean): string;
}

/** Loads DejaVu Sans (regular and bold) from the npm package `dejavu-fonts-ttf`. */
export async function loadTypeface(): Promise<Typeface> {
  const { create } = await import('fontkit');
  const require = createRequire(import.meta.url);
  const load = (file: string) =>
    create(readFileSync(require.resolve(`dejavu-fonts-ttf/ttf/${file}`))) as Font;
  const fonts = { regular: load('DejaVuSans.ttf'), bold: load('DejaVuSans-Bold.ttf') };
  const of = (bold: boolean) => (bold ? fonts.bold : fonts.regular);
  return {
    width: (text, size, bold) => (of(bold).layout(text).advanceWidth * size) / of(bold).unitsPerEm,
    outline: (text, size, bold) => outline(of(bold), text, size),
  };
}

/** Replaces the `<text>` elements that Vega writes by outlines; the words stay as `aria-label`. Empty ones go. */
export function outlineTexts(svg: string, typeface: Typeface): string {
  return svg
    .replace(/<text [^>]*\/>/g, '')
    .replace(/<text ([^>]*)>(.*?)<\/text>/gs, (_, attributes: string, content: string) => {
      const size = Number(attribute(attributes, 'font-size')?.replace('px', ''));
      const bold = attribute(attributes, 'font-weight') === 'bold';
      const anchor = attribute(attributes, 'text-anchor') ?? 'start';
      const lines = linesOf(content).map(({ text, down }) => {
        const width = typeface.width(text, size, bold);
        const x = anchor === 'middle' ? -width / 2 : anchor === 'end' ? -width : 0;
        return `<path transform="translate(${round(x)},${round(down)})" d="${typeface.outline(text, size, bold)}"/>`;
      });
      const kept = attributes.replace(/\s*(?:font-[a-z]+|text-anchor)="[^"]*"/g, '').trim();
      const label = linesOf(content)
        .map(({ text }) => escapeXml(text))
        .join(' ');
      return `<g ${kept} role="img" aria-label="${label}">${lines.join('')}</g>`;
    });
}

/** An SVG with a title, and a sentence that says what can be seen. */
export function titled(svg: string, title: string, description: string): string {
  const words = `<title>${escapeXml(title)}</title>\n<desc>${escapeXml(description)}</desc>`;
  return svg.replace(/^<svg([^>]*)>/, (_, attributes: string) => `<svg role="img"${attributes}>\n${words}`);
}

/** Hundredths of a pixel are enough. */
export function round(value: number): number {
  return Number(value.toFixed(2)) + 0;
}

/** Lines of a text element with their distance from the first baseline. */
function linesOf(content: string): { text: string; down: number }[] {
  const spans = [...content.matchAll(/<tspan([^>]*)>(.*?)<\/tspan>/gs)];
  if (spans.length === 0) return [{ text: unescapeXml(content), down: 0 }];
  let down = 0;
  return spans.map(([, attributes, text]) => {
    down += Number(attribute(attributes!, 'dy') ?? 0);
    return { text: unescapeXml(text!), down };
  });
}

function outline(font: Font, text: string, size: number): string {
  const scale = size / font.unitsPerEm;
  const run = font.layout(text);
  let at = 0;
  let path = '';
  run.glyphs.forEach((glyph, i) => {
    const position = run.positions[i]!;
    for (const { command, args } of glyph.path.commands) {
      path += letters[command];
      path += args
        .map((arg, k) =>
          round(k % 2 === 0 ? (at + position.xOffset + arg) * scale : -(position.yOffset + arg) * scale),
        )
        .join(' ');
    }
    at += position.xAdvance;
  });
  return path;
}

const letters = {
  moveTo: 'M',
  lineTo: 'L',
  quadraticCurveTo: 'Q',
  bezierCurveTo: 'C',
  closePath: 'Z',
} as const;

function attribute(attributes: string, name: string): string | undefined {
  return attributes.match(new RegExp(`(?:^|\\s)${name}="([^"]*)"`))?.[1];
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
