/** Numbers of seeds a side at which verdicts are read: the looks of a group-sequential design. */
export const looks = [3, 5, 8, 12, 20] as const;

/** The look that a design ends with. */
export type LastLook = (typeof looks)[number];

/** The last look of a profile that says nothing else. */
export const usualLastLook: LastLook = 8;
