import { describe, expect, it } from 'vitest';
import { smallMeta } from './files.fixture.ts';
import { readMatlab } from './matlab.ts';

describe('readMatlab', () => {
  it('reads a struct array that SciPy wrote, compressed', () => {
    const synset = (id: number, WNID: string, words: string, children: number[]) => ({
      ILSVRC2012_ID: [id],
      WNID,
      words,
      gloss: `gloss of ${words}`,
      num_children: [children.length],
      children,
      wordnet_height: [0],
      num_train_images: [1300],
    });
    expect(readMatlab(smallMeta())).toEqual({
      synsets: [
        synset(1, 'n02119789', 'kit fox, Vulpes macrotis', []),
        synset(2, 'n01440764', 'tench, Tinca tinca', []),
        synset(3, 'n03000684', 'chain saw, chainsaw', []),
        synset(4, 'n00001740', 'entity', [1, 2, 3]),
      ],
    });
  });

  it('refuses other files and those that are cut off', () => {
    const other = 'it is not a MATLAB 5 file';
    expect(() => readMatlab(Buffer.from('MATLAB 5.0 MAT-file'))).toThrow(other);
    expect(() => readMatlab(Buffer.alloc(200))).toThrow(other);
    expect(() => readMatlab(smallMeta().subarray(0, 400))).toThrow('it is cut off');
  });
});
