/** Names of the lowerings, the preferred one first. */
export const loweringNames = ['blocked', 'standard'] as const;

/** The name of a lowering. */
export type LoweringName = (typeof loweringNames)[number];
