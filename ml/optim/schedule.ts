/** Learning rate over the iterations of a training (sec. 3.4 and 4.2). Iterations count from 0. */
export interface ScheduleSpec {
  /** Training stops after this many iterations. */
  iterations: number;
  rate: number;
  /** The rate is divided by `divisor` at each of these iterations. */
  drops: readonly number[];
  divisor: number;
  /**
   * "0.01 to warm up the training until the training error is below 80 % (about 400 iterations)" (sec. 4.2):
   * the rate until the training error, as a fraction, falls below `untilTrainError`. The window over which the
   * paper takes that error is not stated; ours is the mean over the last `window` iterations.
   */
  warmup: { rate: number; untilTrainError: number; window: number } | null;
}

/** The learning rate of an iteration; `warm`: whether the warm-up is over (or there is none). */
export function learningRate(schedule: ScheduleSpec, iteration: number, warm: boolean): number {
  if (!warm && schedule.warmup) return schedule.warmup.rate;
  const drops = schedule.drops.filter(at => iteration >= at).length;
  return schedule.rate / schedule.divisor ** drops;
}
