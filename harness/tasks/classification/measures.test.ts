import { describe, expect, it } from 'vitest';
import { testSchema } from '../../../ml/data/spec.ts';
import { inFolder, orderFor, runHere, tinySpec } from '../../execute/jobs.fixture.ts';
import { lines, measures, measuresOf, testMeasures } from './measures.ts';

const tests = [
  { name: 'multiScale', sizes: [8] },
  { name: 'tenCrop', pad: 0 },
] as const;

describe('the measures of a classifier', () => {
  it('are final errors and losses, and two errors for each test of the spec', () => {
    expect(measuresOf(tinySpec)).toEqual(['testError', 'testLoss', 'trainError', 'trainLoss']);
    expect(
      measuresOf({ ...tinySpec, evaluation: { ...tinySpec.evaluation, tests } } as typeof tinySpec),
    ).toEqual([
      ...['testError', 'testLoss', 'trainError', 'trainLoss'],
      ...['multiScale.top1', 'multiScale.top5', 'tenCrop.top1', 'tenCrop.top5'],
    ]);
  });

  it('are all described: in words, with unit and direction', () => {
    const signals = { ...tinySpec, evaluation: { ...tinySpec.evaluation, gradients: true } };
    const named = [...measuresOf(signals), 'single.top1', 'single.top5'];
    const tested = testSchema.oneOf.flatMap(({ properties }) => testMeasures(properties.name.const));
    expect(Object.keys(measures).sort()).toEqual([...named, ...tested].sort());
    for (const { name, unit, direction, decimals } of Object.values(measures)) {
      expect(name).toMatch(/^[a-z]/);
      expect(unit).toBe(/loss/.test(name) ? 'nats' : /over the largest/.test(name) ? '' : '%');
      expect(direction).toBe(unit === '' ? 'higher' : 'lower');
      expect(decimals).toBeGreaterThan(1);
    }
    expect(new Set(Object.values(measures).map(({ name }) => name)).size).toBe(Object.keys(measures).length);
  });

  it('have lines in figures that records have the values of', () =>
    inFolder(async store => {
      const { curves } = (await runHere(orderFor(store)))!.record.result;
      for (const [name, { curve, value, over }] of Object.entries(lines)) {
        const points = curves[curve]!;
        expect(
          points.every(point => Number.isFinite(point[value])),
          name,
        ).toBe(true);
        expect(points.at(-1)!.at).toBe(over === 'iterations' ? 12 : 7);
      }
    }));
});
