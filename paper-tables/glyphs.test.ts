import { expect, test } from 'vitest';
import { loadTypeface, outlineTexts } from './glyphs.ts';

const typeface = await loadTypeface();

test('a text is outlined on its baseline: the stem of a capital I is a rectangle', () => {
  expect(typeface.outline('I', 10, false)).toBe('M0.98 -7.29L1.97 -7.29L1.97 0L0.98 0Z');
  expect(typeface.width('I', 10, false)).toBeCloseTo(2.95, 2);
  expect(typeface.width('II', 10, true)).toBeGreaterThan(2 * typeface.width('I', 10, false));
});

test('texts of an SVG become outlines, lines of one text one above the other; the words stay as labels', () => {
  const svg = [
    '<svg><text text-anchor="middle" font-family="x" font-size="10px" fill="#222">I &lt; I</text>',
    '<text font-size="10px"><tspan x="0">one</tspan><tspan x="0" dy="17">two</tspan></text>',
    '<g><text font-size="10px"/></g></svg>',
  ].join('');
  const outlined = outlineTexts(svg, typeface);
  expect(outlined).not.toMatch(/<text|font-|text-anchor/);
  expect(outlined).toContain('<g fill="#222" role="img" aria-label="I &lt; I">');
  expect(outlined).toContain('<g></g>');
  expect(outlined).toMatch(/aria-label="one two"><path transform="translate\(0,0\)".*translate\(0,17\)/);
});
