import { Graph, type Value } from '../../ml/graph/graph.ts';
import type { Attributes, Inputs, OpName, Outputs, Shape } from '../../ml/graph/ops.ts';
import { type Comparison, compare, tolerances } from './comparison.ts';
import type { ConformanceCase, RunGraph } from './subject.ts';

/** Operators of detectors, with answers worked out by hand, where single operators can be run. None needs the reference. */
export function operatorAnswerCases(run: RunGraph): ConformanceCase[] {
  return answers.map(({ name, wrong, asked }) => ({
    rung: 'known answers',
    name: `known answer: ${name}`,
    wrong,
    run: async () => {
      const found: Comparison[] = [];
      for (const ask of asked) found.push(...(await ask(run)));
      return found;
    },
  }));
}

/** What is asked of a backend, and what a plausible mistake says instead. */
interface Answer {
  name: string;
  wrong: string;
  asked: readonly ((run: RunGraph) => Promise<Comparison[]>)[];
}

/** Numbers of a shape; integers are indices. */
type Numbers = readonly [shape: Shape, data: readonly number[] | Int32Array];

const answers: readonly Answer[] = [
  {
    name: 'a region is pooled from the cells of its image, in every channel',
    wrong:
      'cells that count through channels too give -11 instead of -101, a maximum that begins at 0 gives 0, bins by columns change -101 and -100 about',
    asked: [
      asking(
        'roiMaxPool',
        { x: minusPlaces(), cells: indices([2, 2], [4, 5, 2, 2]) },
        { bins: 1 },
        {
          y: [-101, -111, -2, -12],
        },
      ),
      asking(
        'roiMaxPool',
        { x: minusPlaces(), cells: indices([1, 4], [5, 4, 3, 1]) },
        { bins: 2 },
        {
          y: [-102, -101, -100, -1, -112, -111, -110, -11],
        },
      ),
    ],
  },
  {
    // Regions of dy 1 and 10 share their first 7; of that of 100 the 7 is the last cell, which fills up.
    name: 'of equal cells of a region the first one gets the gradient, once',
    wrong:
      'the last one gives 0, 1 and 110 instead of 11, 0 and 100; a cell that fills up counted each time 300; without adding up 10 instead of 11',
    asked: [
      asking(
        'roiMaxPoolGradient',
        {
          dy: [
            [3, 1, 1, 1],
            [1, 10, 100],
          ],
          x: [
            [1, 1, 2, 3],
            [0, 7, 7, 2, 7, 3],
          ],
          cells: indices([3, 4], [0, 1, 2, 2, 1, 2, 4, 4, 3, 4, 4, 4]),
        },
        { bins: 1 },
        { dx: [0, 11, 0, 0, 100, 0] },
      ),
    ],
  },
  {
    name: 'dropout multiplies by its mask, which scales up what is kept',
    wrong: 'without scaling it gives 3 and -5 instead of 6 and -10; scaling once more 12 and -20',
    asked: [
      asking(
        'dropout',
        {
          x: [
            [2, 3],
            [1, 3, -5, 7, 9, 11],
          ],
          mask: [
            [2, 3],
            [0, 2, 2, 0, 0, 1],
          ],
        },
        {},
        { y: [0, 6, -10, 0, 0, 11] },
      ),
    ],
  },
  {
    name: 'what is flattened goes channel by channel, and back',
    wrong: 'position by position 1 and 10 are neighbours',
    asked: [
      asking(
        'flatten',
        {
          x: [
            [1, 2, 1, 2],
            [1, 2, 10, 20],
          ],
        },
        {},
        { y: [1, 2, 10, 20] },
      ),
      asking(
        'flattenGradient',
        {
          dy: [
            [1, 4],
            [1, 2, 10, 20],
          ],
        },
        { channels: 2, size: [1, 2] },
        { dx: [1, 2, 10, 20] },
      ),
    ],
  },
  {
    name: 'the gradients of a row that is taken twice add up',
    wrong: 'the last one alone gives 10 and 20 instead of 11 and 22',
    asked: [
      asking(
        'gatherRowsGradient',
        {
          dy: [
            [3, 2],
            [1, 2, 10, 20, 100, 200],
          ],
          rows: indices([3], [1, 1, 0]),
        },
        { count: 3 },
        { dx: [100, 200, 11, 22, 0, 0] },
      ),
    ],
  },
  {
    // 1000 / 2 + 1000 + 2 ln 2; what has no weight does not count.
    name: 'a logistic loss and its gradient survive large logits',
    wrong:
      'the logarithm of a probability that is rounded to 0 is infinite, and NaN without a weight; cut off at -100 it gives 151.4 instead of 1501.4, a mean over the outputs 250.2',
    asked: [
      asking('sigmoidCrossEntropy', logistic(), {}, { loss: [1500 + 2 * Math.LN2] }),
      asking('sigmoidCrossEntropyGradient', logistic(), {}, { dlogits: [0, 0, 0.5, -1, -1, 0] }),
    ],
  },
  {
    // 72 / 72 + 18 (1/6 - 1/18) + 18 (1 - 1/18) + 18 / 18, the last at the kink.
    name: 'smooth L1 is quadratic within 1 / sigma^2',
    wrong: 'within 1 / sigma it gives 21.25, sigma for its square 16.4, a mean 5.25, instead of 21',
    asked: [
      asking('smoothL1', near([72, 18, 18, 18]), { sigma: 3 }, { loss: [21] }),
      asking('smoothL1Gradient', near([2, 1, 1, 1]), { sigma: 3 }, { dprediction: [1, 1, -1, 1] }),
    ],
  },
  {
    name: 'smooth L1 of sigma 1 is half a square up to a distance of 1',
    wrong: 'without the half off the distance beyond it gives 2.625 instead of 2.125; its slope is 1, not 2',
    asked: [
      asking('smoothL1', far(), { sigma: 1 }, { loss: [2.125] }),
      asking('smoothL1Gradient', far(), { sigma: 1 }, { dprediction: [0.5, 1, -1] }),
    ],
  },
  {
    name: 'the gradient of a constant batch norm has epsilon under the root',
    wrong:
      'added to the deviation instead it gives 35.9 and left out 36.5, instead of 31.6; through the statistics of the batch 0',
    asked: [
      asking(
        'batchNormInferenceGradient',
        {
          dy: [
            [1, 1, 1, 2],
            [1, 1],
          ],
          gamma: [[1], [2]],
          variance: [[1], [0.003]],
        },
        { epsilon: 0.001 },
        { dx: Array(2).fill(2 / Math.sqrt(0.004)) },
      ),
    ],
  },
  {
    name: 'the gradient of a bias is summed over images and positions',
    wrong: 'their mean gives 8.25 instead of 33, one image 3 or 30',
    asked: [
      asking(
        'biasGradient',
        {
          dy: [
            [2, 2, 1, 2],
            [1, 2, 3, 4, 10, 20, 30, 40],
          ],
        },
        {},
        { db: [33, 77] },
      ),
    ],
  },
];

/** Two images of two channels of three cells: hundreds are the image, tens the channel, ones the cell; all below 0. */
function minusPlaces(): Numbers {
  const places = [0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112];
  return [[2, 2, 1, 3], places.map(place => -place)];
}

/** Logits of either sign that are right, wrong, at 0, and wrong without a weight. */
function logistic(): Inputs<'sigmoidCrossEntropy', Numbers> {
  return {
    logits: [[6], [1000, -1000, 1000, -1000, 0, -1000]],
    targets: [[6], [1, 0, 0, 1, 1, 1]],
    weights: [[6], [1, 1, 0.5, 1, 2, 0]],
  };
}

/** Half-way to the kink of sigma 3, beyond it, far beyond it on the other side, and there. */
function near(weights: readonly number[]): Inputs<'smoothL1', Numbers> {
  return {
    prediction: [[4], [1 / 18, 1 / 6, 0, 1 / 9]],
    targets: [[4], [0, 0, 1, 0]],
    weights: [[4], weights],
  };
}

/** Half-way to the kink of sigma 1, there, and beyond it. */
function far(): Inputs<'smoothL1', Numbers> {
  return { prediction: [[3], [0.5, 4, 0]], targets: [[3], [0, 3, 2]], weights: [[3], [1, 1, 1]] };
}

function indices(shape: Shape, data: readonly number[]): Numbers {
  return [shape, Int32Array.from(data)];
}

/** One operator on its inputs against what is to come out. */
function asking<K extends OpName>(
  op: K,
  inputs: NoInfer<Inputs<K, Numbers>>,
  attributes: Attributes[K],
  expected: Outputs<K, readonly number[]>,
): Answer['asked'][number] {
  return async run => {
    const graph = new Graph();
    const feeds = new Map<number, Float32Array | Int32Array>();
    const values = Object.entries<Numbers>(inputs).map(([name, [shape, data]]) => {
      const value = graph.input(data instanceof Int32Array ? 'indices' : 'images', name, shape);
      feeds.set(value.id, data instanceof Int32Array ? data : Float32Array.from(data));
      return [name, value] as const;
    });
    const outputs = graph.apply(op, Object.fromEntries(values) as never, attributes, op);
    for (const value of Object.values<Value>(outputs)) graph.output(value.name, value);
    const received = await run(graph, feeds);
    return Object.entries<Value>(outputs).map(([name, value]) =>
      compare(
        value.name,
        received.get(value.id) ?? [],
        expected[name as keyof typeof expected],
        tolerances.exact,
      ),
    );
  };
}
