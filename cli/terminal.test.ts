import { expect, test } from 'vitest';
import { errorWidth, isLive, terminalOf } from './terminal.ts';

/** A stream as far as its looks go. */
function stream(isTTY: boolean, columns?: number): NodeJS.WriteStream {
  const hasColors = (env: NodeJS.ProcessEnv) => env.NO_COLOR === undefined && env.TERM !== 'dumb';
  return { isTTY, columns, hasColors } as unknown as NodeJS.WriteStream;
}

test('a terminal has its own width, a pipe that of COLUMNS, else 110, and neither less than 40', () => {
  const width = (isTTY: boolean, columns: number | undefined, said?: string) =>
    terminalOf(stream(isTTY, columns), said === undefined ? {} : { COLUMNS: said }).width;
  expect(width(true, 72)).toBe(72);
  expect(width(true, 72, '60')).toBe(72);
  expect(width(true, 0, '60')).toBe(60);
  expect(width(true, 20)).toBe(40);
  expect(width(false, undefined)).toBe(110);
  expect(width(false, undefined, '60')).toBe(60);
  expect(width(false, undefined, '5')).toBe(40);
  for (const nonsense of ['', '0', '-3', 'wide', '1e3']) expect(width(false, undefined, nonsense)).toBe(110);
});

test('an error fits a terminal, and is one line a message where nobody reads along', () => {
  expect(errorWidth(stream(true, 72), {})).toBe(72);
  expect(errorWidth(stream(true, 300), {})).toBe(110);
  expect(errorWidth(stream(false), {})).toBe(Number.POSITIVE_INFINITY);
  expect(errorWidth(stream(false), { COLUMNS: '60' })).toBe(60);
});

test('colours are for terminals that have and want them', () => {
  const colour = (isTTY: boolean, env: NodeJS.ProcessEnv) => terminalOf(stream(isTTY, 80), env).colour;
  expect(colour(true, {})).toBe(true);
  expect(colour(true, { NO_COLOR: '1' })).toBe(false);
  expect(colour(true, { TERM: 'dumb' })).toBe(false);
  expect(colour(false, {})).toBe(false);
});

test('lines are written over on a terminal alone, and not in CI', () => {
  expect(isLive(stream(true), {})).toBe(true);
  expect(isLive(stream(true), { NO_COLOR: '1' })).toBe(true);
  expect(isLive(stream(true), { TERM: 'dumb' })).toBe(false);
  expect(isLive(stream(true), { CI: 'true' })).toBe(false);
  expect(isLive(stream(false), {})).toBe(false);
});
