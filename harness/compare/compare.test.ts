import { describe, expect, it } from 'vitest';
import { mutants } from '../../backends/conformance/mutants.fixture.ts';
import { problems, programOf, randomBatch } from '../../backends/conformance/problems.ts';
import { Draw } from '../../backends/conformance/random.ts';
import type { Backend } from '../../backends/contract.ts';
import { reference } from '../../backends/reference/index.ts';
import { initialState } from '../../ml/optim/init.ts';
import { compare } from './compare.ts';
import type { Course } from './course.ts';
import type { EngineResult, Followed } from './types.ts';

/** Eight steps of a small net on noise. */
const course: Course = (() => {
  const program = programOf(problems[2]!);
  return {
    program,
    start: initialState(program, 1),
    steps: 8,
    fill(step, { images, labels }) {
      const batch = randomBatch(program, new Draw(`batch ${step}`));
      images.set(batch.images);
      labels.set(batch.labels);
    },
    rates: () => ({ next: 0.01, stepped() {} }),
  };
})();

const messages: string[] = [];
const compared = (...backends: Backend[]) =>
  compare(course, {
    contenders: backends.map(backend => ({ name: backend.id, backend })),
    threads: 1,
    exactSteps: 4,
    onProgress: message => messages.push(message),
  });

function mutant(name: RegExp): Backend {
  return mutants.find(each => name.test(each.name))!.backend;
}

describe('comparing backends', () => {
  it('the reference agrees with itself in float64, and what is planted departs at its step', async () => {
    const growing = mutant(/rate that grows after the fourth step/);
    const { engines, exact } = await compared(reference, growing);
    expect(exact).toHaveLength(4);
    const [own, other] = engines as [Followed, Followed];
    expect(own).toMatchObject({ backend: 'reference', verdict: 'agrees', departs: null });
    expect(own.steps[0]!.deviation).toBeGreaterThan(0); // float32 is not float64
    expect(own.largest.ratio).toBeLessThan(5);
    expect(own.steps.slice(4)).toEqual([null, null, null, null]);
    // The step after the fourth is too large; its loss is that before it.
    expect(other.steps.slice(4).map(each => each!.against)).toEqual(Array(4).fill('reference'));
    expect(other).toMatchObject({ verdict: 'departs', departs: { step: 6, in: 'loss' } });
    expect(other.losses.slice(0, 5)).toEqual(own.losses.slice(0, 5));
    expect(messages).toContainEqual(expect.stringMatching(/^float64: \d+\.\d s a step, about \d+ s to go$/));
  });

  it.each([
    [/^epsilon of 1e-5 instead/, { step: 1, in: 'loss' }],
    [/^momentum of Nesterov/, { step: 2, in: 'loss' }],
    [/^the biased variance in the running average/, { step: 4, in: 'statistics' }],
  ])('a mutant with %s departs there', async (name, departs) => {
    const { engines } = await compared(mutant(name));
    expect(engines).toMatchObject([{ verdict: 'departs', departs }]);
  });

  it('names what is missing and what fails, and compares the others', async () => {
    const missing: Backend = {
      ...reference,
      id: 'missing',
      probe: async () => ({ available: false, missing: 'there is no GPU', fix: 'buy one' }),
    };
    const failing: Backend = {
      ...reference,
      id: 'failing',
      open: async (program, options) => {
        const session = await reference.open(program, { ...options, variant: 'loops' });
        session.step = () => session.run('predict', {}).then(() => ({ loss: 0, logits: new Float32Array() }));
        return session;
      },
    };
    const { engines } = await compared(missing, failing, reference);
    expect(engines.map(({ verdict }: EngineResult) => verdict)).toEqual(['missing', 'failed', 'agrees']);
    expect(engines[0]).toEqual({
      backend: 'missing',
      verdict: 'missing',
      message: 'there is no GPU',
      fix: 'buy one',
    });
    expect(engines[1]).toMatchObject({ message: expect.stringContaining('images: expected') });
    const { exact } = await compared(missing);
    expect(exact).toEqual([]);
  });
});
