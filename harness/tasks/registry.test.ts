import { describe, expect, it } from 'vitest';
import { taskIds, taskOf, tasks } from './registry.ts';
import { settablePaths } from './schema.ts';

describe.each(taskIds)('the task %s', id => {
  const task = taskOf(id);

  it('is found by its name', () => {
    expect(task.id).toBe(id);
    expect(tasks[id]).toBe(task);
  });

  it('has rules about settings that there are', () => {
    const paths = settablePaths(task.schemas.train);
    for (const rule of task.rules) for (const path of rule.paths) expect(paths.has(path), path).toBe(true);
  });

  it('has data sets under the names that specs have, and a variable for each', () => {
    const { oneOf = [task.schemas.train.properties!.data!] } = task.schemas.train.properties!.data!;
    const sets = oneOf.flatMap(({ properties }) => {
      const { const: one, enum: several = [one] } = properties!.set!;
      return several as string[];
    });
    expect(Object.keys(task.dataSets).sort()).toEqual(sets.sort());
    for (const { variable } of Object.values(task.dataSets))
      expect(variable).toMatch(/^RESIDUALS_[A-Z0-9_]+$/);
  });

  it('runs what it describes', async () => {
    expect(Object.keys(await task.load()).sort()).toEqual(['openEvaluation', 'openTraining', 'pictures']);
  });
});
