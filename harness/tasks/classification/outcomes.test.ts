import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoresFile, scoresParts } from '../scores-file.ts';
import { outcomesFile, outcomesOf, outcomesParts } from './outcomes.ts';

const bits = (count: number) =>
  fc.array(fc.nat({ max: 1 }), { minLength: count, maxLength: count }).map(each => Uint8Array.from(each));

describe('wrong.bin', () => {
  it('is read back as it was written, of any number of images', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain(count => fc.tuple(bits(count), bits(count))),
        ([a, b]) => {
          const content = Buffer.concat(outcomesParts(new Map([['testError', a], ['tenCrop.top5', b]]))); // biome-ignore format: short
          const artefacts = (file: string) => (file === outcomesFile ? content : null);
          expect(outcomesOf('testError', artefacts)).toEqual(a);
          expect(outcomesOf('tenCrop.top5', artefacts)).toEqual(b);
          expect(outcomesOf('tenCrop.top1', artefacts)).toBeNull();
        },
      ),
    ));

  it('takes a bit for each image and measure', () => {
    const content = Buffer.concat(outcomesParts(new Map([['testError', new Uint8Array(10_000).fill(1)]])));
    const head = '{"measures":["testError"],"images":10000}\n';
    expect(content.subarray(0, head.length).toString()).toBe(head);
    expect(content).toHaveLength(head.length + 1250);
  });

  it('is not needed where scores tell', () => {
    const scores = Float32Array.of(0.6, 0.4, 0.1, 0.9, 0.5, 0.5);
    const labels = Uint16Array.of(1, 1, 0);
    const content = Buffer.concat(scoresParts({ classes: 2, labels, tests: new Map([['tenCrop', scores]]) }));
    const artefacts = (file: string) => (file === scoresFile ? content : null);
    expect(outcomesOf('tenCrop.top1', artefacts)).toEqual(Uint8Array.of(1, 0, 0));
    expect(outcomesOf('testError', artefacts)).toBeNull();
    expect(outcomesOf('multiScale.top1', artefacts)).toBeNull();
  });
});
