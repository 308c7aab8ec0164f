import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countNetwork } from '../../ml/nets/counts.ts';
import { root } from '../checkout.ts';
import { publishedCellOf } from './build/published.ts';
import { loadTargets } from './load.ts';
import type { CurvesFile } from './schemas/curves.ts';
import type { PaperFile, PaperValue } from './schemas/paper.ts';
import { type FigureTarget, networksOf } from './types.ts';

function read(file: string): unknown {
  return JSON.parse(readFileSync(join(root, 'experiments', 'resnet-2015', file), 'utf8'));
}

const paper = read('paper.json') as PaperFile;
const { figures } = read('curves.json') as CurvesFile;
const table6 = paper.tables.table6!.rows;

const estimators = [
  'single run',
  'best of several',
  'ensemble',
  'evaluated by the authors',
  'published by others',
  'computed',
];

const values = Object.values(paper.tables).flatMap(({ rows }) =>
  Object.values(rows).flatMap(cells =>
    Object.values(cells).filter((cell): cell is PaperValue => typeof cell === 'object' && cell !== null),
  ),
);

describe('the published numbers', () => {
  it('are those of all 14 tables, of the unnumbered one in sec. 4.2, and the costs told in text and captions', () => {
    const numbered = Array.from({ length: 14 }, (_, i) => `table${i + 1}`);
    expect(Object.keys(paper.tables).sort()).toEqual([...numbered, 'cifarArchitecture', 'costs'].sort());
    const rows = Object.values(paper.tables).map(table => Object.keys(table.rows).length);
    expect(rows.reduce((a, b) => a + b)).toBe(83);
    expect(values).toHaveLength(236);
  });

  it('are each the number that is printed', () => {
    for (const { value, printed } of values) {
      const [, digits, exponent] = /^([\d.]+)(?:×10\^(\d+))?/.exec(printed.replace(' billion', '×10^9'))!;
      expect(Math.round(Number(digits) * 10 ** Number(exponent ?? 0) * 1000), printed).toBe(
        Math.round(value * 1000),
      );
    }
  });

  it('carry page, unit and estimator', () => {
    for (const { page, unit, estimator } of values) {
      expect(page).toBeGreaterThanOrEqual(4);
      expect(page).toBeLessThanOrEqual(12);
      expect(['%', 'multiply-adds']).toContain(unit);
      expect(estimators).toContain(estimator);
    }
  });

  it('say which are ensembles, evaluated by the authors, or taken to be of others', () => {
    const labelled = (has: (value: PaperValue) => boolean) =>
      Object.entries(paper.tables).flatMap(([table, { rows }]) =>
        Object.entries(rows).flatMap(([row, cells]) =>
          Object.values(cells).flatMap(cell =>
            typeof cell === 'object' && cell !== null && has(cell) ? [`${table}, ${row}`] : [],
          ),
        ),
      );
    const ensembles = labelled(({ estimator }) => estimator === 'ensemble');
    expect(ensembles).toHaveLength(8);
    expect(new Set(ensembles).size).toBe(5);
    expect(values.flatMap(({ models }) => models ?? [])).toEqual([6, 3, 3, 3, 3]);
    expect(labelled(({ estimator }) => estimator === 'evaluated by the authors')).toEqual([
      'table3, VGG-16',
      'table3, VGG-16',
    ]);
    const inferred = labelled(({ by }) => by === 'inferred');
    expect(inferred).toHaveLength(48);
    for (const place of inferred) expect(place).toMatch(/VGG-16/);
  });

  it('are of the images that their captions and columns say', () => {
    const of = (table: string, row: string, column: string) => {
      const cell = publishedCellOf(paper.tables[table]!, row, column);
      return cell.kind === 'value' ? cell.images : null;
    };
    expect(of('table3', 'ResNet-50', 'top1')).toBe('validation');
    expect(of('table4', "VGG (ILSVRC'14)", 'top5')).toBe('test');
    expect(of('table4', "GoogLeNet (ILSVRC'14)", 'top5')).toBe('validation');
    expect(of('table5', "ResNet (ILSVRC'15)", 'top5')).toBe('test');
    expect(of('table6', 'ResNet-20', 'error')).toBe('test');
    expect(of('table9', '+context', 'valMap')).toBe('validation');
    expect(of('table9', '+context', 'testDevMap')).toBe('test-dev');
    expect(of('table12', "ensemble (ILSVRC'15)", 'test')).toBe('test');
    const without = Object.entries(paper.tables).flatMap(([table, { rows }]) =>
      Object.entries(rows).flatMap(([row, cells]) =>
        Object.keys(cells).flatMap(column => (of(table, row, column) === undefined ? [table] : [])),
      ),
    );
    // What is counted is of no images.
    expect([...new Set(without)]).toEqual(['table1', 'costs']);
  });

  it('of Table 6 read as printed', () => {
    const printed = Object.values(table6).map(({ error }) => (error as PaperValue).printed);
    expect(printed).toEqual([
      ...['9.38', '8.81', '8.22', '8.39', '7.54 (7.72±0.16)', '8.80'],
      ...['8.75', '7.51', '7.17', '6.97', '6.43 (6.61±0.16)', '7.93'],
    ]);
    expect(Object.values(table6).map(({ layers }) => layers)).toEqual([
      ...[null, null, null, '19', '19', '32'],
      ...['20', '32', '44', '56', '110', '1202'],
    ]);
  });

  it('of Table 6 have as many decimals as are printed', async () => {
    const [target] = await loadTargets(['table6'], 'paper');
    const { rows } = target as Extract<typeof target, { kind: 'table' }>;
    const cells = rows.map(({ published }) => published.error!);
    expect(new Set(cells.map(cell => cell.kind === 'value' && cell.decimals))).toEqual(new Set([2]));
  });

  it('of ResNet-110 are the best of five and their mean and deviation', () => {
    expect(table6['ResNet-110']!.error).toEqual({
      value: 6.43,
      printed: '6.43 (6.61±0.16)',
      unit: '%',
      direction: 'lower',
      estimator: 'best of several',
      page: 7,
      mean: 6.61,
      sd: 0.16,
      runs: 5,
    });
  });

  it('of parameters in Table 6 are the exact counts, rounded', async () => {
    const [target] = await loadTargets(['table6'], 'paper');
    // A claim on its page is about a plain net as well.
    for (const { name, spec } of networksOf(target!).filter(({ name }) => table6[name])) {
      const millions = countNetwork(spec.network, 32).parameters / 1e6;
      expect(`${millions.toFixed(millions < 1 ? 2 : 1)}M`).toBe(table6[name]!.params);
    }
  });

  it('of Tables 10 and 11 have the mean of the classes as mAP', () => {
    for (const { rows } of [paper.tables.table10!, paper.tables.table11!]) {
      for (const { mAP, data: _, ...classes } of Object.values(rows)) {
        const aps = Object.values(classes).map(cell => (cell as PaperValue).value);
        expect(aps).toHaveLength(20);
        expect(Math.abs(aps.reduce((a, b) => a + b) / 20 - (mAP as PaperValue).value)).toBeLessThan(
          0.05 + 1e-9,
        );
      }
    }
  });

  it('were read from the arXiv document', () => {
    expect(paper.source.sha256).toBe('1e0651b6810ecba34a3dbc5b5b0209226f889004607c1f203540a48d64e5a93a');
  });

  it('go with headings, titles and pages of all 14 tables and 7 figures', () => {
    const { cifarArchitecture: _, costs: __, ...tables } = paper.tables;
    const heads = [...Object.entries(tables), ...Object.entries(paper.figures)];
    expect(heads).toHaveLength(21);
    for (const [key, { heading, title, page }] of heads) {
      expect(heading.toLowerCase().replace(' ', '')).toBe(key);
      expect(title.length).toBeGreaterThan(10);
      expect(page).toBeLessThanOrEqual(12);
    }
  });

  it('go with 48 claims', () => {
    const ids = Array.from({ length: 48 }, (_, i) => `C${String(i + 1).padStart(2, '0')}`);
    expect(Object.keys(paper.claims)).toEqual(ids);
    for (const { pages } of Object.values(paper.claims)) {
      expect(pages).toEqual([...pages].sort((a, b) => a - b));
      expect(pages.at(-1)).toBeLessThanOrEqual(12);
    }
  });

  it('go with claims on the pages of the tables and figures that they name', () => {
    const named = Object.entries(paper.claims).flatMap(([id, { where, pages }]) =>
      [...where.matchAll(/(Table|Fig\.) (\d+)/g)].map(([, kind, number]) => {
        const head = kind === 'Table' ? paper.tables[`table${number}`] : paper.figures[`figure${number}`];
        return { id, page: head!.page, pages };
      }),
    );
    expect(named.length).toBeGreaterThan(20);
    for (const { id, page, pages } of named) expect(pages, id).toContain(page);
  });
});

describe('the published curves', () => {
  const last = (figure: string, name: string, kind: 'train' | 'test') =>
    figures[figure]![name]![kind]!.points.at(-1)!;

  it('are those of Figures 1, 4, 6 and 7', () => {
    const curves = Object.entries(figures).map(([name, lines]) => [name, Object.keys(lines).length]);
    expect(curves).toEqual([
      ['figure1', 2],
      ['figure4', 4],
      ['figure6', 11],
      ['figure7', 5],
    ]);
  });

  it.each(['ResNet-20', 'ResNet-32', 'ResNet-44', 'ResNet-56'])(
    'of %s in Figure 6 ends at the error of Table 6',
    name => {
      const [x, y] = last('figure6', name, 'test');
      expect(x).toBeCloseTo(6.4, 1);
      expect(Math.abs(y - (table6[name]!.error as PaperValue).value)).toBeLessThanOrEqual(0.03 + 1e-9);
    },
  );

  it.each(['plain-20', 'plain-56'])('of %s end alike in Figures 1 and 6', name => {
    for (const kind of ['train', 'test'] as const) {
      expect(Math.abs(last('figure1', name, kind)[1] - last('figure6', name, kind)[1])).toBeLessThan(0.06);
    }
  });

  it('of responses have a point for each of the layers that can be told apart', () => {
    const layers = Object.fromEntries(
      Object.entries(figures.figure7!).map(([name, { original }]) => [name, original!.points.length]),
    );
    expect(layers).toEqual({
      'plain-20': 19,
      'plain-56': 55,
      'ResNet-20': 19,
      'ResNet-56': 54,
      'ResNet-110': 109,
    });
    const unread = Object.entries(figures.figure7!).flatMap(([name, { original }]) =>
      (original!.missing ?? []).map(layer => [name, layer]),
    );
    expect(unread).toEqual([['ResNet-56', 18]]);
  });

  it('of responses in descending order are those in the order of the layers', async () => {
    const [target] = await loadTargets(['figure7'], 'paper');
    const [original, sorted] = (target as FigureTarget).panels;
    for (const [i, { label, published }] of sorted!.curves.entries()) {
      expect(Object.keys(published)).toEqual(['sorted']);
      const values = published.sorted!.points.map(([, y]) => y);
      expect(values).toEqual([...values].sort((a, b) => b - a));
      const asDrawn = original!.curves[i]!.published.original!.points;
      expect(asDrawn.map(([, y]) => y).sort((a, b) => b - a)).toEqual(values);
      expect(published.sorted!.missing, label).toEqual(label === 'ResNet-56' ? [18] : undefined);
    }
  });
});
