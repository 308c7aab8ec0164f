import type { Pictured, PicturedBox } from '../harness/tasks/pictured.ts';
import { escapeXml } from './escape.ts';
import { loadTypeface, outlineTexts, round, titled } from './glyphs.ts';

/** Pixels of a tile's side, of the gap between tiles, and of the line below each picture. */
const [side, gap, line] = [240, 12, 22];

/** Tiles in a row. */
const columns = 4;

/** Colours by what a box is: found and right, found and wrong, annotated. */
const colours = { right: '#1a7f37', wrong: '#b35900', true: '#ffffff' } as const;

/**
 * A contact sheet as SVG: annotated objects with dashed white lines; what was found with its class and probability, green where
 * it lies on an object of its class, orange and dotted where it does not.
 */
export async function contactSheet(pictures: readonly Pictured[], title: string): Promise<string> {
  const rows = Math.ceil(pictures.length / columns);
  const width = columns * (side + gap) + gap;
  const height = rows * (side + line + gap) + gap;
  const tiles = await Promise.all(
    pictures.map(async (picture, i) => {
      const [x, y] = [
        gap + (i % columns) * (side + gap),
        gap + Math.floor(i / columns) * (side + line + gap),
      ];
      return `<g transform="translate(${x},${y})">${await tile(picture)}</g>`;
    }),
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="#ffffff"/>${tiles.join('')}</svg>`;
  return titled(outlineTexts(svg, await loadTypeface()), title, describe(pictures));
}

async function tile({ title, width, height, pixels, boxes }: Pictured): Promise<string> {
  const scale = side / Math.max(width, height);
  const [w, h] = [width * scale, height * scale].map(round);
  const image = `<image width="${w}" height="${h}" style="image-rendering:pixelated" href="data:image/png;base64,${await png(width, height, pixels)}"/>`;
  // The best ones are drawn last, above the others.
  const drawn = [...boxes].sort((a, b) => (a.score ?? 2) - (b.score ?? 2)).map(each => drawBox(each, scale));
  const name = `<text transform="translate(0,${side + 15})" font-size="11px" fill="#57606a">${escapeXml(title)}</text>`;
  return image + drawn.join('') + name;
}

function drawBox({ box, label, score, right }: PicturedBox, scale: number): string {
  const [left, top, end, bottom] = box.map(edge => round(edge * scale)) as [number, number, number, number];
  const place = `x="${left}" y="${top}" width="${round(end - left)}" height="${round(bottom - top)}"`;
  if (score === null)
    return `<rect ${place} fill="none" stroke="${colours.true}" stroke-width="1.5" stroke-dasharray="5 4"/>`;
  const colour = right ? colours.right : colours.wrong;
  const dots = right ? '' : ' stroke-dasharray="2 3"';
  const text = `${label} ${score.toFixed(2).replace(/^0/, '')}`;
  const above = Math.max(0, top - 14);
  return `<rect ${place} fill="none" stroke="${colour}" stroke-width="2.5"${dots}/><rect x="${left}" y="${above}" width="${round(6.2 * text.length + 6)}" height="14" fill="${colour}"/><text transform="translate(${left + 3},${above + 11})" font-size="10.5px" fill="#ffffff">${escapeXml(text)}</text>`;
}

async function png(width: number, height: number, pixels: Uint8Array): Promise<string> {
  const { default: sharp } = await import('sharp');
  const plane = width * height;
  const interleaved = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++)
    for (let channel = 0; channel < 3; channel++) interleaved[3 * i + channel] = pixels[channel * plane + i]!;
  const image = sharp(interleaved, { raw: { width, height, channels: 3 } });
  return (await image.png().toBuffer()).toString('base64');
}

function describe(pictures: readonly Pictured[]): string {
  const found = pictures.flatMap(({ boxes }) => boxes.filter(({ score }) => score !== null));
  const objects = pictures.flatMap(({ boxes }) => boxes.filter(({ score }) => score === null));
  const right = found.filter(each => each.right).length;
  return `${pictures.length} pictures with ${objects.length} objects; ${found.length} boxes were found, ${right} of them on an object of their class.`;
}
