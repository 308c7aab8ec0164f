import type { ComparedTraining } from '../../harness/compare/types.ts';
import { exact } from '../../harness/compare/types.ts';
import { csv } from '../csv.ts';
import { followed } from './wording.ts';

const header = ['network', 'seed', 'profile', 'engine', 'step', 'loss', 'against', 'off', 'gap', 'ratio'];

/** Every loss of a comparison, one in a record, with how far it is from what it is set against. */
export function comparisonCsv(training: ComparedTraining): string {
  const of = [training.network, training.seed, training.profile];
  const reference = training.exact.map((loss, i) => [...of, exact, i + 1, `${loss}`]);
  const engines = followed(training).flatMap(({ backend, losses, steps }) =>
    losses.map((loss, i) => {
      const verdict = steps[i];
      const judged = verdict ? [verdict.against, verdict.deviation, verdict.gap, verdict.ratio] : [];
      return [...of, backend, i + 1, loss === null ? 'nan' : `${loss}`, ...judged];
    }),
  );
  return csv(header, [...reference, ...engines]);
}
