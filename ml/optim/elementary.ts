/**
 * Logarithm, sine and cosine from additions, multiplications and divisions alone. ECMAScript leaves the last bits
 * of `Math.log`, `Math.sin` and `Math.cos` to the engine; these are the same on every machine. They are within a
 * few units in the last place of a double, far more than the float32 weights drawn with them can hold.
 */

/** Natural logarithm of a number in (0, 1), by the series of atanh((m - 1) / (m + 1)) for u = m * 2^-e. */
export function logarithm(u: number): number {
  let m = u;
  let e = 0;
  for (; m < Math.SQRT1_2; e++) m *= 2;
  const s = (m - 1) / (m + 1);
  const s2 = s * s;
  let sum = 0;
  for (let k = 21; k >= 1; k -= 2) sum = sum * s2 + 1 / k;
  return 2 * s * sum - e * Math.LN2;
}

/** Sine and cosine of `turn` (in [0, 1)) full turns, by their Taylor series around the nearest quarter turn. */
export function sineAndCosine(turn: number): { sine: number; cosine: number } {
  const quarter = Math.floor(4 * turn + 0.5);
  const x = (turn - quarter / 4) * (2 * Math.PI);
  const x2 = x * x;
  let s = 1;
  let c = 1;
  for (let k = 16; k >= 2; k -= 2) {
    s = 1 - (s * x2) / (k * (k + 1));
    c = 1 - (c * x2) / (k * (k - 1));
  }
  s *= x;
  switch (quarter % 4) {
    case 0:
      return { sine: s, cosine: c };
    case 1:
      return { sine: c, cosine: -s };
    case 2:
      return { sine: -s, cosine: -c };
    default:
      return { sine: -c, cosine: s };
  }
}
