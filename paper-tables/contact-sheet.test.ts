import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Pictured } from '../harness/tasks/pictured.ts';
import { contactSheet } from './contact-sheet.ts';
import { hostile } from './hostile.fixture.ts';
import { toPng } from './png.ts';
import { readXml } from './xml.fixture.ts';

const picture = (title: string, label: string): Pictured => ({
  title,
  width: 4,
  height: 2,
  pixels: Uint8Array.from({ length: 24 }, (_, i) => 10 * i),
  boxes: [
    { box: [0, 0, 2, 2], label, score: null, right: true },
    { box: [0, 0, 2, 1.5], label, score: 0.954, right: true },
    { box: [2, 1, 4, 2], label, score: 0.5, right: false },
  ],
});

it('a contact sheet shows what is there and what was found', async () => {
  const svg = await contactSheet(
    [picture('000001', 'two'), picture('000002', 'three')],
    'ResNet-101, seed 1',
  );
  readXml(svg);
  expect(svg).toContain('<title>ResNet-101, seed 1</title>');
  expect(svg).toContain(
    '2 pictures with 2 objects; 4 boxes were found, 2 of them on an object of their class.',
  );
  expect(svg.match(/aria-label="[^"]*"/g)).toEqual([
    ...['aria-label="two .50"', 'aria-label="two .95"', 'aria-label="000001"'],
    ...['aria-label="three .50"', 'aria-label="three .95"', 'aria-label="000002"'],
  ]);
  expect(
    await contactSheet([picture('000001', 'two'), picture('000002', 'three')], 'ResNet-101, seed 1'),
  ).toBe(svg);
  expect(Buffer.from(await toPng(svg)).toString('latin1', 1, 4)).toBe('PNG');
});

it('names of images and classes are texts, whatever they hold', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async text => {
      readXml(await contactSheet([picture(text, text)], text));
    }),
    { numRuns: 20 },
  );
});
