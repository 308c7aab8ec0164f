import type { Task } from '../task.ts';
import { contradiction } from './contradiction.ts';
import { dataSets } from './data-sets.ts';
import { imagesOf } from './images.ts';
import { chanceOf, lines, measures, measuresOf } from './measures.ts';
import { outcomesOf } from './outcomes.ts';
import { evaluationOf } from './released.ts';
import { rules } from './rules.ts';
import { ensembleError } from './scores.ts';
import { type EvaluateSpec, evaluateSchema, type TrainSpec, trainSchema } from './spec.ts';
import { workloadOf } from './workload.ts';

/** Image classification: the paper's Tables 1 to 6 and Figures 1 to 7. */
export const classification: Task = {
  id: 'classification',
  schemas: { train: trainSchema, evaluate: evaluateSchema },
  rules,
  measures,
  lines,
  dataSets,
  measuresOf,
  chanceOf,
  imagesOf(spec) {
    if ('schedule' in spec) return imagesOf((spec as TrainSpec).data);
    const { crop, testImages } = (spec as EvaluateSpec).data;
    return { size: crop, test: testImages };
  },
  needsOf: () => ({}),
  releasedOf: () => null,
  workloadOf,
  evaluationOf,
  contradiction,
  ensemble: ensembleError,
  outcomes: outcomesOf,
  load: async () => (await import('./execution.ts')).executionWith(),
};
