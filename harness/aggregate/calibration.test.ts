import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Situation, situations, type WrongRates, wrongRates } from './calibration.ts';

const file = join(import.meta.dirname, '..', '..', 'results', 'calibration.json');
const recorded = JSON.parse(readFileSync(file, 'utf8')) as {
  repetitions: number;
  rates: (WrongRates & { situation: Situation })[];
};

/** Three standard errors of a rate of 5%. */
const slack = 3 * Math.sqrt((0.05 * 0.95) / recorded.repetitions);

describe('how often verdicts are wrong', { timeout: 60_000 }, () => {
  test('is at most 5% in every situation that was recorded, wherever seeds of both sides spread alike', () => {
    expect(recorded.rates.map(({ situation }) => situation)).toEqual(situations);
    for (const { situation, ...rates } of recorded.rates) {
      // Welch's own error, where one side of a claim is three times as wide and there are many looks.
      const most = situation.of === 'claims' && situation.ratio > 1 ? 0.065 : 0.05 + slack;
      for (const [kind, rate] of Object.entries(rates))
        expect(rate ?? 0, `${JSON.stringify(situation)} ${kind}`).toBeLessThanOrEqual(most);
    }
  });

  test('is what the functions give that make the verdicts, to the last digit', () => {
    const { situation, ...rates } = recorded.rates.find(
      ({ situation }) => situation.of === 'cells' && situation.off === 1 && situation.lastLook === 5,
    )!;
    expect(wrongRates(situation, recorded.repetitions)).toEqual(rates);
  });

  test('is at most 5% of claims too', () => {
    const tied: Situation = { of: 'claims', ties: 17, real: 0, ratio: 1, lastLook: 5 };
    expect(wrongRates(tied, 2000).claims).toBeLessThan(0.05);
  });
});
