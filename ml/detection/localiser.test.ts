import { expect, it } from 'vitest';
import { reference } from '../../backends/reference/index.ts';
import { initialState } from '../optim/init.ts';
import { buildLocaliser, type LocaliserSpec, localiserMap } from './localiser.ts';

const spec = {
  half: 'proposals',
  network: {
    family: 'residual',
    block: 'basic',
    blocks: [1, 1, 1],
    widths: [4, 6, 8],
    shortcut: 'A',
    strideIn: 'first1x1',
    stem: 'small',
    classes: 3,
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    init: { convolution: 'he', classifier: 0.01 },
  },
  classes: 3,
  anchors: 2,
  imageSize: 8,
  sgd: { momentum: 0.9, weightDecay: 0, form: 'caffe' },
  trainBatch: 2,
  evaluationBatch: 2,
} as const satisfies LocaliserSpec;

it.each([
  ['proposals', [2, 6, 2, 2]],
  ['regions', [2, 3]],
] as const)('a step takes targets in the form of the outputs of %s', (half, shape) => {
  const program = buildLocaliser({ ...spec, half });
  const { graph, logits } = program.train();
  const fed = graph.inputs.filter(({ kind }) => kind !== 'parameter' && kind !== 'statistic');
  expect(fed.map(({ value }) => value.name)).toEqual(Object.keys(program.inputs));
  expect(logits.shape).toEqual(shape);
  expect(program.inputs.offsets!.shape).toEqual(shape.map((size, i) => (i === 1 ? 4 * size : size)));
});

it('only what is weighed is learned', async () => {
  const program = buildLocaliser({ ...spec, half: 'regions' });
  const session = await reference.open(program, { threads: 1 });
  const zeros = (name: string) => new Float32Array(program.inputs[name]!.shape.reduce((a, b) => a * b, 1));
  const feeds = {
    images: zeros('images').map((_, i) => Math.sin(i)),
    targets: zeros('targets'),
    targetWeights: zeros('targetWeights'),
    offsets: zeros('offsets').fill(1),
    offsetWeights: zeros('offsetWeights'),
  };
  feeds.targetWeights[1] = 1; // the second class of the first region
  await session.setState(initialState(program, 1));
  const { loss } = await session.step(feeds, 1);
  expect(loss).toBeCloseTo(Math.log(2), 1);
  const { velocity } = await session.getState();
  const moved = (name: string) => {
    const { offset, size } = program.parameters.find(slot => slot.name === name)!;
    return [...velocity.subarray(offset, offset + size)].map(value => value !== 0);
  };
  expect(moved('region_score.bias')).toEqual([false, true, false]);
  expect(moved('region_box.bias').some(Boolean)).toBe(false);
  await session.close();
});

it('positions follow the size of the images', () => {
  expect(localiserMap(spec, 24)).toEqual({ rows: 6, columns: 6, stride: 4 });
});
