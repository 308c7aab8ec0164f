/** What a reader finds in a page: its texts in order, and the values of attributes. */
export interface Found {
  text: string;
  attributes: string[];
}

/** HTML elements that have no end. */
const empty = /^(meta|img|br|hr|link|input)$/;

/** Elements whose contents are no texts. */
const silent = /^(style|script)$/;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads HTML or SVG as strictly as XML is read, but for elements of HTML that have no end; fails where it is not well formed. */
export function readXml(source: string): Found {
  const open: string[] = [];
  const found: Found = { text: '', attributes: [] };
  const part =
    /<!doctype html>|<!--[\s\S]*?-->|<\/([\w-]+)>|<([\w:-]+)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>|[^<]+/giy;
  while (part.lastIndex < source.length) {
    const at = part.lastIndex;
    const match = part.exec(source);
    if (!match) throw new Error(`not well formed: ${JSON.stringify(source.slice(at, at + 80))}`);
    const [whole, closing, opening, attributes = '', ends] = match;
    if (closing !== undefined) {
      const last = open.pop();
      if (last !== closing) throw new Error(`</${closing}> closes ${last ?? 'nothing'}`);
      found.text += ' ';
    } else if (opening !== undefined) {
      for (const [, value] of attributes.matchAll(/="([^"]*)"/g)) found.attributes.push(unescaped(value!));
      if (!ends && !empty.test(opening)) open.push(opening);
      found.text += ' ';
    } else if (!whole.startsWith('<') && !silent.test(open.at(-1) ?? '')) found.text += unescaped(whole);
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} without an end`);
  return found;
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));|&/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    const character = name && entities[name];
    if (!character) throw new Error(`not an entity: ${whole}`);
    return character;
  });
}
