import type { Node } from 'yaml';
import { UserError } from '../errors.ts';

/** Keys and indices from the top of a document down to a value. */
export type Path = readonly (string | number)[];

/** A parsed document that knows where its values stand. */
export interface YamlText {
  data: unknown;
  /** Line and column, from 1, of the key or item at `path`, or of the nearest thing above it that exists. */
  locate(path: Path): { line: number; column: number };
}

/** A manifest file that its schema accepts. */
export interface Source<T = unknown> {
  /** Relative to the repository root when inside it; used in messages. */
  file: string;
  data: T;
  locate(path: Path): Promise<{ line: number; column: number }>;
}

/** Parses YAML (or JSON, which is YAML). `file`: its name in messages. Malformed text is a `UserError`. */
export async function parseYaml(text: string, file: string): Promise<YamlText> {
  const { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = document.errors;
  if (error) {
    const { line, column } = position(error.pos[0]);
    throw new UserError(`${file}:${line}:${column}  not valid YAML: ${error.message}`, {
      fix: `correct that line of ${file}, then: npm run validate`,
    });
  }

  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  function locate(path: Path) {
    let found = document.contents as Node | null | undefined;
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
    return position(found?.range?.[0] ?? 0);
  }
  return { data: document.toJS(), locate };
}

/** A path as people write it: `panels[1].curves[0].network`. */
export function showPath(path: Path): string {
  const steps = path.map(step => {
    if (typeof step === 'number' || /^\d+$/.test(step)) return `[${step}]`;
    return /^[\w-]+$/.test(step) ? `.${step}` : `["${step}"]`;
  });
  return steps.join('').replace(/^\./, '');
}
