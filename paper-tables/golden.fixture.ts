import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { expect } from 'vitest';

/** Golden files are read before they are accepted, so no line of one is longer; this mark stands where one was folded. */
const longest = 200;
const fold = '↩';

const folder = join(import.meta.dirname, 'golden');

/**
 * Compares a text with its golden file. Where they differ the text is written beside it, `<name>-changed.<ending>`, to be
 * looked at; UPDATE_GOLDEN=1 accepts it.
 */
export function compareWithGolden(name: string, content: string): void {
  const { name: stem, ext } = parse(name);
  const changed = join(folder, `${stem}-changed${ext}`);
  rmSync(changed, { force: true });
  const text = content.split('\n').flatMap(folded).join('\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(join(folder, name), text);
  const golden = readGolden(name);
  if (text === golden) return;
  writeFileSync(changed, text);
  expect(text, `${name} differs: see golden/${stem}-changed${ext}; UPDATE_GOLDEN=1 accepts it`).toBe(golden);
}

/** An SVG with one element a line. */
export function readableSvg(svg: string): string {
  return svg.replaceAll('><', '>\n<');
}

/** A specification with its innermost objects on a line each: a datum, a scale. */
export function readableJson(value: unknown): string {
  const innermost = /[{[](?:[^{}[\]"]|"(?:[^"\\]|\\.)*")*[}\]]/g;
  const pretty = JSON.stringify(value, null, 1).replace(innermost, lines => {
    const line = lines.replace(/\s*\n\s*/g, ' ');
    return line.length < 0.8 * longest ? line : lines;
  });
  return `${pretty}\n`;
}

/** A line in pieces that are short enough, each but the last with the mark at its end. */
function folded(line: string): string[] {
  const lines: string[] = [];
  for (const part of line.split(/(?<= )|(?<=[^A-Za-z])(?=[MLHVCQZ]-?\d)/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length < longest) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines.map((piece, i) => (i < lines.length - 1 ? piece + fold : piece));
}

function readGolden(name: string): string | null {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return null;
  }
}
