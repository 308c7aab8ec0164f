import { paint, type Style, type Terminal } from './terminal.ts';
import { type Mark, markedWord, type Tone, verdicts } from './verdicts.ts';

/** A verdict of a cell or a claim. */
type Word = keyof typeof verdicts;

const styles: Readonly<Record<Tone, Style>> = {
  good: 'green',
  bad: 'red',
  open: 'yellow',
  apart: 'cyan',
  none: 'dim',
};

/** A text in the colour of a verdict. */
export function paintedAs(text: string, word: Word, terminal: Terminal): string {
  return paint(text, styles[verdicts[word].tone], terminal);
}

/** The mark of a verdict, in its colour. */
export function paintedMark(word: Word, terminal: Terminal): string {
  return paintedAs(verdicts[word].mark, word, terminal);
}

/** A verdict with its mark, in its colour: `✓ confirmed`. */
export function paintedWord(word: Word, terminal: Terminal): string {
  return paintedAs(markedWord(word), word, terminal);
}

/** How often each mark that decides comes, and the others that do: `0 ✓  3 ?  0 ✕  1 –`. */
export function tally(words: readonly Word[], terminal: Terminal): string {
  const order = [
    ['✓', 'good'],
    ['?', 'open'],
    ['✕', 'bad'],
    ['◇', 'apart'],
    ['–', 'none'],
  ] as const satisfies readonly (readonly [Mark, Tone])[];
  return order
    .map(([mark, tone], i) => {
      const number = words.filter(word => verdicts[word].mark === mark).length;
      return { number, text: `${number} ${paint(mark, styles[tone], terminal)}`, decides: i < 3 };
    })
    .filter(({ number, decides }) => decides || number > 0)
    .map(({ text }) => text)
    .join('  ');
}

/** How often each verdict comes: `6 ◇ scaled down, 1 – not run`. */
export function tallyInWords(words: readonly Word[], terminal: Terminal): string {
  const counts = new Map<Word, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, number]) => `${number} ${paintedWord(word, terminal)}`).join(', ');
}
