/**
 * Random inputs of the suite: a function of a name, the same everywhere and independent of the generator that
 * trainings use, so that a fault there cannot hide one here. A Weyl sequence through murmur3's 32-bit finaliser.
 */
export class Draw {
  #state: number;

  /** A stream of its own for every name. */
  constructor(name: string) {
    this.#state = 0x9e3779b9;
    for (const character of name) this.#state = mix(this.#state ^ character.codePointAt(0)!);
  }

  /** Uniform in (0, 1). */
  uniform(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return (mix(this.#state) + 0.5) / 2 ** 32;
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

function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
