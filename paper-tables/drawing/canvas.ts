import { escapeXml } from '../escape.ts';
import { round, type Typeface } from '../glyphs.ts';

/** How a text is set. `anchor`: which point of its baseline is given. */
export interface TextStyle {
  size: number;
  bold?: boolean;
  anchor?: 'start' | 'middle' | 'end';
  colour?: string;
}

/** Which way an arrowhead points. */
export type Direction = 'down' | 'left';

/** The colour of lines and texts. */
const ink = '#1a1a1a';

/** Half the breadth of an arrowhead, and its length, pixels. */
const head = { breadth: 2.8, length: 5.5 };

/** An SVG under construction: boxes, lines, arrows, and texts as outlines, each distinct text drawn once and reused. */
export class Canvas {
  readonly #id: string;
  readonly #typeface: Typeface;
  readonly #elements: string[] = [];
  readonly #texts = new Map<string, { id: string; outline: string }>();

  /** `id`: begins the names of what is reused, so that several drawings can stand in one page. */
  constructor(id: string, typeface: Typeface) {
    this.#id = id;
    this.#typeface = typeface;
  }

  /** A box with its label in the middle; `x` is its centre, `y` its top. */
  box(x: number, y: number, width: number, height: number, fill: string, label: string, size: number): void {
    this.#elements.push(
      `<rect x="${round(x - width / 2)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}" stroke="${ink}" stroke-width="0.8"/>`,
    );
    this.text(x, y + height / 2 + size * 0.36, label, { size, anchor: 'middle' });
  }

  /** A line along SVG path data; `dotted` where dimensions change, as in Figure 3. */
  line(path: string, dotted = false): void {
    const dashes = dotted ? ' stroke-dasharray="2 2.6"' : '';
    this.#elements.push(`<path d="${path}" fill="none" stroke="${ink}" stroke-width="1"${dashes}/>`);
  }

  /** An arrowhead with its tip at a point. */
  arrowhead(x: number, y: number, direction: Direction): void {
    const { breadth, length } = head;
    const base =
      direction === 'down'
        ? [x - breadth, y - length, x + breadth, y - length]
        : [x + length, y - breadth, x + length, y + breadth];
    const [x1, y1, x2, y2] = base.map(round);
    this.#elements.push(`<path d="M${round(x)} ${round(y)}L${x1} ${y1}L${x2} ${y2}Z" fill="${ink}"/>`);
  }

  /** A straight arrow downwards. */
  arrow(x: number, from: number, to: number): void {
    this.line(`M${round(x)} ${round(from)}V${round(to - head.length)}`);
    this.arrowhead(x, to, 'down');
  }

  /** The sign of an addition. */
  plus(x: number, y: number, radius: number): void {
    const arm = radius * 0.6;
    this.#elements.push(
      `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="#ffffff" stroke="${ink}" stroke-width="1"/>`,
    );
    this.line(
      `M${round(x - arm)} ${round(y)}h${round(2 * arm)}M${round(x)} ${round(y - arm)}v${round(2 * arm)}`,
    );
  }

  text(
    x: number,
    y: number,
    text: string,
    { size, bold = false, anchor = 'start', colour = ink }: TextStyle,
  ): void {
    const width = this.width(text, size, bold);
    const left = anchor === 'middle' ? x - width / 2 : anchor === 'end' ? x - width : x;
    const id = this.#outlineOf(text, size, bold);
    this.#elements.push(
      `<use href="#${id}" x="${round(left)}" y="${round(y)}" fill="${colour}" role="img" aria-label="${escapeXml(text)}"/>`,
    );
  }

  /** Width of a text in pixels. */
  width(text: string, size: number, bold = false): number {
    return this.#typeface.width(text, size, bold);
  }

  /** The finished SVG on white. */
  svg(width: number, height: number): string {
    const outlines = [...this.#texts.values()].map(({ id, outline }) => `<path id="${id}" d="${outline}"/>`);
    const size = `${round(width)} ${round(height)}`.split(' ');
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${size[0]}" height="${size[1]}" viewBox="0 0 ${size.join(' ')}">`,
      `<defs>\n${outlines.join('\n')}\n</defs>`,
      '<rect width="100%" height="100%" fill="#ffffff"/>',
      ...this.#elements,
      '</svg>\n',
    ].join('\n');
  }

  #outlineOf(text: string, size: number, bold: boolean): string {
    const key = JSON.stringify([text, size, bold]);
    const known = this.#texts.get(key);
    if (known) return known.id;
    const id = `${this.#id}-${this.#texts.size + 1}`;
    this.#texts.set(key, { id, outline: this.#typeface.outline(text, size, bold) });
    return id;
  }
}
