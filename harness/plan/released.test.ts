import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { loadExperiment, loadTargets } from '../manifest/load.ts';
import type { CommandOptions } from './command.ts';
import { evaluationOf, expectEvaluable } from './released.ts';

const { released, faithful } = await loadExperiment();
const weights = released.pretrained!;

async function refusal(names: string[], options: CommandOptions): Promise<UserError | null> {
  const targets = await loadTargets(options.all ? ['table3', 'table6'] : names, options.profile ?? faithful);
  return expectEvaluable(names, targets, { name: 'pretrained', weights }, options).then(
    () => null,
    (error: unknown) => error as UserError,
  );
}

describe('released weights', () => {
  it('are evaluated for the tables that show their network', async () => {
    expect(await refusal(['table3', 'table4'], {})).toBeNull();
    expect(await refusal(['table4'], { profile: 'paper', rows: ['ResNet-50'] })).toBeNull();
  });

  it.each([
    ['another profile', ['table3'], { profile: 'mini' }, /under the profile paper, not under mini/],
    ['another target', ['table3', 'table6'], {}, /for the tables that show it, not for table6/],
    ['all targets', [], { all: true }, /for the tables that show it, not for all/],
    ['another row', ['table3'], { rows: ['ResNet-50', 'ResNet-101'] }, /no other row, not ResNet-101/],
    ['seeds', ['table4'], { seeds: [1, 2, 3] }, /there are no seeds/],
  ])('refuse %s and name a command that works', async (_, names, options, message) => {
    const error = await refusal(names, options);
    expect(error).toBeInstanceOf(UserError);
    expect(error!.message).toMatch(message);
    expect(error!.fix).toMatch(/^npm run reproduce (table[34] ?)+ -- --weights pretrained$/);
    expect(error!.exitCode).toBe(2);
  });

  it('are measured by the tests that a table shows, on the images that are here', async () => {
    const [table3, table4, table6] = await loadTargets(['table3', 'table4', 'table6'], faithful);
    const data = new Map([['imagenet', { digest: 'd', testImages: 10 }]]);
    const backend = { id: 'reference', numerics: 1 };
    const tests = (target: typeof table3) => {
      const identity = evaluationOf(target!, { name: 'pretrained', weights, data }, backend);
      return (
        identity && (identity.spec as unknown as { tests: { name: string }[] }).tests.map(({ name }) => name)
      );
    };
    expect(tests(table3)).toEqual(['tenCrop']);
    expect(tests(table4)).toEqual(['multiScale']);
    expect(tests(table6)).toBeNull();
    const identity = evaluationOf(table3!, { name: 'pretrained', weights, data }, backend)!;
    expect(identity.spec.data).toMatchObject({ set: 'imagenet', crop: 224, testImages: 10 });
    expect(identity.inputs).toEqual({ data: 'd', weights: weights.integrity });
    expect(evaluationOf(table3!, { name: 'pretrained', weights, data: new Map() }, backend)).toBeNull();
  });
});
