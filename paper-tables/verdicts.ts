import type { ClaimVerdict, Verdict } from '../harness/aggregate/types.ts';

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
export const verdicts: Readonly<Record<Verdict | ClaimVerdict, VerdictStyle>> = {
  reproduced: { word: 'reproduced', mark: '✓', tone: 'good' },
  consistent: { word: 'consistent', mark: '✓', tone: 'good' },
  differs: { word: 'differs', mark: '✕', tone: 'bad' },
  inconclusive: { word: 'inconclusive', mark: '?', tone: 'open' },
  'scaled-down': { word: 'scaled down', mark: '◇', tone: 'apart' },
  token: { word: 'token run', mark: '◇', tone: 'apart' },
  'not-run': { word: 'not run', mark: '–', tone: 'none' },
  confirmed: { word: 'confirmed', mark: '✓', tone: 'good' },
  contradicted: { word: 'contradicted', mark: '✕', tone: 'bad' },
  negligible: { word: 'negligible', mark: '✕', tone: 'bad' },
  'seen at this scale': { word: 'seen at this scale', mark: '✓', tone: 'good' },
  'not seen at this scale': { word: 'not seen at this scale', mark: '✕', tone: 'bad' },
  'reversed at this scale': { word: 'reversed at this scale', mark: '✕', tone: 'bad' },
  'not testable here': { word: 'not testable here', mark: '–', tone: 'none' },
  told: { word: 'told', mark: '–', tone: 'none' },
};

/** `✓ confirmed`. */
export function markedWord(verdict: Verdict | ClaimVerdict): string {
  const { mark, word } = verdicts[verdict];
  return `${mark} ${word}`;
}
