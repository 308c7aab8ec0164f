import { describe, expect, test } from 'vitest';
import type { DrawingView } from '../../harness/aggregate/types.ts';
import type { DescribedNetwork } from '../../harness/manifest/types.ts';
import { imageNetNetwork, type ResidualNetwork } from '../../ml/nets/spec.ts';
import { architectureViewOf } from '../architecture.fixture.ts';
import { loadTypeface } from '../glyphs.ts';
import { compareWithGolden } from '../golden.fixture.ts';
import { kinds } from '../kinds.ts';
import { toPng } from '../png.ts';
import { plainText } from '../terminal.ts';
import { drawArchitecture } from './draw.ts';

const { drawing } = kinds;

/** Draws a target after its networks of ImageNet are changed. */
async function drawn(name: string, set: Partial<ResidualNetwork> = {}): Promise<string> {
  const change = (each: DescribedNetwork) =>
    each.network.family === 'vgg'
      ? each
      : { ...each, network: { ...each.network, ...set } as ResidualNetwork };
  return drawArchitecture((await architectureViewOf(name, change)) as DrawingView);
}

function labels(svg: string): string[] {
  return [...svg.matchAll(/aria-label="([^"]*)"/g)].map(([, label]) => label!);
}

function times(svg: string, text: string): number {
  return labels(svg).filter(label => label === text).length;
}

describe('golden files', { timeout: 60_000 }, () => {
  test.each([
    ['figure2', ['svg', 'md', 'txt']],
    ['figure3', ['csv', 'html', 'txt']],
    ['figure5', ['svg', 'md', 'csv', 'txt']],
  ])('%s', async (name, formats) => {
    const view = (await architectureViewOf(name)) as DrawingView;
    const files = await drawing.files(view);
    expect([...files.keys()]).toEqual(drawing.formats);
    for (const format of formats) {
      const content =
        format === 'svg'
          ? await drawnWithoutOutlines(view)
          : format === 'txt'
            ? `${drawing.text(view)}\n`
            : String(files.get(format));
      compareWithGolden(`${name}.${format}`, content);
    }
  });
});

/** A drawing with its texts measured as ever, and in words in the place of their outlines. */
async function drawnWithoutOutlines(view: DrawingView): Promise<string> {
  const typeface = await loadTypeface();
  const outline = (text: string, size: number, bold: boolean) => `${text}, ${size}${bold ? ' bold' : ''}`;
  return drawArchitecture(view, { ...typeface, outline });
}

describe('Figure 3', { timeout: 60_000 }, () => {
  test('has every layer of the three nets, and a dotted shortcut wherever dimensions grow', async () => {
    const svg = await drawn('figure3');
    expect(times(svg, '3x3 conv, 64')).toBe(2 + 6 + 6);
    expect(times(svg, '3x3 conv, 256')).toBe(4 + 11 + 11);
    expect(times(svg, '3x3 conv, 256, /2')).toBe(2);
    expect(times(svg, 'fc 4096')).toBe(2);
    expect(times(svg, 'fc 1000')).toBe(3);
    expect(labels(svg)).toEqual(
      expect.arrayContaining(['output', 'size: 224', 'size: 7', '19.632 billion FLOPs']),
    );
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(3);
    expect(svg.match(/C[\d.]/g)).toHaveLength(2 * 16);
  });

  test('changes with the specification', async () => {
    const shorter = await drawn('figure3', { blocks: [2, 2, 2, 2] });
    expect(times(shorter, '3x3 conv, 64')).toBe(2 + 4 + 4);
    expect(times(shorter, '1.795 billion FLOPs')).toBe(2);
    const bottlenecks = await drawn('figure3', imageNetNetwork(50, 'B'));
    expect(times(bottlenecks, '1x1 conv, 2048')).toBe(6);
    // Both nets have 16 shortcuts now, of which the first of each of four stages grows.
    expect(bottlenecks.match(/stroke-dasharray/g)).toHaveLength(8);
  });
});

describe('drawings of blocks', { timeout: 60_000 }, () => {
  test('Figure 5 tells the costs, and changes with the specification', async () => {
    expect(labels(await drawn('figure5'))).toEqual(
      expect.arrayContaining([
        '64-d',
        '256-d',
        '231,211,008 multiply-adds',
        '73,728 weights',
        '69,632 weights',
      ]),
    );
    const wider = labels(await drawn('figure5', { widths: [128, 256, 512, 1024] }));
    expect(wider).toEqual(expect.arrayContaining(['128-d', '512-d', '3x3, 128', '1x1, 512']));
  });

  test('Figure 2 names what the shortcut does', async () => {
    expect(labels(await drawn('figure2'))).toContain('identity');
    const projected = await drawn('figure2', { shortcut: 'C' });
    expect(labels(projected)).toContain('projection');
    const plain = await drawn('figure2', { shortcut: 'none' });
    expect(labels(plain)).not.toContain('identity');
  });

  test('says that dotted shortcuts change dimensions only where there are some', async () => {
    const legend = async (name: string) =>
      drawing
        .text((await architectureViewOf(name)) as DrawingView, { ...plainText, verbose: true })
        .includes('Dotted');
    expect(await Promise.all(['figure2', 'figure3', 'figure5'].map(legend))).toEqual([false, true, false]);
  });

  test('nothing lies outside of a picture', async () => {
    for (const name of ['figure2', 'figure3', 'figure5']) {
      const svg = await drawn(name);
      const [, width, height] = svg.match(/width="([\d.]+)" height="([\d.]+)"/)!.map(Number);
      for (const [, x, y] of svg.matchAll(/<(?:use href="[^"]+"|rect) x="([\d.-]+)" y="([\d.-]+)"/g)) {
        expect(Number(x)).toBeGreaterThan(0);
        expect(Number(x)).toBeLessThan(width!);
        expect(Number(y)).toBeGreaterThan(0);
        expect(Number(y)).toBeLessThan(height!);
      }
    }
  });

  test('come as PNG of twice the size', async () => {
    const svg = await drawn('figure2');
    const png = Buffer.from(await toPng(svg));
    const [, width] = svg.match(/width="([\d.]+)"/)!;
    expect(png.readUInt32BE(16)).toBe(Math.ceil(2 * Number(width)));
  });
});
