/** The part of jstat that is used; the package has no types of its own. */
declare module 'jstat' {
  const jstat: {
    studentt: {
      cdf(x: number, df: number): number;
      pdf(x: number, df: number): number;
      inv(p: number, df: number): number;
    };
  };
  export default jstat;
}
