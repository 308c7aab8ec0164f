import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, FrameReader, float32, frameParts } from './frames.ts';

const frame = fc.record({
  header: fc.dictionary(fc.string(), fc.jsonValue()).filter(header => !('bytes' in header)),
  arrays: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
});

/** What a reader makes of a stream in chunks of these lengths, one after the other and again from the first. */
function received(stream: Buffer, lengths: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader(each => frames.push(each));
  for (let at = 0, i = 0; at < stream.length; i++) {
    const length = lengths[i % lengths.length]!;
    reader.take(stream.subarray(at, at + length));
    at += length;
  }
  return frames;
}

describe('frames', () => {
  it('come out as they went in, wherever the stream is cut', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(frame), lengths, (frames, cuts) => {
        const stream = Buffer.concat(frames.flatMap(({ header, arrays }) => frameParts(header, arrays)));
        const found = received(stream, cuts);
        expect(found.map(({ arrays }) => arrays.map(array => [...array]))).toEqual(
          frames.map(({ arrays }) => arrays.map(array => [...array])),
        );
        expect(found.map(({ header }) => header)).toEqual(
          frames.map(({ header, arrays }) => ({
            ...JSON.parse(JSON.stringify(header)),
            bytes: arrays.map(({ length }) => length),
          })),
        );
      }),
    );
  });

  it('carry numbers that lie anywhere in an array or in the stream', () => {
    const numbers = Float32Array.of(9, 1.5, -2, Number.NaN, 7);
    const parts = frameParts({ odd: 'x' }, [numbers.subarray(1, 4), new Uint8Array(0)]);
    const [{ arrays }] = received(Buffer.concat(parts), [3]) as [Frame];
    expect(float32(arrays[0]!)).toEqual(Float32Array.of(1.5, -2, Number.NaN));
    expect(arrays[1]).toHaveLength(0);
  });

  it.each([
    { what: 'text', bytes: Buffer.from('Warning: something is deprecated\n'), says: /a header of \d+ bytes/ },
    { what: 'sizes alone', bytes: Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7b]), says: /no JSON/ },
    {
      what: 'arrays of other lengths',
      bytes: Buffer.from([4, 0, 0, 0, 1, 0, 0, 0, ...Buffer.from('null'), 0]),
      says: /a payload of 1 bytes/,
    },
  ])('refuse what is none: $what', ({ bytes, says }) => {
    expect(() => received(bytes, [1000])).toThrow(says);
  });
});
