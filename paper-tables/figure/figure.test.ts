import { describe, expect, test } from 'vitest';
import type { FigureView, PanelView } from '../../harness/aggregate/types.ts';
import { readCsv } from '../csv.fixture.ts';
import { loadTypeface } from '../glyphs.ts';
import { compareWithGolden, readableJson, readableSvg } from '../golden.fixture.ts';
import { kinds } from '../kinds.ts';
import { toPng } from '../png.ts';
import { plainText } from '../terminal.ts';
import { figureView } from '../views.fixture.ts';
import { drawFigure, figureSpec, plotFigure } from './draw.ts';
import { rowsOf } from './rows.ts';
import { palette, stylesOf } from './styles.ts';

const { figure } = kinds;
const typeface = await loadTypeface();

/** A figure with its lines renamed and regrouped. */
function withLines(view: FigureView, change: (line: PanelView['lines'][number]) => object): FigureView {
  const panels = view.panels.map(panel => ({
    ...panel,
    lines: panel.lines.map(line => ({ ...line, ...change(line) })),
  }));
  return { ...view, panels };
}

describe('golden files', { timeout: 60_000 }, () => {
  test.each([
    ['errors', 'mini'],
    ['errors', 'paper'],
    ['responses', 'mini'],
  ] as const)('a figure of %s under %s', async (kind, profile) => {
    const view = await figureView(kind, profile);
    const files = await figure.files(view);
    expect([...files.keys()]).toEqual(figure.formats);
    for (const format of ['md', 'html'])
      compareWithGolden(`${view.name}.${format}`, String(files.get(format)));
    compareWithGolden(`${view.name}.txt`, `${figure.text(view)}\n`);
    const spec = figureSpec(view, typeface);
    compareWithGolden(`${view.name}.vl.json`, readableJson(spec));
    compareWithGolden(`${view.name}.svg`, readableSvg(await plotFigure(spec, typeface)));
  });
});

describe('a picture', { timeout: 60_000 }, () => {
  test('is the same bytes again, also after another figure', async () => {
    const view = await figureView('errors');
    const first = await drawFigure(view);
    await drawFigure(await figureView('responses'));
    expect(await drawFigure(view)).toBe(first);
    expect(Buffer.compare(Buffer.from(await toPng(first)), Buffer.from(await toPng(first)))).toBe(0);
  });

  test('needs no font, and the PNG is twice the size of the SVG', async () => {
    const svg = await drawFigure(await figureView('errors'));
    expect(svg).not.toMatch(/<text|font-family/);
    expect(svg).toContain('aria-label="ResNet-1202: not run"');
    const [, width, height] = svg.match(/width="(\d+)" height="(\d+)"/)!.map(Number);
    const png = Buffer.from(await toPng(svg));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width!, 2 * height!]);
  });

  test('says in words what it shows', async () => {
    const svg = await drawFigure(await figureView('errors'));
    expect(svg).toMatch(
      /^<svg role="img"[^>]*>\n<title>Figure 6 of the paper: Training on CIFAR-10<\/title>/,
    );
    expect(svg).toContain(
      '<desc>plain: test error ends between 9.00 (plain-20) and 14.00 (plain-56) in the paper and between 40.60 (plain-20) and 56.30 (plain-56) here.',
    );
    expect(await drawFigure(await figureView('responses'))).toMatch(
      /<desc>original order: standard deviation of responses between 0\.92 and 2\.10 in the paper and between 0\.63 and 2\.50 here/,
    );
  });

  test('of ours has its own iterations, and a hollow last point where that rests on other images', async () => {
    const view = await figureView('errors');
    const { panels } = rowsOf(view)[1]!;
    expect(panels[0]!.x).toEqual({ label: 'iterations', domain: [0, 800] });
    const test = panels[0]!.lines.find(({ line }) => line === 'test')!;
    expect([test.points[0]!.x, test.points.at(-1)!.x]).toEqual([50, 800]);
    const hollow = JSON.stringify(figureSpec(view, typeface)).match(/"x":\d+(?=[^{}]*"hollow":true)/g);
    expect(new Set(hollow)).toEqual(new Set(['"x":800']));
    expect(figure.text(view, { ...plainText, verbose: true }).replaceAll(/\s+/g, ' ')).toContain(
      'Hollow: the last test point rests on 10,000 images, the others on 2,000.',
    );
    const whole = await figureView('errors', 'paper');
    expect(JSON.stringify(figureSpec(whole, typeface))).not.toContain('"hollow":true');
  });

  test('keeps curves stretched where the trainings are not of one length', async () => {
    const view = await figureView('errors');
    const panels = view.panels.map(panel => {
      const stretched = [
        { iterations: 800, networks: ['plain-20', 'ResNet-20'] },
        { iterations: 400, networks: ['plain-56', 'ResNet-56'] },
      ];
      return { ...panel, stretched };
    });
    expect(rowsOf({ ...view, panels })[1]!.panels[0]!.x).toEqual(panels[0]!.x);
  });

  test('of a profile that is not faithful has the paper’s curves in a row of their own', async () => {
    const titles = (svg: string) =>
      [...svg.matchAll(/aria-label="((?:plain|ResNet)(?:, \w+)?)"/g)].map(([, title]) => title);
    const mini = titles(await drawFigure(await figureView('errors')));
    expect(mini).toEqual(['plain, paper', 'ResNet, paper', 'plain, ours', 'ResNet, ours']);
    expect(titles(await drawFigure(await figureView('errors', 'paper')))).toEqual(['plain', 'ResNet']);
  });

  test('of a figure without runs is of the paper’s curves alone', async () => {
    const view = await figureView('errors');
    const panels = view.panels.map(panel => {
      return { ...panel, lines: panel.lines.filter(({ source }) => source === 'published') };
    });
    const svg = await drawFigure({ ...view, panels });
    expect(svg).toContain('aria-label="plain"');
    expect(svg).not.toContain('ours"');
  });
});

describe('styles', () => {
  const colours = (view: FigureView, ...labels: string[]) => stylesOf(view, labels).label.color.range;
  const dashes = (view: FigureView, ...labels: string[]) => stylesOf(view, labels).label.strokeDash.range;

  test('networks of one depth have one colour, whatever a paper calls them', async () => {
    const view = await figureView('errors');
    const [plain, residual] = colours(view, 'plain-20', 'ResNet-20');
    expect(plain).toBe(residual);
    expect(plain).not.toBe(colours(view, 'plain-56')[0]);
    const renamed = withLines(view, ({ label }) => ({ label: label.replace('-20', ' (shallow, 2015)') }));
    expect(colours(renamed, 'plain (shallow, 2015)', 'ResNet (shallow, 2015)')).toEqual([plain, residual]);
  });

  test('curves of a panel never look alike: where depths are the same every label has its own colour', async () => {
    const view = await figureView('errors');
    const alike = withLines(view, ({ network }) => ({ network: { ...network, depth: 34 } }));
    const labels = ['plain-20', 'plain-56', 'ResNet-20', 'ResNet-56', 'ResNet-1202'];
    expect(new Set(colours(alike, ...labels)).size).toBe(5);
  });

  test('over layers, where families share a panel, the first is dashed', async () => {
    const view = await figureView('responses');
    expect(dashes(view, 'plain-20', 'ResNet-20')).toEqual([
      [5, 3],
      [1, 0],
    ]);
    const one = withLines(view, ({ network }) => ({ network: { ...network, family: 'ResNet' } }));
    expect(dashes(one, 'plain-20', 'ResNet-20')).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  test('every colour can be seen on white: a contrast of 3:1, and no line is pale', async () => {
    for (const colour of palette) expect(contrastToWhite(colour), colour).toBeGreaterThanOrEqual(3);
    expect(new Set(palette).size).toBe(palette.length);
    const text = JSON.stringify(figureSpec(await figureView('errors', 'paper'), typeface));
    expect(text.match(/"mark":\{"type":"line"[^}]*\}/g)!.join()).not.toContain('opacity');
    expect(text).not.toContain('"opacity":{');
  });

  test('the paper’s curves stand behind ours by their width and dashes', async () => {
    const { strokeWidth, strokeDash } = stylesOf(await figureView('errors', 'paper'), []).style;
    expect(strokeWidth.range).toEqual([2.4, 1.1, 1, 1]);
    expect(new Set(strokeDash.range.map(String)).size).toBe(3);
  });

  test('the legend tells whose and what only where that varies', async () => {
    const names = (view: FigureView) => stylesOf(view, []).style.strokeDash.domain;
    expect(names(await figureView('errors', 'paper'))).toEqual([
      'ours, test',
      'ours, training',
      'paper, test',
      'paper, training',
    ]);
    expect(names(await figureView('errors'))).toEqual(['test', 'training']);
    expect(names(await figureView('responses', 'paper'))).toEqual(['ours', 'paper']);
  });
});

describe('on a terminal', () => {
  test('curves have their course and where they end, seeds where they are ours', async () => {
    const text = figure.text(await figureView('errors'));
    expect(text).toMatch(
      /^plain-20 +[▁-█]{8} → 6\.00 +[▁-█]{8} → 38\.70 \(2\) +[▁-█]{8} → 9\.00 +[▁-█]{8} → 40\.60 \(2\)$/m,
    );
    expect(figure.text(await figureView('responses'))).toMatch(/^plain-20 .* 2\.10 to 0\.96/m);
  });

  test('a narrow one shows ends alone, a narrower one what is measured below each other', async () => {
    const view = await figureView('errors');
    const at = (width: number) => figure.text(view, { ...plainText, width });
    expect(at(80)).toMatch(/^plain-20 +→ 6\.00 +→ 38\.70 \(2\) +→ 9\.00 +→ 40\.60 \(2\)$/m);
    expect(at(50)).toMatch(/^plain-20 +[▁-█]{8} → 9\.00 +[▁-█]{8} → 40\.60 \(2\)$/m);
  });
});

test('the data of a figure holds every point of it', async () => {
  const view = await figureView('errors');
  const csv = String((await figure.files(view)).get('csv'));
  const [header, ...records] = readCsv(csv);
  expect(header!.join()).toBe(
    'panel,curve,line,source,statistic,iteration,x,value,unit,images,seeds,profile',
  );
  const points = view.panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
  const values = points.flatMap(({ y, low, high }) => (low === undefined ? [y] : [y, low, high!]));
  expect(records.map(record => Number(record[7]))).toEqual(values.map(value => Number(value.toPrecision(6))));
});

test('for programs: the last point of each curve', async () => {
  const { curves } = figure.json(await figureView('errors'));
  expect(curves.find(({ label, line }) => label === 'plain-20' && line === 'test')).toEqual({
    panel: 'plain',
    label: 'plain-20',
    line: 'test',
    published: { at: 62_000, x: expect.closeTo(6.2, 10), y: 9, images: null },
    reproduced: { at: 800, x: 6.4, y: 40.6, low: 40.2, high: 41, images: 10_000 },
    seeds: 2,
  });
});

test('curves whose code is doubtful are named', async () => {
  const view = await figureView('errors');
  const doubtful = withLines(view, ({ label, source }) =>
    label === 'plain-20' && source === 'ours' ? { code: { states: 2, uncommitted: 0 } } : {},
  );
  expect(figure.text(doubtful)).toContain('[1] plain-20: computed by 2 different versions of the code');
  expect(figure.text(view)).not.toContain('[1]');
});

/** Contrast of a colour to white (WCAG 2.2). */
function contrastToWhite(colour: string): number {
  const channels = [1, 3, 5].map(i => Number.parseInt(colour.slice(i, i + 2), 16) / 255);
  const [r, g, b] = channels.map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * r! + 0.7152 * g! + 0.0722 * b! + 0.05);
}
