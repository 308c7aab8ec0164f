/**
 * Work that is begun before it is asked for, by number: of one that is asked for the `ahead` next ones are begun too. What lies
 * elsewhere is dropped, so that `ahead` + 1 results are held at most. A promise that fails is reported when it is asked for.
 */
export class Ahead<T> {
  readonly #begin: (number: number) => T;
  readonly #ahead: number;
  readonly #end: number;
  readonly #begun = new Map<number, T>();

  /** Numbers from `end` on are not begun unless they are asked for. */
  constructor(begin: (number: number) => T, ahead: number, end = Number.POSITIVE_INFINITY) {
    this.#begin = begin;
    this.#ahead = ahead;
    this.#end = end;
  }

  /** The work of a number, which is not kept from then on. */
  take(number: number): T {
    for (const begun of this.#begun.keys())
      if (begun < number || begun > number + this.#ahead) this.#begun.delete(begun);
    for (let i = number; i <= number + this.#ahead; i++)
      if (!this.#begun.has(i) && (i < this.#end || i === number)) this.#begun.set(i, quiet(this.#begin(i)));
    const own = this.#begun.get(number)!;
    this.#begun.delete(number);
    return own;
  }
}

/** Work whose failure, if it is a promise, does not count as unhandled before anyone has asked for it. */
export function quiet<T>(work: T): T {
  if (work instanceof Promise) work.catch(() => {});
  return work;
}
