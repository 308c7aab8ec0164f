import type { Artefacts, Task } from '../tasks/task.ts';
import { type Runs, type Training, trainingsOf } from './runs.ts';
import { sample } from './sample.ts';
import type { Absence, Sample } from './types.ts';

/**
 * A measure of an ensemble of networks, whose scores are averaged (sec. 4.1): one value for each seed that all of them
 * have been run with, or why there is none.
 */
export function ensembleSample(
  networks: readonly string[],
  measure: string,
  runs: Runs,
  task: Pick<Task, 'ensemble'>,
): Sample | Absence {
  const missing = networks.filter(name => trainingsOf(runs, name).length === 0);
  if (missing.length > 0) return { kind: 'members not finished', networks: missing };
  const complete = membersBySeed(networks, runs);
  if (complete.length === 0) return { kind: 'no common seed', networks: [...networks] };
  const values: number[] = [];
  for (const members of complete) {
    const value = task.ensemble(
      measure,
      members.map(
        ({ key }): Artefacts =>
          file =>
            runs.artefact(key, file),
      ),
    );
    if (typeof value === 'string') return { kind: 'no ensemble', reason: value };
    values.push(value);
  }
  const seeds = complete.map(([first]) => first!.identity.seed);
  return sample(values, complete.flat(), seeds);
}

/** The runs of one seed after the other, where all networks have one. */
function membersBySeed(networks: readonly string[], runs: Runs): Training[][] {
  return trainingsOf(runs, networks[0]!)
    .map(({ identity: { seed } }) =>
      networks.flatMap(name => trainingsOf(runs, name).filter(({ identity }) => identity.seed === seed)),
    )
    .filter(members => members.length === networks.length);
}
