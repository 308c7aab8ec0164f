import type { ClaimView, Verdict } from '../harness/aggregate/types.ts';

/** What stands for a verdict where there is no room for its word, and beside it where there is. */
export type Mark = '✓' | '✕' | '?' | '◇' | '–';

/** The colour of a verdict; never without its word or mark. */
export type Tone = 'good' | 'bad' | 'open' | 'apart' | 'none';

/** How a verdict is shown, alike in every format. */
export interface VerdictStyle {
  word: string;
  mark: Mark;
  tone: Tone;
}

/** Every verdict that a cell or a claim may come to. */
export const verdicts: Readonly<Record<Verdict | ClaimView['verdict'], VerdictStyle>> = {
  reproduced: { word: 'reproduced', mark: '✓', tone: 'good' },
  consistent: { word: 'consistent', mark: '✓', tone: 'good' },
  differs: { word: 'differs', mark: '✕', tone: 'bad' },
  inconclusive: { word: 'inconclusive', mark: '?', tone: 'open' },
  'scaled-down': { word: 'scaled-down', mark: '◇', tone: 'apart' },
  'not-run': { word: 'not-run', mark: '–', tone: 'none' },
  confirmed: { word: 'confirmed', mark: '✓', tone: 'good' },
  contradicted: { word: 'contradicted', mark: '✕', tone: 'bad' },
};

/** `✓ confirmed`. */
export function markedWord(verdict: Verdict | ClaimView['verdict']): string {
  const { mark, word } = verdicts[verdict];
  return `${mark} ${word}`;
}
