import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { quoted } from '../../text.ts';
import { deepest } from './problems.ts';

/** What is wrong with a document, and where. */
export interface Mistake {
  offset: number;
  message: string;
}

/**
 * The first thing in a document that cannot be made a value of, or that would be too large as one: keys that are given
 * twice or are no text, aliases of what is not there, of themselves or of ever more of each other. Undefined when all
 * is well.
 */
export function mistakeIn(contents: unknown): Mistake | undefined {
  try {
    extentOf(contents, 1, { anchors: new Map(), aliases: 0 });
    return undefined;
  } catch (error) {
    if (error instanceof Found) return error.mistake;
    throw error;
  }
}

/** Values of a document with all its aliases written out, and aliases of one. */
const most = { values: 1_000_000, aliases: 1000 };

/** Values that a node stands for, and levels inside of it. */
interface Extent {
  values: number;
  levels: number;
}

/** Anchors that came before, with what they stand for; null while that is being read. */
interface Seen {
  anchors: Map<string, Extent | null>;
  aliases: number;
}

class Found extends Error {
  readonly mistake: Mistake;

  constructor(node: unknown, message: string) {
    super(message);
    this.mistake = { offset: (node as Node | null)?.range?.[0] ?? 0, message };
  }
}

function extentOf(node: unknown, level: number, seen: Seen): Extent {
  const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
  if (anchor !== undefined) seen.anchors.set(anchor, null);
  const extent = isAlias(node) ? aliased(node, node.source, seen) : sum(children(node, level, seen));
  if (level + extent.levels > deepest) throw new Found(node, `nested more than ${deepest} levels deep`);
  if (extent.values > most.values)
    throw new Found(node, `its aliases stand for more than ${most.values.toLocaleString('en-US')} values`);
  if (anchor !== undefined) seen.anchors.set(anchor, extent);
  return extent;
}

function aliased(node: Node, name: string, seen: Seen): Extent {
  const extent = seen.anchors.get(name);
  if (extent === undefined) throw new Found(node, `nothing before it is called &${name}`);
  if (extent === null) throw new Found(node, `*${name} is inside of what it stands for`);
  if (++seen.aliases > most.aliases) throw new Found(node, `more than ${most.aliases} aliases`);
  return extent;
}

function children(node: unknown, level: number, seen: Seen): Extent[] {
  if (level > deepest) throw new Found(node, `nested more than ${deepest} levels deep`);
  if (isSeq(node)) return node.items.map(item => extentOf(item, level + 1, seen));
  if (!isMap(node)) return [];
  const keys = new Set<string>();
  return node.items.map(({ key, value }) => {
    if (!isScalar(key) || key.value === null) throw new Found(key ?? node, 'a key is not plain text');
    const name = String(key.value);
    if (keys.has(name)) throw new Found(key, `the key ${quoted(name)} is given twice`);
    keys.add(name);
    return extentOf(value, level + 1, seen);
  });
}

function sum(inside: readonly Extent[]): Extent {
  const levels = inside.reduce((most, extent) => Math.max(most, extent.levels + 1), 0);
  return { values: inside.reduce((total, { values }) => total + values, 1), levels };
}
