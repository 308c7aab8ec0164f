import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { onnxruntime } from '../../../backends/onnxruntime/index.ts';
import { writeLocalisation } from '../../../ml/data/ilsvrc-loc/files.fixture.ts';
import { initialState } from '../../../ml/optim/init.ts';
import { buildProgram } from '../../../ml/program.ts';
import { loadTargets } from '../../manifest/load.ts';
import { networksOf } from '../../manifest/types.ts';
import { feedsFor } from '../feeds.ts';
import { readProposals } from '../proposals-file.ts';
import { scoresFile, scoresParts } from '../scores-file.ts';
import { stateFile, stateParts } from '../state.ts';
import type { Artefacts } from '../task.ts';
import { openData } from './data.ts';
import { dataSets } from './data-sets.ts';
import { execution } from './execution.ts';
import type { LocalisationData, View } from './images.ts';
import { openLists } from './lists.ts';
import { measuresOf } from './measures.ts';
import { longestOf, scaledTo } from './scaling.ts';
import type { TrainSpec } from './spec.ts';
import { needsOf } from './steps.ts';

let folder: string;
let digest: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-loc-'));
  vi.stubEnv('RESIDUALS_CACHE', join(folder, 'cache'));
  await writeLocalisation(folder, 4);
  ({ digest } = await openLists(folder, 3));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const [target] = await loadTargets(['table13'], 'smoke');
const [first, second, third] = networksOf(target!).map(({ spec }) => specFor(spec as TrainSpec));

/** The settings of smoke on photographs of three classes: 9 for training, 5 for tests. */
function specFor(smoke: TrainSpec): TrainSpec {
  const few = (spec: TrainSpec['before'][0]) => ({ ...spec, batch: 4 });
  return {
    ...smoke,
    data: {
      ...{ set: 'imagenet-loc', trainImages: 9, testImages: 5 },
      ...{ shorterSide: [36, 48], size: 32, flip: true, testShorterSide: 36, regions: 40 },
    },
    network: { ...smoke.network, classes: 3 },
    optimiser: { ...smoke.optimiser, batch: 4 },
    before: smoke.before.map(few),
    sampling: { ...smoke.sampling, proposals: 5 },
    tests: { sizes: [32, 40], guesses: 2 },
  };
}

const optionsFor = (spec: TrainSpec, needs: Record<string, Artefacts> = {}) => ({
  ...{ spec, seed: 1, data: digest, dataFolder: folder, threads: 1, needs },
});

const memo = new Map<string, Promise<{ measures: Record<string, number>; files: Artefacts }>>();

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
  const options = { ...optionsFor(spec, left), seed };
  let work = await execution.openTraining(options as never);
  const session = await onnxruntime.open(work.program, { threads: 1 });
  try {
    await session.setState(work.initial!);
    let sums: Record<string, number> = { wrong: 0, all: 1, loss: 0 };
    for (let i = 0; i < spec.schedule.iterations; i++) {
      if (i === stop) {
        await work.close();
        work = await execution.openTraining(options as never);
      }
      const feeds = feedsFor(work.program);
      await work.batches.fill(i, feeds);
      const outputs = await session.step(feeds, 1e-6);
      expect(outputs.loss).toBeGreaterThan(0);
      sums = work.observe(outputs, feeds);
    }
    const finished = (await work.finish(session, work.means(sums, 1), async () => true))!;
    const files: Artefacts = name => {
      const parts = finished.artefacts[name];
      return parts ? Buffer.concat(parts.map(part => Buffer.from(part))) : null;
    };
    return { measures: finished.measures, files };
  } finally {
    await session.close();
    await work.close();
  }
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
  return file => (parts[file] ? Buffer.concat(parts[file].map(part => Buffer.from(part))) : null);
}

/** Opens the images, and closes them in the end. */
async function withImages(use: (data: LocalisationData, spec: TrainSpec) => Promise<void>): Promise<void> {
  const data = await openData(optionsFor(first!));
  try {
    await use(data, first!);
  } finally {
    await data.close();
  }
}

describe('photographs', () => {
  it('have the size of their annotations, whatever that of the pictures', () =>
    withImages(async ({ train, test }) => {
      expect([train.count, test.count]).toEqual([9, 5]);
      expect(test.extent(0)).toEqual([150, 100]);
      expect([...Array.from(test.labels)]).toEqual([0, 1, 2, 2, 1]);
      expect(test.boxes(0)).toHaveLength(2);
    }));

  it('are cropped at random, their boxes with them: what is red and green tells where a pixel was', () =>
    withImages(async ({ train }, { data }) => {
      const { size } = data;
      const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
      let compared = 0;
      await fc.assert(
        // The other pictures are grey or of printing colours.
        fc.asyncProperty(
          fc.constantFrom(0, 1, 3, 8),
          fc.tuple(word, word, word, word),
          async (image, words) => {
            const out = new Float32Array(3 * size * size);
            const { boxes, write } = await train.crop(image, Uint32Array.from(words));
            write(out, 0);
            const red = out.subarray(0, size);
            const green = Float32Array.from({ length: size }, (_, y) => out[size * (size + y)]!);
            const sign = Math.sign(red[size - 1]! - red[0]!);
            const extent = train.extent(image);
            const view = train.whole();
            const whole = await squareOf(view, image);
            const darkest = [whole[0]!, whole[view.size ** 2]!];
            for (const [i, box] of train.boxes(image).entries()) {
              const seen = boxes[i]!;
              for (const side of seen) expect(side >= 0 && side <= size).toBe(true);
              for (const [axis, values] of [red, green].entries()) {
                const ends = axis === 0 && sign < 0 ? [axis + 2, axis] : [axis, axis + 2];
                for (const [edge, place] of [seen[axis]!, seen[axis + 2]!].entries()) {
                  if (place <= 0 || place >= size) continue;
                  // What is at the edge of the object in the crop is what is there in the picture.
                  const expected = (255 * box[ends[edge]!]!) / extent[axis]!;
                  const found = values[Math.floor(place)]! - darkest[axis]!;
                  expect(Math.abs(found - expected)).toBeLessThan(10);
                  compared++;
                }
              }
            }
          },
        ),
        { numRuns: 60 },
      );
      expect(compared).toBeGreaterThan(10);
    }));

  it('lie in squares that hold any of them, and boxes lead back', () =>
    withImages(async ({ test }) => {
      for (let image = 0; image < 5; image++) {
        for (const view of [test.dense(32), test.dense(40), test.whole()]) {
          expect(view.size % 4).toBe(0);
          const [columns, rows] = view.extent(image);
          expect(Math.max(columns, rows)).toBeLessThanOrEqual(view.size);
          const back = view.annotated(image, [0, 0, columns, rows]);
          for (const [i, side] of [0, 0, ...test.extent(image)].entries())
            expect(back[i]).toBeCloseTo(side, 9);
          const square = await squareOf(view, image);
          const zero = (y: number, x: number) => square[y * view.size + x] === 0;
          if (columns < view.size) expect([0, rows - 1].every(y => zero(y, columns))).toBe(true);
          if (rows < view.size) expect([0, columns - 1].every(x => zero(rows, x))).toBe(true);
          expect(zero(rows - 1, columns - 1)).toBe(false);
        }
      }
      // 75 x 50 at a shorter side of 36 is 54 x 36, of which the middle 32 x 32.
      const central = test.oneCrop().annotated(0, [0, 0, 32, 32]);
      for (const [i, side] of [11, 2, 43, 34].entries())
        expect(central[i]).toBeCloseTo((side * [150, 100][i % 2]!) / [54, 36][i % 2]!, 9);
    }));

  it('give regions of their own pixels', () =>
    withImages(async ({ test }) => {
      const source = await test.sources(5)(0);
      const [whole, half] = [new Float32Array(3 * 64), new Float32Array(3 * 64)];
      source.warp([0, 0, 150, 100], 8, whole, 0);
      source.warp([75, 0, 150, 100], 8, half, 0);
      // Red goes from 0 to 255 from left to right.
      expect(whole[7]! - whole[0]!).toBeGreaterThan(200);
      expect(Math.abs(half[0]! - (whole[3]! + whole[4]!) / 2 - 8)).toBeLessThan(8);
      expect(Math.abs(half[7]! - whole[7]! - 8)).toBeLessThan(8);
    }));

  it('are scaled by their shorter side, unless they are long', () => {
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 8, max: 700 }), (width, height, shorter) => {
        const [columns, rows] = scaledTo([width, height], shorter, longestOf(shorter));
        expect(Math.max(columns, rows)).toBeLessThanOrEqual(longestOf(shorter));
        expect(Math.min(columns, rows)).toBeLessThanOrEqual(shorter);
        const isLong = 3 * Math.max(width, height) > 5 * Math.min(width, height);
        expect(Math.min(columns, rows) === shorter || isLong).toBe(true);
        expect(columns >= rows).toBe(width >= height || columns === rows);
      }),
    );
    expect(scaledTo([500, 375], 256)).toEqual([341, 256]);
  });
});

describe('the steps of a localiser', () => {
  it('end in errors of one or several guesses, and in proposals within the images', async () => {
    const { measures, files } = await trained(first!);
    expect(Object.keys(measures).sort()).toEqual([...measuresOf(first!)].sort());
    // The first two guesses are the second and the third class: one image of five is of the first.
    expect(measures.classError).toBe(20);
    const { train, test } = readProposals(files('proposals.bin')!);
    expect([train.length, test.length]).toEqual([9, 5]);
    for (const own of test) expect(own.length).toBeGreaterThan(0);
    for (const [left, top, right, bottom] of test[0]!) {
      expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
      expect([right <= 150.001, bottom <= 100.001]).toEqual([true, true]);
    }
    const one = await trained({ ...first!, tests: { ...first!.tests, guesses: 1 } });
    expect(one.measures).toMatchObject({ classError: 60, dense: measures.dense });
  }, 60_000);

  it('are the same when they are interrupted', async () => {
    for (const spec of [first!, second!]) {
      const [whole, halves] = [await trained(spec), await trained(spec, 1, 2)];
      expect(halves.measures).toEqual(whole.measures);
      for (const file of ['state.bin', 'proposals.bin'])
        expect(halves.files(file)).toEqual(whole.files(file));
    }
  }, 120_000);

  it('go on to R-CNN and an ensemble', async () => {
    for (const spec of [second!, third!]) {
      const { measures } = await trained(spec);
      expect(Object.keys(measures).sort()).toEqual([...measuresOf(spec)].sort());
      expect(measures.classError).toBe(20);
      expect(measures.predicted).toBeGreaterThanOrEqual(measures.dense!);
    }
  }, 120_000);
});

describe('a folder', () => {
  it('is recognised, and has a digest where it is named', async () => {
    const set = dataSets['imagenet-loc'];
    expect([folder, join(folder, 'ILSVRC'), join(folder, 'cache')].map(set.recognises)).toEqual([
      ...[true, true, false],
    ]);
    expect(await set.digest(undefined)).toBeNull();
    expect(await set.ensure(folder)).toBe(folder);
    await expect(set.ensure(undefined)).rejects.toThrow('cannot be fetched for you');
  });

  it('with other or too few images is refused, and a picture that cannot be decoded is named', async () => {
    await expect(openData({ ...optionsFor(first!), data: 'another' })).rejects.toThrow(
      'the images are not those that the run was planned with',
    );
    const more = { ...first!, data: { ...first!.data, trainImages: 10 } } as TrainSpec;
    await expect(openData(optionsFor(more))).rejects.toThrow(
      'expected 10 images with boxes in train, found 9',
    );
    await withImages(async ({ test }) => {
      const file = (await openLists(folder, 3)).val.file(2);
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(0, 200));
      try {
        await expect(test.sources(5)(2)).rejects.toThrow(/ILSVRC2012_val_00000003\.JPEG cannot be decoded/);
        await expect(squareOf(test.whole(), 2)).rejects.toThrow('00000003.JPEG cannot be decoded');
      } finally {
        writeFileSync(file, whole);
      }
    });
  });
});

async function squareOf(view: View, image: number): Promise<Float32Array> {
  const out = new Float32Array(3 * view.size * view.size);
  await view.fill(image, 1, out);
  return out;
}
