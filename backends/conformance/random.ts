import { mix, weylWords } from '../weyl.ts';

/** Random inputs of the suite: a function of a name. */
export class Draw {
  readonly #word: () => number;

  /** A stream of its own for every name. */
  constructor(name: string) {
    let start = 0x9e3779b9;
    for (const character of name) start = mix(start ^ character.codePointAt(0)!);
    this.#word = weylWords(start);
  }

  /** Uniform in (0, 1). */
  uniform(): number {
    return (this.#word() + 0.5) / 2 ** 32;
  }

  /** Normal with the given deviation and mean (Box and Muller 1958). */
  normal(deviation = 1, mean = 0): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** `count` normals. */
  normals(count: number, deviation = 1, mean = 0): Float32Array {
    return Float32Array.from({ length: count }, () => this.normal(deviation, mean));
  }

  /** `count` uniforms between two bounds. */
  uniforms(count: number, low: number, high: number): Float32Array {
    return Float32Array.from({ length: count }, () => low + (high - low) * this.uniform());
  }

  /** `count` class indices. */
  labels(count: number, classes: number): Int32Array {
    return Int32Array.from({ length: count }, () => Math.floor(this.uniform() * classes));
  }
}
