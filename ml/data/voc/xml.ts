/** An element of a file, its place in the text and what is inside of it. */
export interface Element {
  name: string;
  /** Where its text begins and ends. */
  begin: number;
  end: number;
  /** In the order of the file; those of other elements are not among them. */
  children: readonly Element[];
}

/**
 * Reads the elements of a text, as far as annotations have them: attributes and comments are passed over, entities stay as
 * they are written, and what could define any, a DOCTYPE, is refused. `fail` makes the error for a place in the text.
 */
export function parseElements(text: string, fail: (at: number, message: string) => Error): Element[] {
  const found: Element[] = [];
  const open: Open[] = [];
  for (const tag of text.matchAll(tags)) {
    const { 0: whole, 1: slash, 2: name, 3: rest, index: at } = tag;
    if (whole.startsWith('<!--') && !whole.endsWith('-->')) throw fail(at, 'the comment does not end');
    if (whole.startsWith('<!--') || whole.startsWith('<?')) continue;
    if (name === undefined) throw fail(at, `${JSON.stringify(text.slice(at, at + 20))} is no tag`);
    const last = open.at(-1);
    if (slash === '') {
      const begin = at + whole.length;
      const element: Open = { name, at, begin, end: begin, children: [] };
      (last?.children ?? found).push(element);
      if (!rest!.endsWith('/')) open.push(element);
    } else {
      if (last?.name !== name)
        throw fail(at, `</${name}> ends ${last ? `<${last.name}>` : 'what has not begun'}`);
      last.end = at;
      open.pop();
    }
  }
  const last = open.at(-1);
  if (last) throw fail(last.at, `<${last.name}> does not end`);
  return found;
}

/** The element of a name, if there is one. A second one, which could say something else, fails with what `fail` makes of it. */
export function childOf(
  { children }: Pick<Element, 'children'>,
  name: string,
  fail: (at: number, message: string) => Error,
): Element | undefined {
  const [first, second] = children.filter(child => child.name === name);
  if (second) throw fail(second.begin, `a second <${name}>, expected one`);
  return first;
}

/** A comment, an instruction or a tag; else a mere < where none may be. */
const tags = /<!--[\s\S]*?(?:-->|$)|<\?[^<>]*\?>|<(\/?)([A-Za-z_][\w.-]*)((?:\s[^<>]*)?\/?)>|</g;

interface Open extends Element {
  /** Where its tag begins. */
  at: number;
  end: number;
  children: Element[];
}
