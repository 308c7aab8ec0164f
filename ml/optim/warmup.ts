import type { ScheduleSpec } from './schedule.ts';

/** What a checkpoint keeps of a warm-up. */
export interface WarmUpState {
  /** Number of iterations done when it ended; null while it lasts, and when there is none. */
  endedAt: number | null;
  /** Training errors of the last iterations, as fractions, the newest last. */
  recent: readonly number[];
}

/** The state before the first iteration. */
export const coldStart: WarmUpState = { endedAt: null, recent: [] };

/** Whether the schedule's own rates apply. */
export function isWarm({ warmup }: ScheduleSpec, state: WarmUpState): boolean {
  return warmup === null || state.endedAt !== null;
}

/**
 * The state after an iteration (counted from 0) whose batch had the given error, as a fraction. The warm-up ends
 * for good once the mean error of a full window is below its threshold.
 */
export function warmUp(
  schedule: ScheduleSpec,
  state: WarmUpState,
  iteration: number,
  error: number,
): WarmUpState {
  const { warmup } = schedule;
  if (!warmup || state.endedAt !== null) return state;
  const recent = [...state.recent, error].slice(-warmup.window);
  const mean = recent.reduce((a, b) => a + b, 0) / recent.length;
  const over = recent.length === warmup.window && mean < warmup.untilTrainError;
  return over ? { endedAt: iteration + 1, recent: [] } : { endedAt: null, recent };
}
