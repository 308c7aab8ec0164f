import 'vega';

declare module 'vega' {
  /** How vega measures texts; its own types leave it out. */
  export const textMetrics: {
    width: (
      item: { fontSize?: number | undefined; fontWeight?: string | number | undefined },
      text: unknown,
    ) => number;
  };
}
