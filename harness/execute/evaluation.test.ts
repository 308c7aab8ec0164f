import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { View } from '../../ml/data/cifar10/views.ts';
import { decode } from '../../ml/data/imagenet/decode.ts';
import {
  smallClasses,
  validationIds,
  writeDevkit,
  writeValidation,
} from '../../ml/data/imagenet/files.fixture.ts';
import { indexImageNet } from '../../ml/data/imagenet/files.ts';
import { centreCrop, imageNetViews } from '../../ml/data/imagenet/views.ts';
import { imageNetNetwork } from '../../ml/nets/spec.ts';
import { initialState } from '../../ml/optim/init.ts';
import { buildProgram } from '../../ml/program.ts';
import { type EvaluationIdentity, evaluationFolder } from '../record/evaluations.ts';
import type { TestSet } from './evaluate.ts';
import { type EvaluationOrder, evaluateWeights, evaluationBatch } from './evaluation-run.ts';
import { inFolder } from './fixtures.ts';

const classes = smallClasses.length;
const identity: EvaluationIdentity = {
  weights: 'made up',
  spec: {
    network: {
      ...imageNetNetwork(50, 'B'),
      blocks: [1, 1, 1, 1],
      widths: [1, 2, 2, 3],
      stem: 'small',
      classes,
    },
    data: { set: 'imagenet', crop: 16, testShorterSide: 20 },
    mean: [0, 0, 0],
    tests: [
      { name: 'tenCrop', pad: 0 },
      { name: 'multiScale', sizes: [16, 24] },
    ],
  },
  data: 'made up',
  backend: 'reference',
  numerics: 1,
};
const { network, data } = identity.spec;
const program = buildProgram({
  network,
  imageSize: data.crop,
  sgd: { momentum: 0, weightDecay: 0, form: 'caffe' },
  trainBatch: 2,
  evaluationBatch,
});
const state = initialState(program, 1);

const order = (store: string, test: TestSet, rest: Partial<EvaluationOrder> = {}): EvaluationOrder => ({
  identity,
  state,
  test,
  store,
  threads: 1,
  force: false,
  checkpointSeconds: 0,
  command: 'test',
  signal: new AbortController().signal,
  onWaiting: () => {},
  onProgress: () => {},
  ...rest,
});

/** Images whose pixels are a function of their number; `filled` collects which ones were asked for. */
function noise(count: number, filled: number[] = []): TestSet {
  const view = (size: number): View => ({
    size,
    fill(start, some, out) {
      for (let i = 0; i < some; i++) {
        filled.push(start + i);
        for (let p = 0; p < 3 * size ** 2; p++)
          out[i * 3 * size ** 2 + p] = 50 * Math.sin((start + i + 1) * (p + 1));
      }
    },
  });
  const labels = Uint16Array.from({ length: count }, (_, i) => i % classes);
  const views: TestSet['views'] = test =>
    test.name === 'tenCrop' ? [view(data.crop)] : test.sizes.map(view);
  return { count, labels, single: view(data.crop), views };
}

describe('an evaluation of given weights', () => {
  it('counts every image once, in a last batch that is not full too', () =>
    inFolder(async store => {
      const count = 2 * evaluationBatch + 3;
      const filled: number[] = [];
      const record = await evaluateWeights(order(store, noise(count, filled)));
      const times = Array.from({ length: count }, (_, image) => filled.filter(each => each === image).length);
      expect(times).toEqual(Array(count).fill(1 + 1 + 2)); // single, one crop, two scales
      expect(record!.result.images).toBe(count);
      const wrong = record!.result.single.top1 * (count / 100);
      expect(wrong).toBeCloseTo(Math.round(wrong), 9);
      expect(record!.result.single.top5).toBe(0); // of three classes
      expect(record!.result.tests.tenCrop).toEqual(record!.result.single); // its only view is the same one here
    }));

  it('that is stopped goes on and ends in the same result', () =>
    inFolder(async store => {
      const whole = await evaluateWeights(order(join(store, 'whole'), noise(20)));
      const filled: number[] = [];
      const set = noise(20, filled);
      const stop = new AbortController();
      const part = order(join(store, 'part'), set, { signal: stop.signal, onProgress: () => stop.abort() });
      expect(await evaluateWeights(part)).toBeNull();
      expect(Math.max(...filled)).toBe(evaluationBatch - 1);
      filled.length = 0;
      const resumed = await evaluateWeights(order(join(store, 'part'), set));
      expect(Math.min(...filled)).toBe(evaluationBatch);
      expect(resumed!.result).toEqual(whole!.result);
      expect(readdirSync(evaluationFolder(join(store, 'part'), resumed!.key))).toEqual(['record.json']);
    }));

  it('that is recorded computes nothing, unless it is forced', () =>
    inFolder(async store => {
      const first = await evaluateWeights(order(store, noise(3)));
      const filled: number[] = [];
      expect(await evaluateWeights(order(store, noise(3, filled)))).toEqual(first);
      expect(filled).toEqual([]);
      const again = await evaluateWeights(order(store, noise(3, filled), { force: true }));
      expect(filled).not.toEqual([]);
      expect(again!.result).toEqual(first!.result);
    }));

  it('reads the validation images of a folder in the official layout', () =>
    inFolder(async folder => {
      await writeValidation(folder, 'flat');
      await writeDevkit(folder);
      const index = await indexImageNet(folder, 'val', classes);
      const reading = { index, data, mean: new Float32Array(3 * data.crop ** 2), decode };
      const test: TestSet = {
        count: index.count,
        labels: index.labels,
        single: centreCrop(reading),
        views: spec => imageNetViews(spec, reading),
      };
      const { result } = (await evaluateWeights(order(join(folder, 'store'), test)))!;
      expect(result.images).toBe(validationIds.length);
      expect(Object.keys(result.tests)).toEqual(['tenCrop', 'multiScale']);
      // Nobody trained these weights, but what they say of the centre crops can be counted by hand.
      const images = new Float32Array(5 * 3 * data.crop ** 2);
      await centreCrop(reading).fill(0, 5, images);
      const { backends } = await import('../../backends/registry.ts');
      const session = await (await backends.reference()).open(program, { threads: 1 });
      await session.setState(state);
      const logits = await session.predict(images, 5);
      const wrong = [...index.labels].filter((label, i) => {
        const own = [...logits.subarray(i * classes, (i + 1) * classes)];
        return own.indexOf(Math.max(...own)) !== label;
      });
      expect(result.single.top1).toBeCloseTo(20 * wrong.length, 9);
    }));
});
