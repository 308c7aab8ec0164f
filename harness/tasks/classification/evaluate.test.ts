import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../../backends/contract.ts';
import { reference } from '../../../backends/reference/index.ts';
import type { ImageView } from '../../../ml/data/images.ts';
import { initialState } from '../../../ml/optim/init.ts';
import { buildProgram } from '../../../ml/program.ts';
import { tinySpec } from '../../execute/jobs.fixture.ts';
import { evaluate, evaluationBatch, measureResponses, scoreBatch, scoreTest } from './evaluate.ts';
import type { TestSet } from './types.ts';

const classes = 10;
const size = 8;
const program = buildProgram({
  network: tinySpec.network,
  imageSize: size,
  sgd: tinySpec.optimiser.sgd,
  trainBatch: 4,
  evaluationBatch: 4,
});

/** A view whose pixels are a function of the image's number and of the view. */
function view(seed: number, side = size, asked: number[] = []): ImageView {
  return {
    size: side,
    fill(start, count, out) {
      for (let i = 0; i < count; i++) {
        asked.push(start + i);
        const length = 3 * side ** 2;
        for (let p = 0; p < length; p++) out[i * length + p] = 60 * Math.sin((start + i + seed) * (p + 1));
      }
    },
  };
}

const set = (count: number, views: ImageView[] = []): TestSet => ({
  count,
  labels: Uint8Array.from({ length: count }, (_, i) => (3 * i) % classes),
  single: view(1),
  views: () => views,
});

let session: Session;
beforeAll(async () => {
  session = await reference.open(program, { threads: 1 });
  await session.setState(initialState(program, 1));
});
afterAll(() => session.close());

const go = async () => true;

/** Softmax of the logits of one image, computed by itself. */
async function alone(of: ImageView, image: number): Promise<number[]> {
  const images = new Float32Array(3 * of.size ** 2);
  await of.fill(image, 1, images);
  const logits = [...(await session.run('predict', { images }, { size: of.size }))];
  const powers = logits.map(logit => Math.exp(logit - Math.max(...logits)));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map(power => power / sum);
}

it('evaluates in batches of the largest size up to 250 that divides the test images', () => {
  expect([10_000, 500, 2000, 20, 251].map(images => evaluationBatch(images, 32))).toEqual([
    250, 250, 250, 20, 1,
  ]);
  expect(evaluationBatch(50_000, 224)).toBe(10);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), images => {
      const batch = evaluationBatch(images, 32);
      expect(images % batch).toBe(0);
      for (let larger = batch + 1; larger <= 250; larger++) expect(images % larger).not.toBe(0);
    }),
  );
});

describe('the test error', () => {
  it('is that of the first images, of which the last batch may be part', async () => {
    const images = set(9);
    for (const count of [9, 6, 1]) {
      const found = (await evaluate(session, program, images, count, go))!;
      let [wrong, loss] = [0, 0];
      for (let i = 0; i < count; i++) {
        const scores = await alone(images.single, i);
        if (scores.indexOf(Math.max(...scores)) !== images.labels[i]) wrong++;
        loss -= Math.log(scores[images.labels[i]!]!) / count;
      }
      expect(found.error).toBeCloseTo((100 * wrong) / count, 9);
      expect(found.loss).toBeCloseTo(loss, 4);
    }
  });

  it('comes to nothing when it is stopped between batches', async () => {
    let batches = 0;
    expect(await evaluate(session, program, set(9), 9, async () => ++batches < 3)).toBeNull();
    expect(batches).toBe(3);
  });
});

describe('scores under a test protocol', () => {
  const views = [view(1), view(50), view(7, 12)]; // one of another size
  const test = { name: 'tenCrop', pad: 0 } as const;

  it('are the mean over the views of softmax', async () => {
    const scores = (await scoreTest(session, program, set(6, views), test, go))!;
    expect(scores).toHaveLength(6 * classes);
    for (let image = 0; image < 6; image++) {
      const each = await Promise.all(views.map(of => alone(of, image)));
      for (let c = 0; c < classes; c++) {
        const mean = each.reduce((sum, of) => sum + of[c]!, 0) / views.length;
        expect(scores[image * classes + c]).toBeCloseTo(mean, 5);
      }
    }
  });

  it('take all views of a batch of images before the next one, so that a file is decoded once', async () => {
    const asked: number[] = [];
    const noted = [view(1, size, asked), view(2, size, asked)];
    await scoreTest(session, program, set(6, noted), test, go);
    expect(asked).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 4, 5]);
  });

  it('come to nothing when they are stopped between views', async () => {
    let passes = 0;
    expect(await scoreBatch(session, program, views, 0, 4, async () => ++passes < 2)).toBeNull();
    expect(await scoreTest(session, program, set(6, views), test, async () => ++passes < 6)).toBeNull();
  });
});

describe('layer responses', () => {
  it('are standard deviations over all test images, a point for each layer', async () => {
    const points = (await measureResponses(session, program, set(8), go))!;
    expect(points.map(({ at }) => at)).toEqual(program.responseLayers.map((_, i) => i + 1));
    const moments = await Promise.all(
      [0, 4].map(async start => {
        const images = new Float32Array(4 * 3 * size ** 2);
        await view(1).fill(start, 4, images);
        return session.run('responses', { images });
      }),
    );
    for (const [i, { std }] of points.entries()) {
      const [mean, squares] = [0, 1].map(j => moments.reduce((sum, of) => sum + of[2 * i + j]!, 0) / 2);
      expect(std).toBeCloseTo(Math.sqrt(squares! - mean! ** 2), 4);
    }
  });

  it('come to nothing when they are stopped', async () => {
    expect(await measureResponses(session, program, set(8), async () => false)).toBeNull();
  });
});
