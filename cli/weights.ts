import { availableParallelism } from 'node:os';
import { exitCodes, UserError } from '../harness/errors.ts';
import type { PlannedEvaluation } from '../harness/execute/pretrained.ts';
import { networksOfRow } from '../harness/manifest/rows.ts';
import type { Target, TestSpec } from '../harness/manifest/types.ts';
import { DataError } from '../ml/data/errors.ts';
import type { Options } from './options.ts';

/** The network that released weights are of, by the paper's name. */
export const evaluatedNetwork = 'ResNet-50';

/** The tables that show what evaluating it measures. */
const evaluatedTargets = ['table3', 'table4'];

/** The options under `--weights`, which implies the profile `paper`. Fails with a `UserError` where others contradict it. */
export function underWeights(names: readonly string[], options: Options): Options {
  const { all, profile, rows = [], seeds, weights } = options;
  const wrong = names.find(name => !evaluatedTargets.includes(name));
  const targets = wrong === undefined && !all && names.length > 0 ? names : evaluatedTargets;
  const refuse = (why: string) => {
    const fix = `npm run reproduce ${targets.join(' ')} -- --weights ${weights}`;
    return new UserError(`--weights ${weights} evaluates ${evaluatedNetwork} ${why}.`, { fix });
  };
  const tables = `for ${evaluatedTargets.join(' and ')} only`;
  if (all) throw refuse(`${tables}, not for all`);
  if (wrong !== undefined) throw refuse(`${tables}, not for ${wrong}`);
  if (profile !== undefined && profile !== 'paper')
    throw refuse(`on ImageNet, under the profile paper, not under ${profile}`);
  const other = rows.find(row => row !== evaluatedNetwork);
  if (other !== undefined) throw refuse(`and no other row, not ${other}`);
  if (seeds !== undefined) throw refuse('as it is: nothing is trained, and there are no seeds');
  return { ...options, profile: 'paper' };
}

/** One evaluation for each target, on the validation images of a folder. */
export async function evaluationsFor(
  targets: readonly Target[],
  folder: string,
  backend: { id: string; numerics: number },
  { store, force, jobs, weights }: Options,
): Promise<PlannedEvaluation[]> {
  const { planEvaluations } = await import('../harness/execute/pretrained.ts');
  const { releasedResNet50 } = await import('../ml/data/imagenet/pretrained.ts');
  const names = targets.map(({ name }) => name).join(' ');
  return planEvaluations({
    weights: releasedResNet50,
    folder,
    targets: targets.map(target => ({ name: target.name, tests: testsShown(target) })),
    backend,
    threads: jobs ?? availableParallelism(),
    store,
    force,
  }).catch((error: unknown) => {
    if (!(error instanceof DataError)) throw error;
    const fix = `npm run reproduce ${names} -- --weights ${weights} --data <folder with val/>`;
    throw new UserError(error.message, { fix, exitCode: exitCodes.failed, cause: error });
  });
}

/** Why rows are not run under `--weights`: the evaluated one for want of images, the others because nothing is trained. */
export function notRunUnderWeights(network: string, { name }: Target, weights: string): string {
  if (network === evaluatedNetwork)
    return `the validation images of ImageNet are needed and cannot be fetched: npm run reproduce ${name} -- --weights ${weights} --data <folder with val/>`;
  return `nothing is trained with --weights ${weights}, and no complete ImageNet was found whose recorded trainings could be shown: npm run reproduce ${name} -- --profile paper --data <folder with train/ and val/>`;
}

/** Protocols that a target's columns show of the network. */
function testsShown({ columns, rows, networks }: Target): TestSpec[] {
  const shown = rows.some(row => networksOfRow(row).includes(evaluatedNetwork));
  const tests = networks.find(({ name }) => name === evaluatedNetwork)?.spec.evaluation.tests ?? [];
  return shown
    ? tests.filter(({ name }) => columns.some(({ measures }) => measures?.startsWith(`${name}.`)))
    : [];
}
