import { describe, expect, test } from 'vitest';
import type { FigureView, PanelView } from '../../harness/aggregate/types.ts';
import { loadTypeface } from '../glyphs.ts';
import { compareWithGolden, readableJson, readableSvg } from '../golden.fixture.ts';
import { kinds } from '../kinds.ts';
import { toPng } from '../png.ts';
import { plainText } from '../terminal.ts';
import { figureView } from '../views.fixture.ts';
import { drawFigure, figureSpec, plotFigure } from './draw.ts';
import { stylesOf } from './styles.ts';

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
    expect(svg).toContain('aria-label="ResNet-1202: not-run"');
    const [, width, height] = svg.match(/width="(\d+)" height="(\d+)"/)!.map(Number);
    const png = Buffer.from(await toPng(svg));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width!, 2 * height!]);
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

  test('the legend tells whose and what only where that varies', async () => {
    const names = (view: FigureView) => stylesOf(view, []).style.opacity.domain;
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
  const [header, ...rows] = csv.trimEnd().split('\n');
  expect(header).toBe('panel,curve,kind,source,seeds,x,y,low,high,profile');
  const points = view.panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
  expect(rows).toHaveLength(points.length);
  expect(rows.every(row => row.split(',').length === 10)).toBe(true);
});

test('for programs: the last point of each curve', async () => {
  const { curves } = figure.json(await figureView('errors'));
  expect(curves.find(({ label, line }) => label === 'plain-20' && line === 'test')).toEqual({
    panel: 'plain',
    label: 'plain-20',
    line: 'test',
    published: { x: expect.closeTo(6.2, 10), y: 9 },
    reproduced: { x: 6.4, y: 40.6, low: 40.2, high: 41 },
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
