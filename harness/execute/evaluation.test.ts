import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../ml/data/imagenet/decode.ts';
import {
  smallClasses,
  validationIds,
  writeDevkit,
  writeValidation,
} from '../../ml/data/imagenet/files.fixture.ts';
import { indexImageNet } from '../../ml/data/imagenet/files.ts';
import { centreCrop, imageNetViews } from '../../ml/data/imagenet/views.ts';
import type { ImageView } from '../../ml/data/images.ts';
import { imageNetNetwork } from '../../ml/nets/spec.ts';
import { initialState } from '../../ml/optim/init.ts';
import { buildProgram } from '../../ml/program.ts';
import { openStore } from '../record/store.ts';
import { type EvaluateIdentity, version } from '../record/types.ts';
import { evaluationWork, executionWith } from '../tasks/classification/execution.ts';
import type { EvaluateSpec } from '../tasks/classification/spec.ts';
import type { TestSet } from '../tasks/classification/types.ts';
import { evaluatedTogether } from '../tasks/classification/workload.ts';
import { inFolder, orderFor, runHere } from './jobs.fixture.ts';
import type { Order, WorkerMessage } from './types.ts';

const classes = smallClasses.length;
const spec: EvaluateSpec = {
  network: {
    ...imageNetNetwork(50, 'B'),
    blocks: [1, 1, 1, 1],
    widths: [1, 2, 2, 3],
    stem: 'small',
    classes,
  },
  data: { set: 'imagenet', crop: 32, testShorterSide: 36, testImages: 20 },
  mean: [0, 0, 0],
  tests: [
    { name: 'tenCrop', pad: 0 },
    { name: 'multiScale', sizes: [32, 40], flip: true },
  ],
};
const identity: EvaluateIdentity = {
  version,
  kind: 'evaluate',
  task: 'classification',
  spec,
  inputs: { data: 'made up', weights: 'made up' },
  backend: 'reference',
  numerics: 1,
};
const { network, data } = spec;
const program = buildProgram({
  network,
  imageSize: data.crop,
  sgd: { momentum: 0, weightDecay: 0, form: 'caffe' },
  trainBatch: 2,
  evaluationBatch: evaluatedTogether,
});
const state = initialState(program, 1);

const order = (store: string, rest: Partial<Order> = {}): Order =>
  orderFor(store, identity, {
    weights: { file: 'made up', format: 'made up', integrity: 'made up' },
    ...rest,
  });

/** Evaluates weights that nobody trained on `test`, in this process. */
function evaluate(
  of: Order,
  test: TestSet,
  react: (message: WorkerMessage, stop: () => void) => void = () => {},
) {
  const close = async () => {};
  const openEvaluation = async () => ({ ...evaluationWork(program, test, spec.tests), state, close });
  return runHere(of, react, { execution: { ...executionWith(), openEvaluation } });
}

/** Images whose pixels are a function of their number; `filled` collects which ones were asked for. */
function noise(count: number, filled: number[] = []): TestSet {
  const view = (size: number): ImageView => ({
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
      const count = 2 * evaluatedTogether + 3;
      const filled: number[] = [];
      const { record, how } = (await evaluate(order(store), noise(count, filled)))!;
      const times = Array.from({ length: count }, (_, image) => filled.filter(each => each === image).length);
      expect(times).toEqual(Array(count).fill(1 + 1 + 2)); // single, one crop, two scales
      expect(how).toBe('ran');
      const { measures, facts, curves, digests, determinism } = record.result;
      expect(facts).toEqual({ images: count });
      const wrong = measures['single.top1']! * (count / 100);
      expect(wrong).toBeCloseTo(Math.round(wrong), 9);
      expect(measures['single.top5']).toBe(0); // of three classes
      expect(measures['tenCrop.top1']).toBe(measures['single.top1']); // its only view is the same one here
      expect(Object.keys(measures)).toEqual([
        'single.top1',
        'single.top5',
        'tenCrop.top1',
        'tenCrop.top5',
        'multiScale.top1',
        'multiScale.top5',
      ]);
      expect([curves, Object.keys(digests), determinism.tier]).toEqual([{}, ['scores'], 'D3']);
      expect(openStore(store).record(record.key)).toEqual(record);
    }));

  it('that is stopped goes on and ends in the same result', () =>
    inFolder(async store => {
      const whole = (await evaluate(order(join(store, 'whole')), noise(20)))!.record;
      const filled: number[] = [];
      const set = noise(20, filled);
      const part = order(join(store, 'part'));
      const end = await evaluate(part, set, ({ type }, stop) => type === 'checkpointed' && stop());
      expect(end).toBeNull();
      expect(Math.max(...filled)).toBe(evaluatedTogether - 1);
      expect(openStore(part.store).done(part.key)).toBe(evaluatedTogether);
      filled.length = 0;
      const { record, how } = (await evaluate(part, set))!;
      expect(how).toBe('resumed');
      expect(Math.min(...filled)).toBe(evaluatedTogether);
      expect(record.result).toEqual(whole.result);
      expect(record.provenance.resumed).toBe(1);
      expect(readdirSync(openStore(part.store).jobFolder(record.key))).toEqual(['record.json']);
    }));

  it('that is stopped before its first batch has nothing to go on from', () =>
    inFolder(async store => {
      const end = await evaluate(order(store), noise(20), ({ type }, stop) => type === 'started' && stop());
      expect(end).toBeNull();
      expect(openStore(store).done(order(store).key)).toBeNull();
    }));

  it('that is recorded computes nothing, unless it is forced', () =>
    inFolder(async store => {
      const { record } = (await evaluate(order(store), noise(3)))!;
      const filled: number[] = [];
      expect(await evaluate(order(store), noise(3, filled))).toEqual({ record, how: 'recorded' });
      expect(filled).toEqual([]);
      const again = (await evaluate(order(store, { force: true }), noise(3, filled)))!;
      expect(filled).not.toEqual([]);
      expect(again.record.result).toEqual(record.result);
    }));

  it('needs weights to be named', () =>
    inFolder(async store => {
      const { weights: _, ...without } = order(store);
      await expect(evaluate(without, noise(3))).rejects.toThrow('ResNet-8: the order names no weights.');
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
        views: protocol => imageNetViews(protocol, reading),
      };
      const { result } = (await evaluate(order(join(folder, 'store')), test))!.record;
      expect(result.facts.images).toBe(validationIds.length);
      // Nobody trained these weights, but what they say of the centre crops can be counted by hand.
      const images = new Float32Array(5 * 3 * data.crop ** 2);
      await centreCrop(reading).fill(0, 5, images);
      const { backends } = await import('../../backends/registry.ts');
      const session = await (await backends.reference()).open(program, { threads: 1 });
      await session.setState(state);
      const logits = await session.run('predict', { images });
      const wrong = [...index.labels].filter((label, i) => {
        const own = [...logits.subarray(i * classes, (i + 1) * classes)];
        return own.indexOf(Math.max(...own)) !== label;
      });
      expect(result.measures['single.top1']).toBeCloseTo(20 * wrong.length, 9);
    }));
});
