import fc from 'fast-check';
import { printable } from './printable.ts';

/** What formats, terminals and spreadsheets could take for more than a text. */
const tokens = [
  ...[
    '<script>alert(1)</script>',
    '</title>',
    '</td></tr></table>',
    '"><img src=x onerror=alert(1)>',
    "' onload='a",
  ],
  ...['*', '-- -', ':--', '===', ' #', 'http://a.b', 'a@b.c'],
  ...['&lt;', '&#60;', ']]>', '<!--', '-->', '{{name}}', '{{{body}}}', '{{#each x}}', '</details>', '</pre>'],
  ...[
    '\\input{/etc/hostname}',
    '^^5cinput{x}',
    '$x$',
    '$$',
    '% ',
    '\\\\',
    '&',
    '#1',
    '_',
    '^',
    '~',
    '}',
    '{',
    '\\',
  ],
  ...[
    '|',
    '| a |',
    '---',
    '# ',
    '- ',
    '1. ',
    '> ',
    '```',
    '`',
    '**',
    '[a](javascript:1)',
    '[^1]',
    '[^1]: ',
    '![a](b)',
  ],
  ...[
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '"',
    '""',
    ',',
    "'",
    ';',
    '\t',
    '\n',
    '\r\n',
    '\u2028',
    '\u0085',
    '\n\n# a',
  ],
  ...[
    '\x1b[31m',
    '\x1b]0;t\x07',
    '\x9b2J',
    '\x07',
    '\x00',
    '\u202e',
    '\u061c',
    '\u200b',
    '\ufeff',
    '\u3164',
    '\u{e0041}',
    '\ud800',
    '网络',
    '±',
    '–',
    '🙂',
  ],
];

/** Texts that are made of them. */
export const hostile = fc
  .array(fc.oneof(fc.constantFrom(...tokens), fc.string({ unit: 'grapheme', maxLength: 5 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map(parts => parts.join(''))
  .filter(text => printable(text).trim() !== '');

/** Fields whose words are a closed set of ours, checked before they come here. */
const closed =
  /^(kind|name|verdict|method|estimator|answers|counts|printed|line|source|over|unit|direction|family|key|shows|block|stage)$/;

/** A view with a text in the place of every one that a manifest, a record, a host or git brings along. */
export function withTexts<T>(value: T, text: string, field = ''): T {
  if (typeof value === 'string') return (closed.test(field) ? value : text) as T;
  if (Array.isArray(value)) return value.map(item => withTexts(item, text, field)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, withTexts(inner, text, name)]);
  return Object.fromEntries(entries) as T;
}
