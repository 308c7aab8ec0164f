import { DataError } from '../../errors.ts';
import { cifar10Layout } from './files.ts';
import { ensureCifar10 } from './sources.ts';

/** The folder with the real data for tests, fetched when need be; null, with the reason printed, when it cannot be had. */
export async function realCifar10(): Promise<string | null> {
  try {
    return (await ensureCifar10()).folder;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    console.warn(`Tests with the real CIFAR-10 are skipped. ${error.message}`);
    return null;
  }
}

/** A batch as the Python version of CIFAR-10 has it: a pickle of protocol 2 that Python 2 wrote, labels in lots of 1000. */
export function pythonBatch(records: Buffer, name = 'training batch 1 of 5'): Buffer {
  const { imageBytes, recordBytes, recordsPerFile } = cifar10Layout;
  const count = recordsPerFile;
  const text = (value: string) => Buffer.from(`U${String.fromCharCode(value.length)}${value}`, 'latin1');
  const labels = Buffer.alloc(2 * count + 2 * Math.ceil(count / 1000));
  const pixels = Buffer.alloc(count * imageBytes);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (i % 1000 === 0) at += labels.write('(', at);
    at += labels.write('K', at);
    at = labels.writeUInt8(records[i * recordBytes]!, at);
    if (i % 1000 === 999 || i === count - 1) at += labels.write('e', at);
    records.copy(pixels, i * imageBytes, i * recordBytes + 1, (i + 1) * recordBytes);
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(pixels.length);
  const op = (opcodes: string) => Buffer.from(opcodes, 'latin1');
  return Buffer.concat([
    ...[op('\x80\x02}q\x01('), text('batch_label'), op('q\x02'), text(name), op('q\x03')],
    ...[text('labels'), op('q\x04]q\x05'), labels, text('data'), op('q\x06')],
    op(
      'cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\t(K\x01M\x10\x27M\x00\x0c\x86',
    ),
    op(
      'cnumpy\ndtype\nq\nU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T',
    ),
    ...[length, pixels, op('tb'), text('filenames'), op('q\x0c]q\r(e'), op('u.')],
  ]);
}
