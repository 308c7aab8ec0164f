/** The records of a CSV file as a program reads them (RFC 4180), without the byte order mark. */
export function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let [fields, field, quoted] = [[] as string[], '', false];
  for (let i = text.startsWith('\ufeff') ? 1 : 0; i < text.length; i++) {
    const character = text[i]!;
    if (quoted && character === '"' && text[i + 1] === '"') {
      field += '"';
      i++;
    } else if (character === '"') quoted = !quoted;
    else if (!quoted && character === ',') {
      fields.push(field);
      field = '';
    } else if (!quoted && character === '\n') {
      records.push([...fields, field]);
      [fields, field] = [[], ''];
    } else field += character;
  }
  return records;
}
