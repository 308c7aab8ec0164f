import type { Difference } from './finding.ts';
import { factor } from './types.ts';

/** What explains a difference: nothing, or how far one unit in the last place moves the same array, and at least so much. */
export type Allowance = { moved: Float32Array; least: number } | null;

/** How two arrays differ beyond what is allowed; null when they do not. Arrays of different lengths differ in all. */
export function differenceOf(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  allowance: Allowance = null,
): Difference | null {
  const distance = distanceOf(a, b);
  const allowed = allowance ? Math.max(allowance.least, factor * (distanceOf(a, allowance.moved) || 0)) : 0;
  const { numbers, bits } = bitsThatDiffer(Float32Array.from(a), Float32Array.from(b));
  if (allowance ? distance <= allowed : numbers === 0) return null;
  return {
    numbers,
    of: Math.max(a.length, b.length),
    bits,
    distance: Number.isFinite(distance) ? distance : null,
    allowed,
  };
}

/** L2 distance relative to the norm of the first. */
function distanceOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let [apart, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    apart += (a[i]! - b[i]!) ** 2;
    size += a[i]! ** 2;
  }
  return Math.sqrt(apart) / (Math.sqrt(size) || 1);
}

function bitsThatDiffer(a: Float32Array, b: Float32Array): { numbers: number; bits: number } {
  const [x, y] = [new Uint32Array(a.buffer), new Uint32Array(b.buffer)];
  let [numbers, bits] = [Math.abs(x.length - y.length), 0];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    let word = x[i]! ^ y[i]!;
    if (word !== 0) numbers++;
    for (; word !== 0; word &= word - 1) bits++;
  }
  return { numbers, bits };
}
