import type { Task } from '../task.ts';
import { contradiction } from './contradiction.ts';
import { dataSets } from './data-sets.ts';
import { chanceOf, lines, measures, measuresOf } from './measures.ts';
import { rules } from './rules.ts';
import { evaluateSchema, type TrainSpec, trainSchema } from './spec.ts';
import { needsOf } from './steps.ts';
import { workloadOf } from './workload.ts';

/** Object localisation: the paper's Tables 13 and 14. */
export const localisation: Task = {
  id: 'localisation',
  schemas: { train: trainSchema, evaluate: evaluateSchema },
  rules,
  measures,
  lines,
  dataSets,
  measuresOf,
  chanceOf,
  imagesOf(spec) {
    const { size, testImages } = (spec as TrainSpec).data;
    return { size, test: testImages };
  },
  needsOf,
  releasedOf: () => null,
  workloadOf,
  evaluationOf: () => null,
  contradiction,
  ensemble: () => 'ensembles of localisers are tested by a step of their own',
  outcomes: () => null,
  load: async () => (await import('./execution.ts')).execution,
};
