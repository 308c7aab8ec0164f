import { expect, test } from 'vitest';
import type { FigureView, LineView, PanelView } from '../../harness/aggregate/types.ts';
import { xDomain, yDomain } from './domain.ts';
import type { PanelRow } from './rows.ts';

const shows: FigureView['shows'] = {
  test: { short: 'test', name: 'test error', unit: '%', over: 'iterations' },
  original: { short: 'original', name: 'responses', unit: '', over: 'layers' },
};

const network = { name: 'plain-20', family: 'plain', depth: 20 };

function panel(ours: [number, number][], overrides: Partial<PanelView> = {}): PanelView {
  const line = (source: LineView['source'], points: [number, number][]): LineView => ({
    label: 'plain-20',
    line: 'test',
    source,
    network,
    points: points.map(([x, y]) => ({ at: x, x, y, images: null })),
    seeds: 1,
    code: null,
  });
  return {
    title: '',
    x: { label: 'iter. (1e4)', domain: [0, 6.4] },
    y: { label: 'error (%)', domain: [0, 20] },
    lines: [
      line('published', [
        [0.4, 20],
        [6.4, 9],
      ]),
      ...(ours.length > 0 ? [line('ours', ours)] : []),
    ],
    stretched: [],
    missing: [],
    ...overrides,
  };
}

function domainOf(one: PanelView, panels: PanelView[], row: Partial<PanelRow> = {}) {
  return yDomain(one, { panels, whole: panels, fitted: false, legend: true, ...row }, shows);
}

test('without our lines, or with ours inside, the domain is the paper’s', () => {
  expect(domainOf(panel([]), [])).toEqual([0, 20]);
  expect(domainOf(panel([[6, 9]]), [panel([[6, 9]])])).toEqual([0, 20]);
});

test('grows to where ours lie after the first quarter, and keeps the paper’s', () => {
  const ours = panel([
    [0.4, 88],
    [2, 52.3],
    [6.4, 40],
  ]);
  expect(domainOf(ours, [ours])).toEqual([0, 55]);
});

test('panels with one domain in the paper keep one domain', () => {
  const low = panel([[6, 30]]);
  const high = panel([[6, 61]]);
  const other = panel([[6, 80]], { y: { label: 'std', domain: [0, 3] } });
  expect(domainOf(low, [low, high, other])).toEqual([0, 65]);
});

test('an axis over layers grows from the first layer on, downwards too', () => {
  const responses = panel([], { x: { label: 'layer' }, y: { label: 'std', domain: [0.5, 3] } });
  const line = { ...responses.lines[0]!, line: 'original', source: 'ours' } as const;
  const ours = {
    ...responses,
    lines: [
      {
        ...line,
        points: [
          { at: 1, x: 1, y: 3.6, images: null },
          { at: 2, x: 2, y: 0.42, images: null },
        ],
      },
    ],
  };
  expect(domainOf(ours, [ours])).toEqual([0.4, 4]);
  expect(xDomain(ours)).toEqual([0, 2]);
});

test('a fitted axis is as long as its lines need, also where the paper’s is another', () => {
  const ours = panel([
    [0.4, 88],
    [2, 73],
    [6.4, 52],
  ]);
  const alone = { ...ours, lines: ours.lines.filter(({ source }) => source === 'ours') };
  expect(domainOf(alone, [alone], { fitted: true })).toEqual([50, 90]);
  const none = { ...ours, lines: [] };
  expect(domainOf(none, [none], { fitted: true })).toEqual([0, 20]);
});

test('a fitted axis leaves the descent out where that would be most of it, and ends near its lines', () => {
  const ours = (...ys: [number, number, number]) => {
    const whole = panel([
      [0.4, ys[0]],
      [2, ys[1]],
      [6.4, ys[2]],
    ]);
    return { ...whole, lines: whole.lines.filter(({ source }) => source === 'ours') };
  };
  const domain = (one: PanelView) => domainOf(one, [one], { fitted: true });
  expect(domain(ours(90, 21, 8.2))).toEqual([5, 25]);
  expect(domain(ours(1.52, 1.3, 0.87))).toEqual([0.85, 1.55]);
  expect(domain(ours(8, 8, 8))).toEqual([8, 8.8]);
});

test('the x domain begins where the paper’s does and reaches our last point', () => {
  expect(
    xDomain(
      panel(
        [
          [0.1, 80],
          [6.5, 40],
        ],
        { x: { label: '', domain: [3.5, 6.4] } },
      ),
    ),
  ).toEqual([3.5, 6.5]);
});
