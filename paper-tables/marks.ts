import type { ClaimView, Verdict } from '../harness/aggregate/types.ts';
import { paint, type Style, type Terminal } from './terminal.ts';

/** What stands for a verdict where there is no room for its word, and beside it where there is. */
export type Mark = keyof typeof styles;

/** Every word that a cell or a claim may come to. */
type Word = Verdict | ClaimView['verdict'];

const styles = { '✓': 'green', '✕': 'red', '?': 'yellow', '◇': 'cyan', '–': 'dim' } as const satisfies Record<
  string,
  Style
>;

const marks: Readonly<Record<Word, Mark>> = {
  reproduced: '✓',
  consistent: '✓',
  confirmed: '✓',
  differs: '✕',
  contradicted: '✕',
  inconclusive: '?',
  'scaled-down': '◇',
  'not-run': '–',
};

/** The mark of a verdict. */
export function markOf(word: Word): Mark {
  return marks[word];
}

/** A mark in its colour. */
export function painted(mark: Mark, terminal: Terminal): string {
  return paint(mark, styles[mark], terminal);
}

/** A verdict with its mark: `✓ confirmed`. */
export function marked(word: Word, terminal: Terminal): string {
  return paint(`${marks[word]} ${word}`, styles[marks[word]], terminal);
}

/** How often each mark that decides comes, and the others that do: `0 ✓  3 ?  0 ✕  1 –`. */
export function tally(words: readonly Word[], terminal: Terminal): string {
  const order: readonly Mark[] = ['✓', '?', '✕', '◇', '–'];
  return order
    .map((mark, i) => ({ mark, decides: i < 3, number: words.filter(word => marks[word] === mark).length }))
    .filter(({ decides, number }) => decides || number > 0)
    .map(({ mark, number }) => `${number} ${painted(mark, terminal)}`)
    .join('  ');
}

/** How often each verdict comes: `6 ◇ scaled-down, 1 – not-run`. */
export function tallyInWords(words: readonly Word[], terminal: Terminal): string {
  const counts = new Map<Word, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, number]) => `${number} ${marked(word, terminal)}`).join(', ');
}
