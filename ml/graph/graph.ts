import { type Attributes, type Inputs, type OpName, type Outputs, type Shape, signatures } from './ops.ts';
import { shapeRules } from './shapes.ts';

/** A tensor flowing through a graph. float32, except labels and indices. */
export interface Value {
  readonly id: number;
  readonly name: string;
  readonly shape: Shape;
}

/** One operator application. */
export interface Node<K extends OpName = OpName> {
  readonly op: K;
  readonly inputs: Inputs<K, Value>;
  readonly attributes: Attributes[K];
  readonly outputs: Outputs<K, Value>;
}

/** A node whose operator is known by its `op` field. */
export type AnyNode = { [K in OpName]: Node<K> }[OpName];

/** The name that a node was given, from that of one of its outputs, `<name>.<output>`. */
export function nodeName(output: string): string {
  return output.replace(/\.[^.]+$/, '');
}

/**
 * What a graph's inputs stand for. `images`: float32 NCHW; `labels`: class indices, shape [N]; `indices`: of rows or cells;
 * `targets`: what a regression aims at, and its weights; `masks`: of dropout. A `statistic` is state that no gradient changes.
 */
export type InputKind = 'images' | 'labels' | 'indices' | 'targets' | 'masks' | 'parameter' | 'statistic';

/** Element types of inputs. */
export type ElementType = 'float32' | 'int32';

/** What the numbers of an input of that kind are stored as. */
export function elementType(kind: InputKind): ElementType {
  return kind === 'labels' || kind === 'indices' ? 'int32' : 'float32';
}

/** A computation on a fixed batch size; nodes are in an order in which they can be run. */
export class Graph {
  readonly nodes: AnyNode[] = [];
  readonly inputs: { readonly kind: InputKind; readonly value: Value }[] = [];
  readonly outputs = new Map<string, Value>();
  #nextId = 0;

  /** Declares an input. */
  input(kind: InputKind, name: string, shape: Shape): Value {
    const value = this.#value(name, shape);
    this.inputs.push({ kind, value });
    return value;
  }

  /** Applies an operator; output shapes follow from `shapeRules`. `name` prefixes the outputs' names. */
  apply<K extends OpName>(
    op: K,
    inputs: Inputs<K, Value>,
    attributes: Attributes[K],
    name: string,
  ): Outputs<K, Value> {
    const shapes = Object.fromEntries(
      Object.entries(inputs as Record<string, Value>).map(([k, v]) => [k, v.shape]),
    ) as Inputs<K, Shape>;
    const outputShapes = shapeRules[op](shapes, attributes) as Record<string, Shape>;
    const outputs = Object.fromEntries(
      signatures[op].outputs.map(out => [out, this.#value(`${name}.${out}`, outputShapes[out]!)]),
    ) as Outputs<K, Value>;
    this.nodes.push({ op, inputs, attributes, outputs } as unknown as AnyNode);
    return outputs;
  }

  /** Names a value as a result of the graph. */
  output(name: string, value: Value): void {
    this.outputs.set(name, value);
  }

  #value(name: string, shape: Shape): Value {
    return { id: this.#nextId++, name, shape };
  }
}
