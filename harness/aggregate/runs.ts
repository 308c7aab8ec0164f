import type { EvaluateIdentity, JobRecord, TrainIdentity } from '../record/types.ts';

/** The record of a training, and of an evaluation of given weights. */
export type Training = JobRecord<TrainIdentity>;
export type Evaluation = JobRecord<EvaluateIdentity>;

/** Finished jobs of a target, by its name of the network. */
export interface Runs {
  /** Seeds ascending. */
  trainings: ReadonlyMap<string, readonly Training[]>;
  /** They take the place of the network's trainings. */
  evaluations: ReadonlyMap<string, Evaluation>;
  /** A file that a job left beside its record; null when it is not there. */
  artefact(key: string, file: string): Uint8Array | null;
}

/** A finished job of a target: records themselves may name the network as another target does. */
export interface FinishedJob {
  network: string;
  record: JobRecord;
}

/** Sorts finished jobs: trainings by seed, and evaluations, which hide the trainings of their networks. */
export function runsOf(jobs: readonly FinishedJob[], artefact: Runs['artefact']): Runs {
  const evaluations = new Map<string, Evaluation>();
  const trainings = new Map<string, Training[]>();
  for (const { network, record } of jobs) if (isEvaluation(record)) evaluations.set(network, record);
  for (const { network, record } of jobs) {
    if (!isTraining(record) || evaluations.has(network)) continue;
    trainings.set(network, [...(trainings.get(network) ?? []), record]);
  }
  for (const records of trainings.values()) records.sort((a, b) => a.identity.seed - b.identity.seed);
  return { trainings, evaluations, artefact };
}

/** The trainings of a network; none when it has none. */
export function trainingsOf({ trainings }: Runs, network: string): readonly Training[] {
  return trainings.get(network) ?? [];
}

function isTraining(record: JobRecord): record is Training {
  return record.identity.kind === 'train';
}

function isEvaluation(record: JobRecord): record is Evaluation {
  return record.identity.kind === 'evaluate';
}
