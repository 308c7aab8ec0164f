import type { Task } from '../task.ts';
import { contradiction } from './contradiction.ts';
import { dataSets } from './data-sets.ts';
import { lines, measures, measuresOf } from './measures.ts';
import { rules } from './rules.ts';
import { evaluateSchema, type TrainSpec, trainSchema } from './spec.ts';
import { needsOf, releasedOf } from './steps.ts';
import { workloadOf } from './workload.ts';

/** Object detection: the paper's Tables 7 to 12. */
export const detection: Task = {
  id: 'detection',
  schemas: { train: trainSchema, evaluate: evaluateSchema },
  rules,
  measures,
  lines,
  dataSets,
  measuresOf,
  chanceOf: () => null,
  imagesOf(spec) {
    const { size, testImages } = (spec as TrainSpec).data;
    return { size, test: testImages };
  },
  needsOf,
  releasedOf,
  workloadOf,
  evaluationOf: () => null,
  contradiction,
  ensemble: () => 'ensembles of detectors are not computed from what each has found',
  outcomes: () => null,
  load: async () => (await import('./execution.ts')).execution,
};
