import { quoted } from '../../text.ts';
import { deepest, malformed, type ParsedText, type Path, type Place } from './problems.ts';

/** Parses JSON. `file`: its name in messages. Malformed text is a `UserError` with line and column. */
export function parseJson(text: string, file: string): ParsedText {
  let scan: Node | undefined;
  const places = () => (scan ??= scanned(text, file, false));
  try {
    return { data: JSON.parse(text), locate: path => placeIn(text, offsetOf(places(), path)) };
  } catch (error) {
    places(); // fails with what is wrong, and where
    throw error;
  }
}

/** Fails with a `UserError` where an object has a key twice: `JSON.parse` takes the last one and says nothing. */
export function checkDuplicates(text: string, file: string): void {
  scanned(text, file, true);
}

/** Where a value begins, or its key, and what is inside of it. */
interface Node {
  at: number;
  inside?: Map<string, Node> | Node[];
}

function scanned(text: string, file: string, strict: boolean): Node {
  const fail = (at: number, message: string) => malformed(file, 'JSON', placeIn(text, at), message);
  return new Scanner(text, strict, fail).document();
}

function offsetOf(node: Node, path: Path): number {
  let found = node;
  for (const step of path) {
    const { inside } = found;
    const next = Array.isArray(inside) ? inside[Number(step)] : inside?.get(String(step));
    if (!next) break;
    found = next;
  }
  return found.at;
}

function placeIn(text: string, at: number): Place {
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}

/** Reads JSON (RFC 8259) for the places of its values. */
class Scanner {
  readonly #text: string;
  readonly #strict: boolean;
  readonly #fail: (at: number, message: string) => Error;
  #at = 0;

  constructor(text: string, strict: boolean, fail: (at: number, message: string) => Error) {
    this.#text = text;
    this.#strict = strict;
    this.#fail = fail;
  }

  document(): Node {
    const node = this.#value(1);
    if (this.#next() !== undefined) throw this.#unexpected('the end of the file');
    return node;
  }

  #value(level: number): Node {
    if (level > deepest) throw this.#fail(this.#at, `nested more than ${deepest} levels deep`);
    const character = this.#next();
    const at = this.#at;
    if (character === '{') return { at, inside: this.#object(level) };
    if (character === '[') return { at, inside: this.#array(level) };
    if (character === '"') this.#string();
    else if (!this.#skip(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y))
      throw this.#unexpected('a value');
    return { at };
  }

  #object(level: number): Map<string, Node> {
    const inside = new Map<string, Node>();
    this.#list('}', () => {
      if (this.#next() !== '"') throw this.#unexpected('a key in double quotes');
      const at = this.#at;
      const key = this.#string();
      if (this.#strict && inside.has(key)) throw this.#fail(at, `the key ${quoted(key)} is given twice`);
      if (this.#next() !== ':') throw this.#unexpected('a colon');
      this.#at++;
      inside.set(key, { ...this.#value(level + 1), at });
    });
    return inside;
  }

  #array(level: number): Node[] {
    const inside: Node[] = [];
    this.#list(']', () => inside.push(this.#value(level + 1)));
    return inside;
  }

  /** Items between commas, from an opening bracket to the closing one. */
  #list(end: ']' | '}', item: () => void): void {
    this.#at++;
    if (this.#next() !== end) {
      item();
      while (this.#next() === ',') {
        this.#at++;
        item();
      }
    }
    if (this.#next() !== end) throw this.#unexpected(`a comma or ${end}`);
    this.#at++;
  }

  #string(): string {
    const from = this.#at++;
    for (let code = this.#code(); code !== 0x22; code = this.#code()) {
      if (Number.isNaN(code)) throw this.#fail(from, 'the text is not closed');
      if (code < 0x20) throw this.#unexpected('an escape for a control character');
      if (code === 0x5c && !this.#skip(/\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y))
        throw this.#unexpected('an escape');
      if (code !== 0x5c) this.#at++;
    }
    return JSON.parse(this.#text.slice(from, ++this.#at)) as string;
  }

  /** The next character that is no white space; undefined at the end. */
  #next(): string | undefined {
    this.#skip(/[ \t\r\n]+/y);
    return this.#text[this.#at];
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.test(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #unexpected(expected: string): Error {
    const character = this.#text[this.#at];
    const received = character === undefined ? 'the end of the file' : quoted(character);
    return this.#fail(this.#at, `expected ${expected}, received ${received}`);
  }
}
