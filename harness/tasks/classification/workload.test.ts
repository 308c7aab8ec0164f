import { describe, expect, it } from 'vitest';
import { cifarNetwork, imageNetNetwork } from '../../../ml/nets/spec.ts';
import { tinySpec } from '../../execute/jobs.fixture.ts';
import type { EvaluateSpec, TrainSpec } from './spec.ts';
import { workloadOf } from './workload.ts';

/** The paper's protocol for ResNet-20 (sec. 4.2), with the points of its curves. */
const spec: TrainSpec = {
  ...tinySpec,
  data: { ...tinySpec.data, downsample: 1, trainImages: 50000, testImages: 10000 },
  network: cifarNetwork(3, 'A'),
  optimiser: { ...tinySpec.optimiser, batch: 128 },
  schedule: { ...tinySpec.schedule, iterations: 64000 },
  evaluation: { ...tinySpec.evaluation, trainErrorEvery: 1000, testErrorEvery: 1000, testErrorImages: 2000 },
};
const work = (evaluation: Partial<TrainSpec['evaluation']> = {}) =>
  workloadOf('train', { ...spec, evaluation: { ...spec.evaluation, ...evaluation } } as TrainSpec);

describe('the workload of a training', () => {
  it('is iterations, each worth three passes of a batch', () => {
    expect(work()).toMatchObject({ unit: 'iterations', total: 64000, perUnit: 384 });
    expect(work().operations).toBe(2 * 40_551_040); // a multiply-add is two
  });

  it('has the points of the test curve between them', () => {
    expect(work().between(0)).toBe(64 * 2000);
    expect(work().between(999)).toBe(64 * 2000);
    expect(work().between(1000)).toBe(63 * 2000);
    expect(work().between(64000)).toBe(0);
  });

  it('ends with the final error, responses, averaged statistics and the views of tests', () => {
    expect(work({ responses: false }).final).toBe(10_000);
    expect(work({ responses: true }).final).toBe(20_000);
    expect(work({ responses: false, statisticsBatches: 20 }).final).toBe(10_000 + 20 * 384);
    expect(work({ responses: false, tests: [{ name: 'tenCrop', pad: 4 }] }).final).toBe(11 * 10_000);
    const scales = work({
      responses: false,
      tests: [{ name: 'multiScale', sizes: [16, 32, 64], flip: true }],
    });
    expect(scales.final).toBe(10_000 * (1 + 2 * (0.25 + 1 + 4))); // by the area of a view, and its flip
  });

  it('costs the same for the same sizes, however long it is', () => {
    const { sizes } = work();
    const longer = { ...spec, schedule: { ...spec.schedule, iterations: 10, rate: 1 } };
    expect(workloadOf('train', longer).sizes).toBe(sizes);
    for (const other of [
      { ...spec, network: cifarNetwork(5, 'A') },
      { ...spec, data: { ...spec.data, downsample: 2 } as TrainSpec['data'] },
      { ...spec, optimiser: { ...spec.optimiser, batch: 64 } },
    ])
      expect(workloadOf('train', other).sizes).not.toBe(sizes);
  });

  it('takes memory that grows with the batch and the depth, and more for tests', () => {
    const memory = (of: TrainSpec) => workloadOf('train', of).memoryMiB;
    expect(memory(spec)).toBeGreaterThan(450);
    expect(memory(spec)).toBeLessThan(900);
    expect(memory({ ...spec, optimiser: { ...spec.optimiser, batch: 256 } })).toBeGreaterThan(memory(spec));
    expect(memory({ ...spec, network: cifarNetwork(9, 'A') })).toBeGreaterThan(memory(spec));
    const tested = {
      ...spec,
      evaluation: { ...spec.evaluation, tests: [{ name: 'tenCrop', pad: 0 } as const] },
    };
    expect(memory(tested)).toBeCloseTo(memory(spec) + 230);
  });
});

describe('the workload of an evaluation', () => {
  const evaluation: EvaluateSpec = {
    data: { set: 'imagenet', crop: 224, testShorterSide: 256, testImages: 50000 },
    network: imageNetNetwork(50, 'B'),
    mean: [0, 0, 0],
    tests: [
      { name: 'tenCrop', pad: 0 },
      { name: 'multiScale', sizes: [224, 448], flip: true },
    ],
  };

  it('is images, each seen once and by every view', () => {
    const { operations, ...of } = workloadOf('evaluate', evaluation);
    expect(of).toMatchObject({ unit: 'images', total: 50000, perUnit: 1 + 10 + 2 * (1 + 4), final: 0 });
    expect(of.between(0)).toBe(0);
    expect(operations).toBeGreaterThan(7e9);
    expect(operations).toBeLessThan(9e9); // 3.8 billion multiply-adds (Table 1)
  });

  it('costs the same whatever the mean and the number of images', () => {
    const { sizes } = workloadOf('evaluate', evaluation);
    const fewer = { ...evaluation, mean: [1, 1, 1], data: { ...evaluation.data, testImages: 10 } };
    expect(workloadOf('evaluate', fewer as EvaluateSpec).sizes).toBe(sizes);
    expect(workloadOf('evaluate', { ...evaluation, tests: [] } as EvaluateSpec).sizes).not.toBe(sizes);
  });
});
