import { describe, expect, it } from 'vitest';
import type { ComparedTraining, Followed } from '../../harness/compare/types.ts';
import { comparisonCsv } from './csv.ts';
import { drawComparison } from './draw.ts';
import { comparisonText } from './text.ts';
import { ratioText, roundSteps, small } from './wording.ts';

const info = { version: 'engine 1.0', device: 'cpu', variant: 'fast', hardware: 'any', threads: 2 };

/** An engine that is so many gaps off at each of four steps. */
function engine(backend: string, ratios: readonly (number | null)[]): Followed {
  const steps = ratios.map((ratio, i) =>
    ratio === null
      ? null
      : { against: i < 2 ? 'float64' : 'first', deviation: ratio * 1e-6, gap: 1e-6, ratio },
  );
  const at = ratios.findIndex(ratio => ratio !== null && ratio > 10);
  const places = ratios.map((ratio, i) => ({ step: i + 1, in: 'loss' as const, ratio: ratio ?? 0 }));
  return {
    backend,
    verdict: at < 0 ? 'agrees' : 'departs',
    departs: at < 0 ? null : places[at]!,
    info: { backend, ...info },
    losses: [2.3, 2.2, 2.1, 2.0],
    steps,
    statistics: { deviation: 1e-7, gap: 2e-7, ratio: 0.5 },
    largest: places.reduce((a, b) => (b.ratio > a.ratio ? b : a)),
    seconds: 0.05,
  };
}

const training: ComparedTraining = {
  ...{ steps: 4, exactSteps: 2, exact: [2.3, 2.2], exactSeconds: 1.5, factor: 10 },
  ...{ experiment: 'resnet-2015', profile: 'mini', targets: ['table6'], network: 'ResNet-20', seed: 1 },
  ...{ batch: 128, threads: 2, command: 'npm run compare table6' },
  engines: [
    engine('first', [0.5, 1, null, null]),
    engine('other', [0.1, 2, 3, 250]),
    { backend: 'absent', verdict: 'missing', message: 'there is no GPU', fix: 'buy one' },
    { backend: 'broken', verdict: 'failed', message: 'it was killed', fix: null },
  ],
};

describe('a comparison', () => {
  it.each([60, 80, 110])('is no wider than %i columns, and ends in a sentence for each', width => {
    const text = comparisonText(training, { width, colour: false });
    for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(width);
    const words = text.replaceAll(/\s+/g, ' ');
    expect(words).toContain('first agrees: at most 1.0 gaps off (loss, step 2).');
    expect(words).toContain('other departs at step 4: its loss is 250 gaps from that of first.');
    expect(words).toContain('absent is missing here: there is no GPU. broken failed: it was killed.');
    expect(words).toContain('fix absent: buy one');
    expect(words).toContain('off: distance of the loss from float64 to step 2, then from first.');
    expect(words).toMatch(/other .*✕ departs at step 4/);
  });

  it('says what a single backend is set against, and that a loss is no number', () => {
    const lost = engine('lost', [0.5, 1, null, null]);
    lost.losses[1] = null;
    Object.assign(lost, { verdict: 'departs', departs: { step: 2, in: 'loss', ratio: Number.NaN } });
    const text = comparisonText({ ...training, engines: [lost] }, { width: 110, colour: false });
    expect(text).toContain('lost departs at step 2: its loss is no number.');
    expect(text).toContain('from float64, steps 1 to 2');
  });

  it('is drawn: losses and distances, and in words', async () => {
    const svg = await drawComparison(training);
    expect(svg).toContain('<title>ResNet-20, seed 1, profile mini</title>');
    expect(svg).toContain('<desc>first agrees: at most 1.0 gaps off');
    for (const label of ['float64', 'first', 'other', 'distance', 'allowed', '1e-7'])
      expect(svg).toContain(`aria-label="${label}"`);
    expect(svg).not.toContain('<text');
    expect(await drawComparison(training)).toBe(svg);
  });

  it('is a table of numbers', () => {
    const lines = comparisonCsv(training).trim().split('\n');
    expect(lines).toHaveLength(1 + 2 + 4 + 4);
    expect(lines.at(-1)).toBe('ResNet-20,1,mini,other,4,2,first,0.00025,0.000001,250');
    expect(lines[6]).toBe('ResNet-20,1,mini,first,4,2,,,,');
  });
});

describe('its numbers', () => {
  it('have two digits', () => {
    expect([0, 1.234e-7, 0.0123, 12.3, null].map(small)).toEqual(['0', '1.2e-7', '0.012', '12', 'nan']);
    expect([0.04, 9.96, 250.4, 12345, Number.NaN].map(ratioText)).toEqual([
      '0.0',
      '10.0',
      '250',
      '1.2e4',
      'nan',
    ]);
  });

  it('are of the steps that readers look at', () => {
    expect(roundSteps(4)).toEqual([1, 2, 3]);
    expect(roundSteps(100)).toEqual([1, 2, 3, 5, 10, 20, 50, 100]);
  });
});
