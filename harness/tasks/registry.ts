import { classification } from './classification/index.ts';
import { detection } from './detection/index.ts';
import { localisation } from './localisation/index.ts';
import type { Task } from './task.ts';

/** Every task. What describes one is small; what runs its jobs is imported by `load`. */
export const tasks = { classification, detection, localisation } as const satisfies Record<string, Task>;

/** The name of a task. */
export type TaskId = keyof typeof tasks;

/** The names of the tasks. */
export const taskIds = Object.keys(tasks) as [TaskId, ...TaskId[]];

/** The task of that name. */
export function taskOf(id: TaskId): Task {
  return tasks[id];
}
