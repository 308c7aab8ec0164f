/** Quantile of Student's t distribution: the value below which a fraction `p` lies, at `df` degrees of freedom. */
export type StudentQuantile = (p: number, df: number) => number;

/** Loads the quantile function: some 50 ms, so only where something is measured. */
export async function loadStudentQuantile(): Promise<StudentQuantile> {
  const { default: jstat } = await import('jstat');
  const { cdf, pdf, inv } = jstat.studentt;
  // jstat inverts to seven or eight digits; three steps of Newton's method on its cdf give eleven.
  return (p, df) => {
    let t = inv(p, df);
    for (let step = 0; step < 3; step++) t -= (cdf(t, df) - p) / pdf(t, df);
    return t;
  };
}

/** Mean and spread of a group of runs. */
export interface Group {
  mean: number;
  sd: number;
  n: number;
}

/** Standard error of the difference of two means and its degrees of freedom (Welch 1947, Satterthwaite 1946). */
export function welch(a: Group, b: Group): { error: number; df: number } {
  const va = a.sd ** 2 / a.n;
  const vb = b.sd ** 2 / b.n;
  const df = (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1));
  // Two groups without any spread have no finite df of their own; the error is then 0 whatever t is.
  return { error: Math.sqrt(va + vb), df: va + vb > 0 ? df : a.n + b.n - 2 };
}
