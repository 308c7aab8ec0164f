/**
 * Resizes square planes, one after the other, by bilinear interpolation between pixel centres; what lies outside of the
 * centres of the border is the border. Nothing is smoothed before a reduction.
 */
export function resizePlanes(planes: Float32Array, from: number, to: number, out: Float32Array): void {
  const { index, weight } = samples(from, to);
  const count = planes.length / from ** 2;
  const row = new Float64Array(from);
  for (let plane = 0; plane < count; plane++) {
    for (let y = 0; y < to; y++) {
      const upper = plane * from ** 2 + index[y]! * from;
      const lower = upper + (index[y]! + 1 < from ? from : 0);
      for (let x = 0; x < from; x++) row[x] = mix(planes[upper + x]!, planes[lower + x]!, weight[y]!);
      const at = (plane * to + y) * to;
      for (let x = 0; x < to; x++) {
        const left = index[x]!;
        out[at + x] = mix(row[left]!, row[Math.min(left + 1, from - 1)]!, weight[x]!);
      }
    }
  }
}

/** Reflects rows of `size` values, the first `length` of them, in place. */
export function flipRows(rows: Float32Array, size: number, length = rows.length): void {
  for (let at = 0; at < length; at += size) rows.subarray(at, at + size).reverse();
}

/** For each new pixel the old one whose centre lies at or before its own, and the weight of the next one. */
function samples(from: number, to: number): { index: Uint32Array; weight: Float64Array } {
  const index = new Uint32Array(to);
  const weight = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const centre = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    index[i] = Math.floor(centre);
    weight[i] = centre - index[i]!;
  }
  return { index, weight };
}

function mix(a: number, b: number, weight: number): number {
  return a + (b - a) * weight;
}
