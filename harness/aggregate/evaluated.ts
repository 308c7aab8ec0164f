import type { ReleasedWeights, TableTarget } from '../manifest/types.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import type { Evaluation, Runs } from './runs.ts';
import type { DeviationView, EvaluationView } from './types.ts';

/** The evaluations of released weights that a table shows, in the order of its networks. */
export function viewEvaluations(target: TableTarget, runs: Runs): EvaluationView[] {
  return target.networks.flatMap(({ name }) => {
    const evaluation = runs.evaluations.get(name);
    const released = evaluation && releaseOf(target, evaluation);
    return evaluation && released ? [viewEvaluation(name, evaluation, released)] : [];
  });
}

/** How evaluating released weights departs from the paper. */
export function evaluatedDeviations(target: TableTarget, runs: Runs): DeviationView[] {
  return [...runs.evaluations].flatMap(([network, evaluation]) =>
    (releaseOf(target, evaluation)?.deviations ?? []).map(text => {
      return { text, networks: [network], evaluated: true };
    }),
  );
}

function viewEvaluation(network: string, record: Evaluation, released: ReleasedWeights): EvaluationView {
  const { identity, result, key } = record;
  const task = taskOf(identity.task);
  const { test } = task.imagesOf(identity.spec);
  const { origin, package: name, integrity, where } = released;
  const published = Object.entries(released.published).flatMap(([measure, value]) => {
    const ours = own(result.measures, measure);
    const { name, unit, decimals } = task.measures[measure]!;
    return ours === undefined ? [] : [{ name, unit, decimals, published: value, ours }];
  });
  return {
    network,
    key,
    images: result.facts.images ?? test,
    of: test,
    origin,
    package: name,
    integrity,
    published,
    where,
  };
}

/** The release that an evaluation was of: the digest of its package is what identifies the weights. */
function releaseOf({ experiment }: TableTarget, { identity }: Evaluation): ReleasedWeights | undefined {
  return Object.values(experiment.released).find(({ integrity }) => integrity === identity.inputs.weights);
}
