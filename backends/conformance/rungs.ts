/** The rungs of the suite, from the bottom up: what departs on one explains what departs on those above it. */
export const rungs = {
  operators: 'each operator, forward, against float64',
  gradients: 'the gradient of each operator, against float64',
  'known answers': 'what papers leave unsaid, worked out by hand',
  evaluation: 'evaluations of whole networks',
  step: 'one training step: statistics, loss, gradients, update',
  training: 'many steps, and a drop of the learning rate',
  state: 'states in and out, to the bit; a step from a checkpoint',
  resume: '10 steps, a checkpoint and 10 steps more against 20 at once',
  statistics: 'batchStatistics, to the bit',
  ownership: 'whose arrays are whose, what is refused, closing',
} as const satisfies Record<string, string>;

/** A rung's name. */
export type RungName = keyof typeof rungs;

/** The rungs in order. */
export const rungNames = Object.keys(rungs) as RungName[];
