/** What a column can show of a network without running it: its weighted layers, its parameters. */
export const counts = ['layers', 'parameters'] as const;
