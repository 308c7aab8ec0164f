import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxruntime } from '../../../backends/onnxruntime/index.ts';
import { buildLocaliser } from '../../../ml/detection/localiser.ts';
import { Regions, sidesOf } from '../../../ml/detection/regions.ts';
import { initialState } from '../../../ml/optim/init.ts';
import { buildProgram } from '../../../ml/program.ts';
import { readProposals } from '../proposals-file.ts';
import { scoresFile, scoresParts } from '../scores-file.ts';
import { stateFile, stateParts } from '../state.ts';
import type { Artefacts, Values } from '../task.ts';
import { filesOf, trainedHere } from '../trained.fixture.ts';
import { reclassify } from './evaluate.ts';
import { execution } from './execution.ts';
import { measuresOf } from './measures.ts';
import {
  first,
  optionsFor,
  type SmallSet,
  second,
  smallSet,
  third,
  withImages,
} from './photographs.fixture.ts';
import type { TrainSpec } from './spec.ts';
import { needsOf } from './steps.ts';

let set: SmallSet;
beforeAll(async () => {
  set = await smallSet();
});
afterAll(() => set.remove());

const memo = new Map<string, Promise<{ measures: Values; files: Artefacts }>>();

/** Trains a step, and those that it needs before, here; what they leave. `stop`: it is begun anew after so many iterations. */
function trained(spec: TrainSpec, seed = 1, stop?: number) {
  const id = JSON.stringify([spec, seed, stop]);
  const found = memo.get(id) ?? train(spec, seed, stop);
  memo.set(id, found);
  return found;
}

async function train(spec: TrainSpec, seed: number, stop?: number) {
  const left: Record<string, Artefacts> = {};
  for (const [role, need] of Object.entries(needsOf(spec, seed))) {
    left[role] =
      need.task === 'localisation'
        ? (await trained(need.spec as TrainSpec, need.seed)).files
        : backboneOf(spec.network, need.seed);
  }
  const options = { ...optionsFor(set, spec, left), seed };
  return trainedHere(execution, options, { iterations: spec.schedule.iterations, rate: 1e-6, stop });
}

/** A backbone whose scores make the second class the first guess, the third one the next. */
function backboneOf(network: TrainSpec['network'], seed: number): Artefacts {
  const sgd = { momentum: 0, weightDecay: 0, form: 'caffe' } as const;
  const program = buildProgram({ network, imageSize: 32, sgd, trainBatch: 1, evaluationBatch: 1 });
  const initial = initialState(program, seed);
  // Batch norm that was never trained does not normalise: features would be large.
  const parameters = initial.parameters.map(value => 0.4 * value);
  const scores = Float32Array.from({ length: 15 }, (_, i) => [0.1, 0.6, 0.3][i % 3]!);
  const parts: Record<string, Uint8Array[]> = {
    [stateFile]: stateParts(program, { ...initial, parameters }),
    [scoresFile]: scoresParts({
      ...{ classes: 3, labels: Uint16Array.of(0, 1, 2, 2, 1), tests: new Map([['multiScale', scores]]) },
    }),
  };
  return filesOf(parts);
}

describe('the steps of a localiser', () => {
  it('end in errors of one or several guesses, and in proposals within the images', async () => {
    const { measures, files } = await trained(first);
    expect(Object.keys(measures).sort()).toEqual([...measuresOf(first)].sort());
    // The first two guesses are the second and the third class: one image of five is of the first.
    expect(measures.classError).toBe(20);
    const { train, test } = readProposals(files('proposals.bin')!);
    expect([train.images, test.images]).toEqual([9, 5]);
    for (let image = 0; image < 5; image++) expect(test.count(image)).toBeGreaterThan(0);
    for (const [left, top, right, bottom] of test.of(0)) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect([right <= 150.001, bottom <= 100.001]).toEqual([true, true]);
    }
    const one = await trained({ ...first, tests: { ...first.tests, guesses: 1 } });
    expect(one.measures).toMatchObject({ classError: 60, dense: measures.dense });
  }, 60_000);

  it('are the same when they are interrupted', async () => {
    for (const spec of [first, second]) {
      const [whole, halves] = [await trained(spec), await trained(spec, 1, 2)];
      expect(halves.measures).toEqual(whole.measures);
      for (const file of ['state.bin', 'proposals.bin'])
        expect(halves.files(file)).toEqual(whole.files(file));
    }
  }, 120_000);

  it('go on to R-CNN and an ensemble', async () => {
    for (const spec of [second, third]) {
      const { measures } = await trained(spec);
      expect(Object.keys(measures).sort()).toEqual([...measuresOf(spec)].sort());
      expect(measures.classError).toBe(20);
      expect(measures.predicted).toBeGreaterThanOrEqual(measures.dense!);
    }
  }, 120_000);
});

it('regions of some of the images are scored as among all', () =>
  withImages(set, async ({ test }) => {
    const spec = second;
    const program = buildLocaliser({
      ...{ half: 'regions', network: spec.network, classes: 3, anchors: 3, imageSize: 32 },
      ...{ sgd: spec.optimiser.sgd, trainBatch: 1, evaluationBatch: 3 },
    });
    const session = await onnxruntime.open(program, { threads: 1 });
    try {
      await session.setState(initialState(program, 1));
      const regions = new Regions(
        [0, 1, 2, 3, 4].map(image => sidesOf([...test.boxes(image), [0, 0, 30 + image, 30]])),
      );
      const score = (from: number, to: number) =>
        reclassify({ session, program, spec }, test, regions, [from, to], async () => true);
      const all = (await score(0, 5))!;
      expect(all.map(({ scores }) => scores.length)).toEqual([3, 2, 2, 2, 2]);
      const parts = [...(await score(0, 2))!, ...(await score(2, 5))!];
      for (const [image, { boxes, scores }] of parts.entries()) {
        for (const [i, value] of scores.entries()) expect(value).toBeCloseTo(all[image]!.scores[i]!, 5);
        for (const [i, box] of boxes.entries())
          for (const [side, value] of box.entries())
            expect(value).toBeCloseTo(all[image]!.boxes[i]![side]!, 3);
      }
    } finally {
      await session.close();
    }
  }));
