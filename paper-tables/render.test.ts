import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { viewTarget } from '../harness/aggregate/aggregate.ts';
import { recordsFor, smallFigure, smallTable } from '../harness/aggregate/fixtures.ts';
import type { FigureView, TableView } from '../harness/aggregate/types.ts';
import { drawFigure, toPng } from './figure.ts';
import { renderTarget } from './render.ts';
import { figureText, tableText } from './text.ts';

/** Golden files are reviewed by eye and written anew only with UPDATE_GOLDEN=1. */
const golden = fileURLToPath(new URL('golden/', import.meta.url));
const update = process.env.UPDATE_GOLDEN === '1';
const folder = mkdtempSync(join(tmpdir(), 'residuals-render-'));
afterAll(() => rmSync(folder, { recursive: true }));

const mini = {
  'ResNet-20': [
    [38.1, 35.2],
    [37.5, 36.1],
    [37.9, 35.8],
  ],
  'ResNet-56': [[36.2, 33.3]],
  'plain-20': [
    [40.2, 38.4],
    [41, 39],
  ],
  'plain-56': [[56.3, 55.1]],
} as const;
const paper = {
  'ResNet-20': [
    [8.6, 1],
    [8.81, 1],
    [8.72, 1],
  ],
  'ResNet-56': [[6.9, 0.5]],
  'ResNet-110': [
    [6.41, 0.1],
    [6.7, 0.1],
    [6.52, 0.1],
    [6.66, 0.1],
    [6.58, 0.1],
  ],
} as const;

async function table(profile: 'mini' | 'paper'): Promise<TableView> {
  const records = recordsFor(profile, profile === 'mini' ? mini : paper);
  const view = await viewTarget(smallTable(profile), records, { command: 'npm run reproduce table6' });
  return { ...(view as TableView), name: profile === 'mini' ? 'table6' : 'table6-paper' };
}

async function figure(kind: 'errors' | 'responses'): Promise<FigureView> {
  const command = `npm run reproduce ${kind === 'errors' ? 'figure6' : 'figure7'}`;
  return (await viewTarget(smallFigure('mini', kind), recordsFor('mini', mini), { command })) as FigureView;
}

function compareWithGolden(name: string, content: string) {
  if (update) writeFileSync(join(golden, name), content);
  expect(content, `${name} differs from its golden file; UPDATE_GOLDEN=1 accepts it`).toBe(
    readFileSync(join(golden, name), 'utf8'),
  );
}

describe('golden files', { timeout: 60_000 }, () => {
  test.each(['mini', 'paper'] as const)('a table under %s in every format and as text', async profile => {
    const view = await table(profile);
    const names = await renderTarget(view, folder);
    expect(names).toEqual(['md', 'tex', 'html', 'csv'].map(format => `${view.name}.${format}`));
    for (const name of names) compareWithGolden(name, readFileSync(join(folder, name), 'utf8'));
    compareWithGolden(`${view.name}.txt`, `${tableText(view)}\n`);
  });

  test.each(['errors', 'responses'] as const)('a figure of %s', async kind => {
    const view = await figure(kind);
    const names = await renderTarget(view, folder);
    expect(names).toEqual(['svg', 'png', 'md', 'html', 'csv'].map(format => `${view.name}.${format}`));
    for (const name of names.filter(name => !name.endsWith('.png') && !name.endsWith('.csv'))) {
      compareWithGolden(name, readFileSync(join(folder, name), 'utf8'));
    }
    compareWithGolden(`${view.name}.txt`, `${figureText(view)}\n`);
  });
});

describe('rendering', { timeout: 60_000 }, () => {
  test('the same view gives the same bytes, also after another figure', async () => {
    const view = await figure('errors');
    const first = await drawFigure(view);
    await drawFigure(await figure('responses'));
    expect(await drawFigure(view)).toBe(first);
    expect(Buffer.compare(Buffer.from(await toPng(first)), Buffer.from(await toPng(first)))).toBe(0);
  });

  test('a picture needs no font, and the PNG is twice the size of the SVG', async () => {
    const svg = await drawFigure(await figure('errors'));
    expect(svg).not.toMatch(/<text|font-family/);
    expect(svg).toContain('aria-label="ResNet-1202: not-run"');
    const [, width, height] = svg.match(/width="(\d+)" height="(\d+)"/)!.map(Number);
    const png = Buffer.from(await toPng(svg));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * width!, 2 * height!]);
  });

  test('no temporary file remains', () => {
    expect(readdirSync(folder).filter(name => name.includes('tmp'))).toEqual([]);
  });

  test('texts for a terminal are at most 110 columns wide', async () => {
    const texts = [await table('mini').then(tableText), await table('paper').then(tableText)];
    texts.push(figureText(await figure('errors')), figureText(await figure('responses')));
    for (const line of texts.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test('the data of a figure holds every point of it', async () => {
    const view = await figure('errors');
    await renderTarget(view, folder);
    const [header, ...rows] = readFileSync(join(folder, 'figure6.csv'), 'utf8').trimEnd().split('\n');
    expect(header).toBe('panel,curve,kind,source,seeds,x,y,low,high,profile');
    const points = view.panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
    expect(rows).toHaveLength(points.length);
    expect(rows.every(row => row.split(',').length === 10)).toBe(true);
  });

  test('nothing under mini is called reproduced, in any format', async () => {
    await renderTarget(await table('mini'), folder);
    for (const format of ['md', 'tex', 'html', 'csv']) {
      expect(readFileSync(join(folder, `table6.${format}`), 'utf8')).not.toMatch(/\breproduced\b/);
    }
  });
});

test('heavy packages are imported only where they are used', () => {
  const sources = readdirSync(new URL('.', import.meta.url)).filter(name =>
    /(?<!\.test|\.d)\.ts$/.test(name),
  );
  expect(sources).toContain('render.ts');
  for (const name of sources) {
    const source = readFileSync(new URL(name, import.meta.url), 'utf8');
    expect(source, name).not.toMatch(
      /^import (?!type)[^;]*'(vega|vega-lite|handlebars|fontkit|@resvg\/resvg-js)'/m,
    );
  }
  expect(readFileSync(new URL('render.ts', import.meta.url), 'utf8')).not.toMatch(
    /^import [^;]*figure\.ts'/m,
  );
});

const latex = await installed('pdflatex');

describe.skipIf(!latex)(
  `LaTeX${latex ? '' : ' (skipped: pdflatex is not installed)'}`,
  { timeout: 60_000 },
  () => {
    test.each(['mini', 'paper'] as const)('the table under %s compiles as it is', async profile => {
      const view = await table(profile);
      await renderTarget(view, folder);
      const options = ['-interaction=nonstopmode', '-halt-on-error', `${view.name}.tex`];
      const { stdout, exitCode } = await execa('pdflatex', options, { cwd: folder, reject: false });
      expect(exitCode, stdout).toBe(0);
      expect(stdout).not.toMatch(/Overfull \\hbox \((?:\d{2,})/);
    });
  },
);

async function installed(command: string): Promise<boolean> {
  const { failed } = await execa(command, ['--version'], { reject: false });
  return !failed;
}
