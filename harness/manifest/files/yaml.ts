import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { malformed, type ParsedText, type Path, type Place } from './problems.ts';
import { mistakeIn } from './yaml-structure.ts';

/** Parses YAML. `file`: its name in messages. Malformed text is a `UserError` with line and column. */
export function parseYaml(text: string, file: string): ParsedText {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const document = documentOf(text, lines, message => malformed(file, 'YAML', place(0), message));
  const [error] = [...document.errors, ...document.warnings];
  const mistake = error ? { offset: error.pos[0], message: worded(error) } : mistakeIn(document.contents);
  if (mistake) throw malformed(file, 'YAML', place(mistake.offset), mistake.message);
  return {
    data: document.toJS({ maxAliasCount: -1 }), // how much aliases stand for has been looked at
    locate: path => place(offsetOf(document, path)),
  };
}

function documentOf(text: string, lineCounter: LineCounter, fail: (message: string) => Error): Document {
  try {
    // Keys that are given twice are found by `mistakeIn`: the library compares every pair of them.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  } catch (error) {
    throw error instanceof RangeError ? fail('it is nested too deeply') : error;
  }
}

function worded({ code, message }: { code: string; message: string }): string {
  return code === 'MULTIPLE_DOCS' ? 'a second document begins here, expected one' : message;
}

/** Where the key or item at a path begins, or the nearest thing above it that exists. */
function offsetOf(document: Document, path: Path): number {
  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  let found = document.contents as Node | null;
  let node: unknown = resolved(found);
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) break;
      found = pair.key as Node;
      node = resolved(pair.value);
    } else if (isSeq(node) && node.items[Number(step)]) {
      found = node.items[Number(step)] as Node;
      node = resolved(found);
    } else break;
  }
  return found?.range?.[0] ?? 0;
}
