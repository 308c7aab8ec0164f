import type { Task } from '../task.ts';
import { lines, measures, measuresOf } from './measures.ts';
import { rules } from './rules.ts';
import { evaluateSchema, trainSchema } from './spec.ts';

/** Image classification: the paper's Tables 1 to 6 and Figures 1 to 7. */
export const classification: Task = {
  id: 'classification',
  schemas: { train: trainSchema, evaluate: evaluateSchema },
  rules,
  measures,
  lines,
  measuresOf,
} as unknown as Task; // completed with the execute stage
