import type { Situation, WrongRates } from '../harness/aggregate/calibration.ts';
import { nothing, number } from './numbers.ts';

/** Rates of wrong verdicts as rows: a situation each, a column for each last look. */
export function calibrationRows(rates: readonly (WrongRates & { situation: Situation })[]): string[][] {
  const looks = [...new Set(rates.map(({ situation }) => situation.lastLook))];
  const rows = new Map<string, Map<number, number>>();
  for (const { situation, ...found } of rates) {
    for (const [kind, rate] of Object.entries(found)) {
      if (rate === null) continue;
      const text = textOf(situation, kind as keyof WrongRates);
      rows.set(text, (rows.get(text) ?? new Map()).set(situation.lastLook, rate));
    }
  }
  return [
    ['wrong, in %', ...looks.map(look => `last look ${look}`)],
    ...[...rows].map(([text, found]) => [
      text,
      ...looks.map(look => (found.has(look) ? number(100 * found.get(look)!, 1) : nothing)),
    ]),
  ];
}

function textOf(situation: Situation, kind: keyof WrongRates): string {
  if (situation.of === 'claims') {
    const { ties, real, ratio } = situation;
    const spread = ratio === 1 ? '' : `, one side ${ratio} times as wide`;
    return `any claim of ${ties + real}: ${ties} ties, ${real} gaps of 4 SD${spread}`;
  }
  const off = `all six cells off by ${situation.off}`;
  const words: Readonly<Record<Exclude<keyof WrongRates, 'claims'>, string>> = {
    differs: `${off}: any differs`,
    consistent: `${off}: the worst is consistent`,
    reproduced: `${off}: ResNet-110 is reproduced`,
  };
  return words[kind as keyof typeof words];
}
