import { describe, expect, it } from 'vitest';
import { mutants } from '../../backends/conformance/mutants.fixture.ts';
import { problems, programOf, randomBatch } from '../../backends/conformance/problems.ts';
import { Draw } from '../../backends/conformance/random.ts';
import type { Backend } from '../../backends/contract.ts';
import { onnxruntime } from '../../backends/onnxruntime/index.ts';
import { reference } from '../../backends/reference/index.ts';
import { initialState } from '../../ml/optim/init.ts';
import { bisect } from './bisect.ts';
import type { Course } from './course.ts';

/** Six steps of a small net on noise. */
function courseWith({ seed = 1, rate = (_step: number): number => 0.01, noise = 'batch' } = {}): Course {
  const program = programOf(problems[2]!);
  return {
    program,
    start: initialState(program, seed),
    steps: 6,
    fill(step, { images, labels }) {
      const batch = randomBatch(program, new Draw(`${step < 3 ? 'batch' : noise} ${step}`));
      images.set(batch.images);
      labels.set(batch.labels);
    },
    rates() {
      let step = 0;
      return {
        get next() {
          return rate(step);
        },
        stepped: () => void step++,
      };
    },
  };
}

const course = courseWith();
const side = (backend: Backend, own = course) => ({ backend, options: { threads: 1 }, course: own });
const bisected = (a: Backend, b: Backend, judged: 'bits' | 'rounding' = 'bits') =>
  bisect({ A: side(a), B: side(b) }, judged, () => {});

function mutant(name: RegExp): Backend {
  return mutants.find(each => name.test(each.name))!.backend;
}

/** The reference, with one bit of its state turned over after a step. */
function flipping(step: number, name: string, place: number, bit: number): Backend {
  return {
    ...reference,
    async open(program, options) {
      const session = await reference.open(program, options);
      let taken = 0;
      const original = session.step.bind(session);
      session.step = async (feeds, rate) => {
        const outputs = await original(feeds, rate);
        if (++taken !== step) return outputs;
        const state = await session.getState();
        const { offset } = program.parameters.find(slot => slot.name === name)!;
        new Uint32Array(state.parameters.buffer)[offset + place]! ^= 1 << bit;
        await session.setState(state);
        return outputs;
      };
      return session;
    },
  };
}

describe('two runs of one engine', () => {
  it('that are the same have no difference', async () => {
    expect(await bisected(reference, reference)).toMatchObject({ steps: 6, judged: 'bits', finding: null });
  });

  it('of which one has a bit turned over: it is found at its step, in its tensor, and whose it is', async () => {
    const { finding } = await bisected(reference, flipping(4, 'fc.weight', 7, 13));
    expect(finding).toMatchObject({
      step: 4,
      cause: 'fault',
      disturbed: 'B',
      tensors: [{ name: 'fc.weight', numbers: 1, bits: 1 }],
    });
    const other = await bisected(flipping(2, 'conv1.weight', 0, 0), reference);
    expect(other.finding).toMatchObject({ step: 2, cause: 'fault', disturbed: 'A' });
    expect(other.finding!.tensors).toHaveLength(1);
  });

  it.each([
    [/^epsilon of 1e-5 instead/, 1, { operator: 'batchNorm', node: 'conv1.bn', output: 'y' }],
    [/^height and width of a kernel/, 1, { operator: 'conv', node: 'conv1', output: 'y' }],
    [/^the biased variance in the running/, 1, { operator: 'batchNorm', output: 'nextRunningVariance' }],
    [/^the gradient of a shift/, 1, { operator: 'batchNormGradient', output: 'dbeta' }],
    [/^a gradient summed over the batch/, 1, { operator: 'softmaxCrossEntropyGradient' }],
  ])('of which one has another code (%s): it is found at the operator', async (name, step, value) => {
    const { finding } = await bisected(reference, mutant(name));
    expect(finding).toMatchObject({ step, cause: 'operator', value });
  });

  it.each([
    [/^momentum of Nesterov/, 1],
    [/^a rate that grows after the fourth step/, 5],
  ])('of which one updates otherwise (%s): all values are alike', async (name, step) => {
    const { finding } = await bisected(reference, mutant(name));
    expect(finding).toMatchObject({ step, cause: 'update', value: null });
    expect(finding!.tensors[0]!.name).toMatch(/weight|bias|gamma|beta/);
  });

  it('are told by tensors alone where values cannot be looked into', async () => {
    const { runGraph: _, ...blind } = mutant(/^epsilon of 1e-5 instead/);
    const { finding } = await bisected(reference, blind);
    expect(finding).toMatchObject({ step: 1, cause: 'step', value: null });
    // The first layer's statistics are those of its input: the second one's tell.
    expect(finding!.tensors[0]!.name).toMatch(/bn\.mean$/);
    expect(finding!.tensors[0]!.name).not.toMatch(/^conv1/);
  });

  it.each([
    ['initial weights', courseWith({ seed: 2 }), { step: 0, cause: 'start' }],
    ['rates', courseWith({ rate: step => (step < 2 ? 0.01 : 0.02) }), { step: 3, inputs: ['learning rate'] }],
    ['batches', courseWith({ noise: 'another' }), { step: 4, cause: 'input', inputs: ['images', 'labels'] }],
  ])('that were given other %s', async (_, other, expected) => {
    const { finding } = await bisect({ A: side(reference), B: side(reference, other) }, 'bits', () => {});
    expect(finding).toMatchObject(expected);
  });
});

describe('two runs of different engines', () => {
  it('that differ by rounding alone have no difference beyond it', async () => {
    expect(await bisected(reference, onnxruntime, 'rounding')).toMatchObject({ steps: 6, finding: null });
    expect((await bisected(reference, onnxruntime)).finding).toMatchObject({ step: 1 });
  });

  it.each([
    [/^epsilon of 1e-5 instead/, 1, { operator: 'batchNorm', node: 'conv1.bn' }],
    [/^the gradient of a shift/, 1, { operator: 'batchNormGradient', output: 'dbeta' }],
  ])('of which one has another code (%s)', async (name, step, value) => {
    const { finding } = await bisected(onnxruntime, mutant(name), 'rounding');
    expect(finding).toMatchObject({ step, cause: 'operator', value });
  });

  it('of which one updates otherwise', async () => {
    const { finding } = await bisected(onnxruntime, mutant(/^a rate that grows/), 'rounding');
    expect(finding).toMatchObject({ step: 5, cause: 'update' });
  });
});
