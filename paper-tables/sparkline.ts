const levels = '▁▂▃▄▅▆▇█';

/** The course of a curve in so many characters: `█▅▃▂▁`, from its lowest value to its highest. */
export function sparkline(values: readonly number[], width: number): string {
  const count = Math.min(width, values.length);
  const parts = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count);
    const part = values.slice(from, Math.floor(((i + 1) * values.length) / count));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const low = Math.min(...parts);
  const range = Math.max(...parts) - low;
  return parts.map(value => levels[range > 0 ? Math.round((7 * (value - low)) / range) : 3]!).join('');
}
