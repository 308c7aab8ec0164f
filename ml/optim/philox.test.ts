import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32 } from './philox.ts';

type Words = [number, number, number, number];
const word = fc.integer({ min: 0, max: 0xffffffff });

function philox(counter: Words, key: [number, number]): string[] {
  const out = new Uint32Array(4);
  philox4x32(...counter, ...key, out, 0);
  return hex(out);
}

function hex(words: Iterable<number>): string[] {
  return [...words].map(w => w.toString(16).padStart(8, '0'));
}

/** The definition (Salmon et al. 2011, sec. 4.3), with big integers. */
function defined([c0, c1, c2, c3]: Words, [k0, k1]: [number, number]): string[] {
  let c = [c0, c1, c2, c3].map(BigInt) as [bigint, bigint, bigint, bigint];
  let k = [BigInt(k0), BigInt(k1)] as [bigint, bigint];
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c[0];
    const p1 = 0xcd9e8d57n * c[2];
    c = [(p1 >> 32n) ^ c[1] ^ k[0], p1 & mask, (p0 >> 32n) ^ c[3] ^ k[1], p0 & mask];
    k = [(k[0] + 0x9e3779b9n) & mask, (k[1] + 0xbb67ae85n) & mask];
  }
  return hex(c.map(Number));
}

describe('philox4x32', () => {
  it('gives the known answers of Random123', () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
    const f = 0xffffffff;
    expect(philox([f, f, f, f], [f, f])).toEqual(['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd']);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      'd16cfe09',
      '94fdcceb',
      '5001e420',
      '24126ea1',
    ]);
  });

  it('is its definition for any counter and key', () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(philox(counter, key)).toEqual(defined(counter, key));
      }),
    );
  });

  it('writes where it is told and nowhere else', () => {
    const out = new Uint32Array(6).fill(7);
    philox4x32(0, 0, 0, 0, 0, 0, out, 1);
    expect(hex(out)).toEqual(['00000007', '6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8', '00000007']);
  });
});
