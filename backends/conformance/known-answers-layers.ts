import { batchNormOf } from '../../ml/nets/spec.ts';
import { partOf } from '../../ml/program.ts';
import { type Comparison, compare, tolerances } from './comparison.ts';
import { type Problem, problems, programOf } from './problems.ts';
import type { ConformanceCase, Subject } from './subject.ts';
import { withSession } from './subject.ts';
import { copyChannels, setTap, shutBranches, slotOf, tapOffset, transparentState } from './transparent.ts';

/** Layers of whole networks, with answers worked out by hand. None of them needs the reference. */
export const layerAnswerCases: readonly ConformanceCase[] = [
  known(
    'epsilon is added to the variance, under the root',
    'added to the deviation instead it gives 35.9 and left out 36.5, instead of 31.6',
    epsilonUnderTheRoot,
  ),
  known(
    'a batch is normalised with its biased variance',
    'the unbiased one makes logits 0.03% smaller; an epsilon of 1e-5 gives 0.998 instead of 0.845',
    biasedVariance,
  ),
  known(
    'option A takes every second pixel and puts zero channels last',
    'zeros first or on both sides shift the features; averages instead of every second pixel give 15 and more instead of 1, 2, 3',
    optionA,
  ),
  known(
    'a 7x7 convolution of stride 2 has 3 pixels of padding on each side',
    "2 before and 3 after, as TensorFlow's SAME, give 17 instead of 25",
    stemPadding,
  ),
  known(
    'a 3x3 convolution of stride 2 has a pixel of padding on each side',
    "none before and one after, as TensorFlow's SAME, give 1 instead of 0.75",
    stridedPadding,
  ),
  known(
    'max pooling keeps a last window that the edge cuts off',
    'without it (floor mode) the answer is 0, with a pixel of padding on each side 2, instead of 1',
    ceilMode,
  ),
  known(
    'of equal maxima the first one gets the gradient',
    'the last one gives the negative, shared by all of them 0',
    ties,
  ),
  known(
    'softmax and its mean survive large logits',
    'exponentials that are not shifted overflow: the loss is infinite or NaN; a sum over the batch gives 8,000 instead of 500',
    largeLogits,
  ),
];

/** ResNet-14 with shortcuts of option A; plain-8; ResNet-12 with the stem of ImageNet. */
const [small, plain, stem] = [problems[2]!, problems[1]!, problems[9]!];

/** Mean 1, variance 0.003 and images of 3: 2 / sqrt(0.003 + epsilon). */
async function epsilonUnderTheRoot(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(small);
  copyChannels(program, state, 'conv1');
  partOf(state.statistics, slotOf(program.statistics, 'conv1.bn.mean')).fill(1);
  partOf(state.statistics, slotOf(program.statistics, 'conv1.bn.variance')).fill(0.003);
  const answer = 2 / Math.sqrt(0.003 + batchNormOf(program.network)!.epsilon);
  const images = drawn(8, () => 3);
  return predicts(subject, { program, state, images }, logits(Array(4).fill(answer)));
}

/** Columns of 0.05 and -0.05 in turn: mean 0, variance 0.0025. Shortcuts only see the positive ones. */
async function biasedVariance(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(small);
  copyChannels(program, state, 'conv1');
  const image = drawn(8, (_c, _i, j) => (j % 2 === 0 ? 0.05 : -0.05));
  const answer = 0.05 / Math.sqrt(0.0025 + batchNormOf(program.network)!.epsilon);
  const step = await withSession(subject, program, async session => {
    await session.setState(state);
    return session.step({ images: repeated(image, 16), labels: new Int32Array(16) }, 0);
  });
  const expected = repeated(logits(Array(4).fill(answer)), 16);
  return [compare('logits', step.logits, expected, tolerances.exact)];
}

/** Two halvings in a row take every fourth pixel, where channels are 1, 2 and 3; all else is 16. Features from 4 on are new. */
async function optionA(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(small);
  copyChannels(program, state, 'conv1');
  const images = drawn(8, (c, i, j) => (i % 4 === 0 && j % 4 === 0 ? c + 1 : 16));
  return predicts(subject, { program, state, images }, logits([1, 2, 3, 1]));
}

/** A weight is 1 + 7 row + column; the first pixel alone is white. The centre of the kernel meets it first. */
async function stemPadding(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(stem);
  for (let row = 0; row < 7; row++) {
    for (let column = 0; column < 7; column++)
      setTap(program, state, 'conv1', { filter: 0, channel: 0, row, column }, 1 + 7 * row + column);
  }
  const images = drawn(32, (c, i, j) => (c + i + j === 0 ? 1 : 0));
  return predicts(subject, { program, state, images }, logits([25]));
}

/** Filters that look a pixel up, left, down or right in white images: the first row or column of the first two is black. */
async function stridedPadding(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(plain, 'open');
  for (const layer of ['conv1', 'conv2_1a', 'conv2_1b', 'conv3_1b', 'conv4_1a', 'conv4_1b'])
    copyChannels(program, state, layer, 4);
  const places = [
    [0, 1],
    [1, 0],
    [2, 1],
    [1, 2],
  ] as const;
  for (const [filter, [row, column]] of places.entries())
    setTap(program, state, 'conv3_1a', { filter, channel: filter, row, column }, 1);
  const images = drawn(16, () => 1);
  return predicts(subject, { program, state, images }, logits([0.75, 0.75, 1, 1]));
}

/**
 * Of 18 x 18 pixels behind the first convolution the last is 4, the one before the one before it 8. Pooled to 9 x 9, of
 * which shortcuts leave the corners, and of those the mean: 4 / 4.
 */
async function ceilMode(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(stem);
  copyChannels(program, state, 'conv1');
  const images = drawn(36, (_c, i, j) => (i === 34 && j === 34 ? 4 : i === 30 && j === 30 ? 8 : 0));
  return predicts(subject, { program, state, images }, logits([1, 1, 1, 1, 1]), 36);
}

/**
 * The first convolution takes every second pixel. Two of them are 1, in the first window of the pooling; all others are 0.
 * To the right of the first and below the second is a 1 that only the gradients of the weights beside and below the centre
 * see: they differ by what the first got and the second did not, 1 / sqrt(variance + epsilon) times the probability of
 * class 0, of which no image is.
 */
async function ties(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(stem);
  copyChannels(program, state, 'conv1', 1);
  const white = ['0 0', '0 1', '2 2', '3 2'];
  const image = drawn(32, (c, i, j) => (c === 0 && white.includes(`${i} ${j}`) ? 1 : 0));
  const end = await withSession(subject, program, async session => {
    await session.setState(state);
    await session.step({ images: repeated(image, 16), labels: new Int32Array(16).fill(1) }, 1);
    return session.getState();
  });
  const gradient = (row: number, column: number) =>
    end.velocity[tapOffset(program, 'conv1', { filter: 0, channel: 0, row, column })]!;
  const mean = 2 / 16 ** 2;
  const inverseStd = 1 / Math.sqrt(mean - mean ** 2 + batchNormOf(program.network)!.epsilon);
  const logit = (1 - mean) * inverseStd;
  const probability = 1 / (1 + 9 * Math.exp(-logit));
  const received = [gradient(3, 4) - gradient(4, 3)];
  return [compare('gradient at the first maximum', received, [inverseStd * probability], tolerances.step)];
}

/** Logit 0 is 1000, the others 0: a loss of 0 where it is the label, else of 1000. */
async function largeLogits(subject: Subject): Promise<Comparison[]> {
  const { program, state } = transparent(small);
  const [weight, bias] = ['fc.weight', 'fc.bias'].map(name => slotOf(program.parameters, name));
  partOf(state.parameters, weight!).fill(0);
  state.parameters[bias!.offset] = 1000;
  const images = repeated(
    drawn(8, () => 1),
    16,
  );
  const labels = Int32Array.from({ length: 16 }, (_, i) => i % 2);
  const { loss, end } = await withSession(subject, program, async session => {
    await session.setState(state);
    const { loss } = await session.step({ images, labels }, 1);
    return { loss, end: await session.getState() };
  });
  return [
    compare('loss', [loss], [500], tolerances.exact),
    compare('gradient of fc.bias', partOf(end.velocity, bias!), logits([0.5, -0.5]), tolerances.exact),
  ];
}

function known(name: string, wrong: string, run: ConformanceCase['run']): ConformanceCase {
  return { rung: 'known answers', name: `known answer: ${name}`, wrong, run };
}

/** Without decay, so that a velocity after a step at rate 1 is the gradient in either form. */
function transparent(problem: Problem, branches: 'open' | 'shut' = 'shut') {
  const program = programOf(problem, { weightDecay: 0 });
  const state = transparentState(program);
  if (branches === 'shut') shutBranches(program, state);
  return { program, state };
}

async function predicts(
  subject: Subject,
  { program, state, images }: ReturnType<typeof transparent> & { images: Float32Array },
  expected: Float32Array,
  size?: number,
): Promise<Comparison[]> {
  const received = await withSession(subject, program, async session => {
    await session.setState(state);
    return session.run('predict', { images }, size === undefined ? {} : { size });
  });
  return [compare('logits', received, expected, tolerances.exact)];
}

/** Ten logits: those given, and zeros. */
function logits(first: readonly number[]): Float32Array {
  return Float32Array.from({ length: 10 }, (_, k) => first[k] ?? 0);
}

/** An image, from its channel, row and column. */
function drawn(size: number, pixel: (channel: number, row: number, column: number) => number): Float32Array {
  return Float32Array.from({ length: 3 * size * size }, (_, i) =>
    pixel(Math.floor(i / size ** 2), Math.floor((i % size ** 2) / size), i % size),
  );
}

function repeated(values: Float32Array, times: number): Float32Array {
  return Float32Array.from({ length: times * values.length }, (_, i) => values[i % values.length]!);
}
