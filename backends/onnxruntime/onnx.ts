import protobuf from 'protobufjs/light.js';
import type { ElementType } from '../../ml/graph/graph.ts';

/** The name of a tensor inside a model. */
export type Ref = string;

/** An attribute: integers and lists of them, strings, or `float` values. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** The operator domain of ONNX Runtime's blocked convolution kernels. */
export const NCHWC = 'com.microsoft.nchwc';

const elementTypes = { float32: 1, int32: 6, int64: 7 } as const;
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;
const irVersion = 8;
const operatorSets = [
  { domain: '', version: 17 },
  { domain: NCHWC, version: 1 },
];

interface Node {
  opType: string;
  domain: string;
  name: string;
  input: readonly Ref[];
  output: readonly Ref[];
  attribute: object[];
}

/** Marks an attribute as a float; plain numbers are integers. */
export function float(value: number): Attribute {
  return { float: value };
}

/** Collects the nodes of an ONNX model. Identical nodes and small identical constants are emitted once. */
export class OnnxBuilder {
  /** Tensors that a `split` may give, and a `concat` take, at once. */
  readonly breadth: number;
  /** Written into the names of the nodes that follow, for error messages and profiles. */
  scope = '';
  readonly #nodes: Node[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #emitted = new Map<string, Ref[]>();
  readonly #constants = new Map<string, Ref>();
  /** What nodes put out, and what of it goes by the name of a model output. */
  readonly #produced = new Set<Ref>();
  readonly #named = new Map<Ref, string>();
  #names = 0;

  constructor(breadth = Number.POSITIVE_INFINITY) {
    this.breadth = breadth;
  }

  /** Declares a model input; its reference is its name. */
  input(name: string, shape: readonly number[], type: ElementType = 'float32'): Ref {
    this.#inputs.push(valueInfo(name, shape, type));
    return name;
  }

  /** Declares a float32 model output: another name for what a node puts out, else a copy. */
  output(name: string, value: Ref, shape: readonly number[]): void {
    if (this.#produced.has(value) && !this.#named.has(value)) this.#named.set(value, name);
    else
      this.#nodes.push({
        opType: 'Identity',
        domain: '',
        name,
        input: [value],
        output: [name],
        attribute: [],
      });
    this.#outputs.push(valueInfo(name, shape, 'float32'));
  }

  /** The output of a node that has one. An empty reference is an input left out. */
  op(type: string, inputs: readonly Ref[], attributes: Record<string, Attribute> = {}, domain = ''): Ref {
    return this.ops(type, inputs, attributes, 1, domain)[0]!;
  }

  /** The outputs of a node that has several. */
  ops(
    type: string,
    inputs: readonly Ref[],
    attributes: Record<string, Attribute>,
    outputs: number,
    domain = '',
  ): Ref[] {
    const key = `${domain} ${type} ${inputs.join()} ${JSON.stringify(attributes)}`;
    let output = this.#emitted.get(key);
    if (!output) {
      output = [this.#name()];
      const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
      const name = `${this.scope}/${output[0]}`;
      this.#nodes.push({ opType: type, domain, name, input: inputs, output, attribute });
      this.#emitted.set(key, output);
    }
    // A node that has fewer outputs than are asked for now gets more of them: it is computed once all the same.
    while (output.length < outputs) output.push(this.#name());
    for (const ref of output) this.#produced.add(ref);
    return output.slice(0, outputs);
  }

  /** A float32 constant. */
  floats(values: ArrayLike<number>, shape: readonly number[]): Ref {
    return this.#constant('float32', Float32Array.from(values), shape);
  }

  /** A one-element float32 constant, which broadcasts. */
  scalar(value: number): Ref {
    return this.floats([value], [1]);
  }

  /** An int64 constant, what operators take shapes, axes and indices as. */
  ints(values: readonly number[]): Ref {
    return this.#constant('int64', BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** An int32 constant, comparable with class indices. */
  int32(values: ArrayLike<number>, shape: readonly number[]): Ref {
    return this.#constant('int32', Int32Array.from(values), shape);
  }

  mul(a: Ref, b: Ref): Ref {
    return this.op('Mul', [a, b]);
  }

  add(a: Ref, b: Ref): Ref {
    return this.op('Add', [a, b]);
  }

  sub(a: Ref, b: Ref): Ref {
    return this.op('Sub', [a, b]);
  }

  neg(a: Ref): Ref {
    return this.op('Neg', [a]);
  }

  reshape(x: Ref, shape: readonly number[]): Ref {
    return this.op('Reshape', [x, this.ints(shape)]);
  }

  transpose(x: Ref, perm: readonly number[]): Ref {
    return this.op('Transpose', [x], { perm });
  }

  /** Tensors one after the other along an axis. */
  concat(parts: readonly Ref[], axis: number): Ref {
    if (parts.length <= this.breadth) return this.op('Concat', parts, { axis });
    const groups = chunks(parts, this.breadth);
    return this.concat(
      groups.map(group => (group.length === 1 ? group[0]! : this.concat(group, axis))),
      axis,
    );
  }

  /** A vector in slices of these sizes, at most `breadth`. */
  split(x: Ref, sizes: readonly number[]): Ref[] {
    return sizes.length === 1 ? [x] : this.ops('Split', [x, this.ints(sizes)], { axis: 0 }, sizes.length);
  }

  /** Pads with zeros; `before` and `after` give one number per dimension. */
  pad(x: Ref, before: readonly number[], after: readonly number[]): Ref {
    if ([...before, ...after].every(p => p === 0)) return x;
    return this.op('Pad', [x, this.ints([...before, ...after])]);
  }

  slice(
    x: Ref,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps?: readonly number[],
  ) {
    const inputs = [starts, ends, axes, ...(steps ? [steps] : [])].map(v => this.ints(v));
    return this.op('Slice', [x, ...inputs]);
  }

  /**
   * The serialised model, last node first: ONNX Runtime runs a node's inputs from the last listed to the first listed,
   * each with all that it depends on. So they run in the order they were emitted in, and what stands at the end of a
   * gradient's chain does not wait with its inputs in memory until all other chains are through.
   */
  model(): Uint8Array {
    const named = (ref: Ref) => this.#named.get(ref) ?? ref;
    const graph = {
      name: 'residuals',
      node: this.#nodes
        .map(n => ({ ...n, input: n.input.map(named), output: n.output.map(named) }))
        .reverse(),
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
    return modelProto.encode(modelProto.create({ irVersion, opsetImport: operatorSets, graph })).finish();
  }

  #constant(
    type: keyof typeof elementTypes,
    data: ArrayBufferView & ArrayLike<unknown>,
    shape: readonly number[],
  ): Ref {
    const key = data.length <= 64 ? `${type} ${shape} ${Array.from(data)}` : undefined;
    const known = key && this.#constants.get(key);
    if (known) return known;
    const name = this.#name();
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push({ name, dims: shape, dataType: elementTypes[type], rawData });
    if (key) this.#constants.set(key, name);
    return name;
  }

  #name(): Ref {
    return `t${this.#names++}`;
  }
}

/** A list in parts of at most so many items. */
export function chunks<T>(items: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, i) =>
    items.slice(i * most, (i + 1) * most),
  );
}

function valueInfo(name: string, shape: readonly number[], type: ElementType): object {
  const dim = shape.map(dimValue => ({ dimValue }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function attributeProto(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return { name, type: attributeTypes.ints, ints: value };
}

/** The part of onnx.proto3 that is written here: [type, field number], lists marked by `[]`. */
const schema: Record<string, Record<string, [type: string, id: number]>> = {
  ModelProto: {
    irVersion: ['int64', 1],
    producerName: ['string', 2],
    graph: ['GraphProto', 7],
    opsetImport: ['OperatorSetIdProto[]', 8],
  },
  OperatorSetIdProto: { domain: ['string', 1], version: ['int64', 2] },
  GraphProto: {
    node: ['NodeProto[]', 1],
    name: ['string', 2],
    initializer: ['TensorProto[]', 5],
    input: ['ValueInfoProto[]', 11],
    output: ['ValueInfoProto[]', 12],
  },
  NodeProto: {
    input: ['string[]', 1],
    output: ['string[]', 2],
    name: ['string', 3],
    opType: ['string', 4],
    attribute: ['AttributeProto[]', 5],
    domain: ['string', 7],
  },
  AttributeProto: {
    name: ['string', 1],
    f: ['float', 2],
    i: ['int64', 3],
    s: ['bytes', 4],
    ints: ['int64[]', 8],
    type: ['int32', 20],
  },
  TensorProto: { dims: ['int64[]', 1], dataType: ['int32', 2], name: ['string', 8], rawData: ['bytes', 9] },
  ValueInfoProto: { name: ['string', 1], type: ['TypeProto', 2] },
  TypeProto: { tensorType: ['TensorTypeProto', 1] },
  TensorTypeProto: { elemType: ['int32', 1], shape: ['TensorShapeProto', 2] },
  TensorShapeProto: { dim: ['DimensionProto[]', 1] },
  DimensionProto: { dimValue: ['int64', 1] },
};

const modelProto = messageType('ModelProto');

function messageType(name: string): protobuf.Type {
  const nested = Object.fromEntries(
    Object.entries(schema).map(([message, fields]) => [
      message,
      {
        fields: Object.fromEntries(
          Object.entries(fields).map(([field, [type, id]]) => [
            field,
            type.endsWith('[]') ? { rule: 'repeated' as const, type: type.slice(0, -2), id } : { type, id },
          ]),
        ),
      },
    ]),
  );
  return protobuf.Root.fromJSON({ nested }).lookupType(name);
}
