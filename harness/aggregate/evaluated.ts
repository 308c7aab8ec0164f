import type { NetworkConfig, ReleasedWeights, TableTarget } from '../manifest/types.ts';
import { own } from '../own.ts';
import { taskOf } from '../tasks/registry.ts';
import type { Evaluation, Runs } from './runs.ts';
import type { DeviationView, EvaluationView } from './types.ts';

/** The evaluations of released weights that a table shows, in the order of its networks. */
export function viewEvaluations(target: TableTarget, runs: Runs): EvaluationView[] {
  return target.networks.flatMap(config => {
    const evaluation = runs.evaluations.get(config.name);
    const released = evaluation && releaseOf(target, evaluation);
    return evaluation && released ? [viewEvaluation(config, evaluation, released)] : [];
  });
}

/** How evaluating released weights departs from the paper. */
export function evaluatedDeviations(target: TableTarget, runs: Runs): DeviationView[] {
  return [...runs.evaluations].flatMap(([network, evaluation]) =>
    (releaseOf(target, evaluation)?.deviations ?? []).map(text => {
      return { kind: 'evaluation', text, networks: [network] } as const;
    }),
  );
}

function viewEvaluation(
  config: NetworkConfig,
  { identity, result, key }: Evaluation,
  { origin, package: name, integrity, published, where }: ReleasedWeights,
): EvaluationView {
  const task = taskOf(identity.task);
  const compared = Object.entries(published).flatMap(([measure, value]) => {
    const ours = own(result.measures, measure);
    const { name, unit, decimals } = task.measures[measure]!;
    return ours === undefined ? [] : [{ name, unit, decimals, published: value, ours }];
  });
  return {
    network: config.name,
    key,
    images: task.imagesOf(identity.spec).test,
    of: task.imagesOf(config.spec).test,
    origin,
    package: name,
    integrity,
    published: compared,
    where,
  };
}

/** The release that an evaluation was of: the digest of its package is what identifies the weights. */
function releaseOf({ experiment }: TableTarget, { identity }: Evaluation): ReleasedWeights | undefined {
  return Object.values(experiment.released).find(({ integrity }) => integrity === identity.inputs.weights);
}
