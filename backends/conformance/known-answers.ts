import { elements } from '../../ml/graph/ops.ts';
import type { SgdSpec } from '../../ml/optim/sgd.ts';
import { type ModelState, type Program, partOf, type Slot } from '../../ml/program.ts';
import type { Session } from '../contract.ts';
import { type Comparison, compare, tolerances } from './comparison.ts';
import { problems, programOf, randomState } from './problems.ts';
import { Draw } from './random.ts';
import { type ConformanceCase, type Subject, withSession } from './subject.ts';

/** The update and the moving averages, with answers worked out by hand. None of them needs the reference. */
export const knownAnswerCases: readonly ConformanceCase[] = [
  ...updates().map(update => ({
    rung: 'known answers' as const,
    name: `known answer: ${update.name}`,
    wrong: update.wrong,
    run: (subject: Subject) => weightUpdate(subject, update),
  })),
  {
    rung: 'known answers',
    name: 'known answer: running statistics',
    wrong:
      'averages that keep a tenth, not nine tenths, move the mean to 2.8 instead of 1.2; the biased variance of 1,024 pixels is 0.1% less than the unbiased one',
    run: runningStatistics,
  },
];

/** Any network will do: the answers are about its first layer. */
const net = { ...problems[0]!, imageSize: 8 };

/** Updates of a weight whose gradient is zero. */
interface Update {
  name: string;
  wrong: string;
  sgd: SgdSpec;
  start: { parameter: number; velocity: number };
  rates: readonly number[];
  expected: { parameter: number; velocity: number };
}

function updates(): Update[] {
  const decayed = { momentum: 0.5, weightDecay: 0.5 };
  const coasting = { momentum: 0.5, weightDecay: 0 };
  return [
    {
      // g = 4: v = 4, p = 8 - 4.
      name: 'weight decay enters the velocity',
      wrong: 'decay beside the momentum ("decoupled") leaves a velocity of 0 instead of 4',
      sgd: { ...decayed, form: 'caffe' },
      start: { parameter: 8, velocity: 0 },
      rates: [1],
      expected: { parameter: 4, velocity: 4 },
    },
    {
      // v = 8 / 2, p = 8 - 4.
      name: 'the velocity is updated before the weight',
      wrong: "moving first takes 8 off the weight instead of 4, Nesterov's form 2",
      sgd: { ...coasting, form: 'caffe' },
      start: { parameter: 8, velocity: 8 },
      rates: [1],
      expected: { parameter: 4, velocity: 4 },
    },
    {
      // g = 4, v = 4, p = 4; then g = 2, v = 4 / 2 + 2 / 4, p = 4 - 2.5: the velocity keeps the old rate.
      name: 'momentum across a drop of the learning rate, caffe',
      wrong:
        'a velocity without the rate in it, or one scaled at the drop, leaves a weight of 3 instead of 1.5',
      sgd: { ...decayed, form: 'caffe' },
      start: { parameter: 8, velocity: 0 },
      rates: [1, 0.25],
      expected: { parameter: 1.5, velocity: 2.5 },
    },
    {
      // g = 4, v = 4, p = 4; then g = 2, v = 4 / 2 + 2, p = 4 - 4 / 4.
      name: 'momentum across a drop of the learning rate, pytorch',
      wrong: 'a velocity that has the rate in it leaves a weight of 1.5 instead of 3',
      sgd: { ...decayed, form: 'pytorch' },
      start: { parameter: 8, velocity: 0 },
      rates: [1, 0.25],
      expected: { parameter: 3, velocity: 4 },
    },
  ];
}

/** Black images give the first convolution a gradient of exactly zero. */
async function weightUpdate(
  subject: Subject,
  { sgd, start, rates, expected }: Update,
): Promise<Comparison[]> {
  const program = programOf(net, sgd);
  const state = randomState(program, new Draw('weight update'));
  const weight = program.parameters[0]!;
  partOf(state.parameters, weight).fill(start.parameter);
  state.velocity.fill(0);
  partOf(state.velocity, weight).fill(start.velocity);
  const images = new Float32Array(elements(program.inputs.images!.shape));
  const labels = new Int32Array(program.trainBatch);
  const end = await endState(subject, program, state, async session => {
    for (const rate of rates) await session.step({ images, labels }, rate);
  });
  return [
    compare('velocity', partOf(end.velocity, weight), filled(weight, expected.velocity), tolerances.exact),
    compare('weight', partOf(end.parameters, weight), filled(weight, expected.parameter), tolerances.exact),
  ];
}

/**
 * The first convolution copies images whose pixels are 2 and 4 in equal number: mean 3, biased variance 1, unbiased
 * m / (m - 1) with m the number of pixels. With momentum 0.1 a mean of 1 moves to 0.9 + 0.3, a variance of 0 to a
 * tenth of the unbiased one.
 */
async function runningStatistics(subject: Subject): Promise<Comparison[]> {
  const program = programOf(net);
  const state = randomState(program, new Draw('running statistics'));
  const weight = program.parameters[0]!;
  const [filters, channels, height, width] = weight.shape as [number, number, number, number];
  const centre = (height * width - 1) / 2;
  partOf(state.parameters, weight).fill(0);
  for (let filter = 0; filter < filters; filter++) {
    const copied = filter * channels + (filter % channels);
    state.parameters[weight.offset + copied * height * width + centre] = 1;
  }
  const [mean, variance] = [program.statistics[0]!, program.statistics[1]!];
  partOf(state.statistics, mean).fill(1);
  partOf(state.statistics, variance).fill(0);
  const pixels = program.trainBatch * program.imageSize ** 2;
  const images = Float32Array.from({ length: channels * pixels }, (_, i) => (i % 2 === 0 ? 2 : 4));
  const labels = new Int32Array(program.trainBatch);
  const end = await endState(subject, program, state, session => session.step({ images, labels }, 0.1));
  const expectedVariance = (0.1 * pixels) / (pixels - 1);
  return [
    compare(mean.name, partOf(end.statistics, mean), filled(mean, 1.2), tolerances.exact),
    compare(
      variance.name,
      partOf(end.statistics, variance),
      filled(variance, expectedVariance),
      tolerances.exact,
    ),
  ];
}

function endState(
  subject: Subject,
  program: Program,
  start: ModelState,
  work: (session: Session) => Promise<unknown>,
): Promise<ModelState> {
  return withSession(subject, program, async session => {
    await session.setState(start);
    await work(session);
    return session.getState();
  });
}

function filled({ size }: Slot, value: number): Float32Array {
  return new Float32Array(size).fill(value);
}
