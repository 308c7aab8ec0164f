import { describe, expect, it } from 'vitest';
import { identityOf, inFolder, orderFor, runHere, tinySpec } from '../../execute/jobs.fixture.ts';
import { evaluationIdentity, recordOf } from '../../record/records.fixture.ts';
import type { ResultParts } from '../task.ts';
import { contradiction } from './contradiction.ts';
import type { TrainSpec } from './spec.ts';

const spec: TrainSpec = {
  ...tinySpec,
  evaluation: { ...tinySpec.evaluation, tests: [{ name: 'tenCrop', pad: 1 }] },
};
const { result } = recordOf(identityOf(spec));
const job = { kind: 'train', spec } as const;

const changed = (parts: Partial<ResultParts>) => contradiction(job, { ...result, ...parts });
const measured = (measures: Record<string, number>) =>
  changed({ measures: { ...result.measures, ...measures } });
const curved = (curves: ResultParts['curves']) => changed({ curves: { ...result.curves, ...curves } });

describe('a result that contradicts', () => {
  it('neither itself nor its spec is one that a job has come to', async () => {
    expect(contradiction(job, result)).toBeNull();
    const { record } = (await inFolder(store => runHere(orderFor(store, identityOf(spec)))))!;
    expect(contradiction(job, record.result)).toBeNull();
    const evaluation = recordOf(evaluationIdentity(spec));
    expect(contradiction(evaluation.identity, evaluation.result)).toBeNull();
  });

  it('its spec has other measures than that asks for', () => {
    const { 'tenCrop.top5': _, ...fewer } = result.measures;
    expect(changed({ measures: fewer })).toBe('result.measures: tenCrop.top5 is missing');
    expect(measured({ 'multiScale.top1': 1 })).toBe(
      'result.measures: multiScale.top1 is not measured by this spec',
    );
    expect(contradiction({ kind: 'train', spec: tinySpec }, result)).toBe(
      'result.measures: tenCrop.top1 is not measured by this spec',
    );
    const evaluation = recordOf(evaluationIdentity(spec));
    const { 'single.top1': __, ...without } = evaluation.result.measures;
    expect(contradiction(evaluation.identity, { ...evaluation.result, measures: without })).toBe(
      'result.measures: single.top1 is missing',
    );
  });

  it('itself has more top-5 errors than top-1 errors', () => {
    expect(measured({ 'tenCrop.top1': 10, 'tenCrop.top5': 10 })).toBeNull();
    expect(measured({ 'tenCrop.top1': 10, 'tenCrop.top5': 10.5 })).toBe(
      'result.measures: tenCrop.top5 is larger than the top-1 error',
    );
  });

  it('itself has a final error that is not the end of its test curve', () => {
    expect(measured({ testError: 6.43 })).toBe(
      'result.measures.testError is 6.43, but the test curve ends at 50',
    );
    expect(measured({ testLoss: 0.1 })).toContain('but the test curve ends at 50');
  });

  it('its schedule has curves that end elsewhere or go back', () => {
    const point = (at: number) => ({ at, error: 50, loss: 50 });
    for (const name of ['train', 'test']) {
      expect(curved({ [name]: [] })).toBe(`result.curves.${name}: it does not end after iteration 12`);
      expect(curved({ [name]: [point(11)] })).toContain('it does not end after');
      expect(curved({ [name]: [point(13)] })).toContain('it does not end after');
      for (const points of [
        [point(12), point(11)],
        [point(12), point(12)],
        [point(0), point(12)],
      ])
        expect(curved({ [name]: points })).toBe(
          `result.curves.${name}: its points are not in the order of the iterations`,
        );
      expect(curved({ [name]: [point(3), point(12)] })).toBeNull();
    }
  });

  it('its spec has responses that it does not ask for, or lacks them', () => {
    const { responses: _, ...without } = result.curves;
    expect(changed({ curves: without })).toBe('result.curves.responses: expected a curve');
    const evaluation = { ...spec.evaluation, responses: false };
    const silent = { kind: 'train', spec: { ...spec, evaluation } } as const;
    expect(contradiction(silent, result)).toBe('result.curves.responses: expected none');
  });
});
