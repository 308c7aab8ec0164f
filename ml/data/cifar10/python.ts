import { cifar10Layout } from './files.ts';

const { imageBytes, recordBytes, recordsPerFile } = cifar10Layout;

/**
 * The records of a batch of the "python version" of CIFAR-10 as the binary version has them; null when it is none. Such a
 * file is a pickle, which is not run: it holds 10,000 labels as numbers of one byte each, and all pixels as one string, in
 * the order of the binary version. Whoever calls this verifies the records by their digest.
 */
export function recordsFromPython(pickle: Buffer): Buffer | null {
  const pixels = pixelsIn(pickle);
  const labels = labelsIn(pickle);
  if (!pixels || !labels) return null;
  const records = Buffer.allocUnsafe(recordsPerFile * recordBytes);
  for (let i = 0; i < recordsPerFile; i++) {
    records[i * recordBytes] = labels[i]!;
    pixels.copy(records, i * recordBytes + 1, i * imageBytes, (i + 1) * imageBytes);
  }
  return records;
}

/** The one string of 10,000 images: an opcode (BINSTRING or BINBYTES) and its length come before it. */
function pixelsIn(pickle: Buffer): Buffer | null {
  const length = recordsPerFile * imageBytes;
  const head = Buffer.alloc(5);
  head.writeUInt32LE(length, 1);
  for (const opcode of 'TB') {
    head.write(opcode);
    const at = pickle.indexOf(head);
    if (at >= 0 && at + head.length + length <= pickle.length)
      return pickle.subarray(at + head.length, at + head.length + length);
  }
  return null;
}

/** Opcodes that stand between the numbers of a list, with the bytes of their arguments: marks, appends, memo entries. */
const between: Readonly<Record<string, number>> = { ']': 0, '(': 0, e: 0, a: 0, q: 1, r: 4, '\x94': 0 };

/** The numbers of the list under the key `labels`. */
function labelsIn(pickle: Buffer): Uint8Array | null {
  const labels = new Uint8Array(recordsPerFile);
  const key = pickle.indexOf('labels');
  let at = key + 'labels'.length;
  if (key < 0) return null;
  for (let count = 0; count < recordsPerFile; ) {
    const opcode = String.fromCharCode(pickle[at++] ?? 0);
    if (opcode === 'K') labels[count++] = pickle[at++] ?? 0;
    else if (Object.hasOwn(between, opcode)) at += between[opcode]!;
    else return null;
  }
  return labels;
}
