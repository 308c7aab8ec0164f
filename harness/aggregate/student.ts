/** Mean and spread of a group of runs. */
export interface Group {
  mean: number;
  sd: number;
  n: number;
}

/** Quantile of Student's t distribution: the value below which a fraction `p` lies, at `df` degrees of freedom. */
export function studentQuantile(p: number, df: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, df);
  // Newton's method from below: where the distribution function is concave, it never oversteps.
  for (let t = 0; ; ) {
    const next = t + (p - 1 + upperTail(t, df)) / density(t, df);
    if (!(next - t > 1e-13 * t)) return next;
    t = next;
  }
}

/** P(T > t) of Student's t distribution at `df` degrees of freedom, exact to about 1e-15 of itself. */
export function studentTail(t: number, df: number): number {
  if (Number.isNaN(t)) return 0.5; // a difference of nothing with no error at all speaks for neither side
  if (!Number.isFinite(t)) return t > 0 ? 0 : 1;
  return t < 0 ? 1 - upperTail(-t, df) : upperTail(t, df);
}

/** Standard error of the difference of two means and its degrees of freedom (Welch 1947, Satterthwaite 1946). */
export function welch(a: Group, b: Group): { error: number; df: number } {
  const va = a.sd ** 2 / a.n;
  const vb = b.sd ** 2 / b.n;
  const df = (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1));
  // Two groups without any spread have no finite df of their own; the error is then 0 whatever t is.
  return { error: Math.sqrt(va + vb), df: va + vb > 0 ? df : a.n + b.n - 2 };
}

function density(t: number, df: number): number {
  return (gammaRatio(df / 2) / Math.sqrt(Math.PI * df)) * (1 + t ** 2 / df) ** (-(df + 1) / 2);
}

/** The probability of a value above `t` >= 0: half of the regularised incomplete beta function I_x(df/2, 1/2). */
function upperTail(t: number, df: number): number {
  const [x, y] = [df / (df + t ** 2), t ** 2 / (df + t ** 2)];
  const a = df / 2;
  const front = (gammaRatio(a) / Math.sqrt(Math.PI)) * x ** a * Math.sqrt(y);
  // The continued fraction converges fast on its own side of the mean of the beta distribution.
  return x < (a + 1) / (a + 2.5)
    ? (front * betaFraction(a, 0.5, x)) / a / 2
    : (1 - 2 * front * betaFraction(0.5, a, y)) / 2;
}

/** Continued fraction of the incomplete beta function, by Lentz's method (Abramowitz and Stegun 26.5.8). */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; ; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const before = product;
    for (const term of [even, odd]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      product *= c * d;
    }
    if (!(Math.abs(product - before) > 1e-16 * product)) return product;
  }
}

/** Γ(a + 1/2) / Γ(a), by its series for large `a` (Abramowitz and Stegun 6.1.47), to which smaller ones are led up. */
function gammaRatio(a: number): number {
  if (a < 30) return (gammaRatio(a + 1) * a) / (a + 0.5);
  const z = 1 / (8 * a);
  return (
    Math.sqrt(a) *
    (1 + z * (-1 + z * (1 / 2 + z * (5 / 2 + z * (-21 / 8 + z * (-399 / 8 + (z * 869) / 16))))))
  );
}
