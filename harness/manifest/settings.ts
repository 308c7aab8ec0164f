import type { JsonSchema } from '../../ml/schema.ts';
import { settablePaths, withDefaults } from '../tasks/schema.ts';
import type { TrainSpec } from '../tasks/task.ts';
import { quoted } from '../text.ts';
import type { Path } from './files/problems.ts';
import type { Deviation } from './types.ts';

/** Told of what is wrong with a setting, and where in the protocol it was made. */
export type Fail = (path: Path, message: string) => void;

/** A spec and a number of seeds that dotted paths are set in, and where in the protocol each was set last. */
export class Settings {
  readonly #paths: ReadonlyMap<string, JsonSchema>;
  readonly #origins = new Map<string, Path>();
  #values: Record<string, unknown>;

  /** `schema`: of the spec, which has its defaults. */
  constructor(schema: JsonSchema, spec: object, seeds: number, seedsPath: Path) {
    this.#paths = pathsOf(schema);
    this.#values = { ...structuredClone(spec), seeds };
    this.#origins.set('seeds', seedsPath);
  }

  /** `changedFor`: the network for which every value must differ from what it was; not checked when absent. */
  apply(set: Deviation['set'], at: Path, fail: Fail, changedFor?: string): void {
    for (const [dotted, given] of Object.entries(set)) {
      const path = [...at, dotted];
      const keys = dotted.split('.');
      const last = keys.pop()!;
      const parent = keys.reduce<unknown>(inside, this.#values);
      if (inside(parent, last) === undefined) {
        const whom = changedFor === undefined ? '' : ` for ${changedFor}`;
        const whole = keys.join('.');
        const is = quoted(parent);
        fail(
          path,
          `there is no ${dotted}${whom}, because ${whole} is ${is}. Set ${whole} as a whole, or limit it with \`for\`.`,
        );
        continue;
      }
      const schema = this.#paths.get(dotted);
      const value = schema ? withDefaults(schema, structuredClone(given)) : given;
      const values = parent as Record<string, unknown>;
      if (changedFor !== undefined && JSON.stringify(values[last]) === JSON.stringify(value)) {
        fail(
          path,
          `changes nothing for ${changedFor}: ${dotted} is ${quoted(value)} already. Remove it, or limit it with \`for\`.`,
        );
      }
      values[last] = value;
      this.#placed(dotted, path);
    }
  }

  /** The spec as it is now: valid, because each of its parts is. */
  spec(): TrainSpec {
    const { seeds: _, ...spec } = structuredClone(this.#values);
    return spec as unknown as TrainSpec;
  }

  seeds(): number {
    return this.#values.seeds as number;
  }

  /** Where a setting was made, by itself or as a part of a whole; undefined when it is that of the paper's spec. */
  originOf(dotted: string): Path | undefined {
    const keys = dotted.split('.');
    for (let length = keys.length; length > 0; length--) {
      const origin = this.#origins.get(keys.slice(0, length).join('.'));
      if (origin) return [...origin, ...keys.slice(length)];
    }
    return undefined;
  }

  #placed(dotted: string, path: Path): void {
    for (const known of this.#origins.keys()) if (known.startsWith(`${dotted}.`)) this.#origins.delete(known);
    this.#origins.set(dotted, path);
  }
}

/** Of every schema that was asked for: there is one for each task. */
const paths = new Map<JsonSchema, ReadonlyMap<string, JsonSchema>>();

function pathsOf(schema: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const known = paths.get(schema) ?? settablePaths(schema);
  paths.set(schema, known);
  return known;
}

function inside(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
