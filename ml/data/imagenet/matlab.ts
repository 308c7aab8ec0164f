import { inflateSync } from 'node:zlib';
import { elements as sizeOf } from '../../graph/ops.ts';

/** A value of a MATLAB file: text, numbers in column order, or a struct array as records in column order. */
export type MatlabValue = string | number[] | MatlabRecord[];

/** An element of a struct array. */
export type MatlabRecord = Record<string, MatlabValue>;

/**
 * The variables of a little-endian MATLAB 5 file ("MAT-File Format", The MathWorks 2019) by name: what ImageNet's
 * `meta.mat` is made of, real numbers, text and struct arrays. Fails with an `Error` on anything else.
 */
export function readMatlab(bytes: Buffer): MatlabRecord {
  if (bytes.length < 128 || bytes.toString('latin1', 126, 128) !== 'IM') {
    throw new Error('it is not a MATLAB 5 file of a little-endian machine');
  }
  const variables: MatlabRecord = {};
  for (const element of elements(bytes.subarray(128))) {
    const [matrix] = element.type === types.compressed ? [...elements(inflateSync(element.data))] : [element];
    const { name, value } = readMatrix(matrix!);
    variables[name] = value;
  }
  return variables;
}

interface Element {
  type: number;
  data: Buffer;
}

/** Data types (table 1-1 of the format) and array classes (table 1-3). */
const types = { matrix: 14, compressed: 15 };
const classes = { struct: 2, char: 4, double: 6, uint32: 13 };

/** How a number of each data type is read. */
const numbers: Record<number, { bytes: number; read: (data: Buffer, at: number) => number }> = {
  1: { bytes: 1, read: (data, at) => data.readInt8(at) },
  2: { bytes: 1, read: (data, at) => data.readUInt8(at) },
  3: { bytes: 2, read: (data, at) => data.readInt16LE(at) },
  4: { bytes: 2, read: (data, at) => data.readUInt16LE(at) },
  5: { bytes: 4, read: (data, at) => data.readInt32LE(at) },
  6: { bytes: 4, read: (data, at) => data.readUInt32LE(at) },
  7: { bytes: 4, read: (data, at) => data.readFloatLE(at) },
  9: { bytes: 8, read: (data, at) => data.readDoubleLE(at) },
  16: { bytes: 1, read: (data, at) => data.readUInt8(at) },
  17: { bytes: 2, read: (data, at) => data.readUInt16LE(at) },
};

/** Elements one after the other. Up to four bytes of data may stand in the tag itself ("small data element format"). */
function* elements(bytes: Buffer): Generator<Element> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const first = bytes.readUInt32LE(at);
    const small = first >>> 16;
    const type = first & 0xffff;
    const size = small > 0 ? small : bytes.readUInt32LE(at + 4);
    const begin = at + (small > 0 ? 4 : 8);
    if (begin + size > bytes.length) throw new Error('it is cut off');
    yield { type, data: bytes.subarray(begin, begin + size) };
    at = small > 0 ? at + 8 : begin + (type === types.compressed ? size : 8 * Math.ceil(size / 8));
  }
}

function readMatrix({ type, data }: Element): { name: string; value: MatlabValue } {
  if (type !== types.matrix) throw new Error(`an array was expected, not data of type ${type}`);
  if (data.length === 0) return { name: '', value: [] };
  const [flags, dimensions, name, ...content] = [...elements(data)];
  if (!flags || !dimensions || !name) throw new Error('an array lacks its header');
  return { name: name.data.toString('latin1'), value: readContent(flags.data[0]!, dimensions, content) };
}

function readContent(kind: number, dimensions: Element, content: Element[]): MatlabValue {
  if (kind === classes.struct) {
    const [length, names, ...values] = content;
    const fields = fieldNames(readNumbers(length!)[0]!, names!.data);
    const count = sizeOf(readNumbers(dimensions));
    return Array.from({ length: count }, (_, i) =>
      Object.fromEntries(fields.map((field, j) => [field, readMatrix(values[i * fields.length + j]!).value])),
    );
  }
  if (kind === classes.char) return String.fromCharCode(...readNumbers(content[0]!));
  if (kind >= classes.double && kind <= classes.uint32) return content[0] ? readNumbers(content[0]) : [];
  throw new Error(`arrays of class ${kind} are not read`);
}

function fieldNames(length: number, names: Buffer): string[] {
  return Array.from({ length: names.length / length }, (_, i) =>
    names.toString('latin1', i * length, (i + 1) * length).replace(/\0.*$/s, ''),
  );
}

function readNumbers({ type, data }: Element): number[] {
  const kind = numbers[type];
  if (!kind) throw new Error(`numbers of type ${type} are not read`);
  return Array.from({ length: Math.floor(data.length / kind.bytes) }, (_, i) =>
    kind.read(data, i * kind.bytes),
  );
}
