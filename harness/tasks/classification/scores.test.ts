import { describe, expect, it } from 'vitest';
import { readScores, type Scores, scoresFile, scoresParts } from '../scores-file.ts';
import { ensembleError } from './scores.ts';

const scores: Scores = {
  classes: 3,
  labels: Uint16Array.of(2, 999),
  tests: new Map([
    ['tenCrop', Float32Array.of(0.25, 0.25, 0.5, 0.125, 0.125, 0.75)],
    ['multiScale', Float32Array.of(0.5, 0.25, 0.25, 1, 0, 0)],
  ]),
};

const bytes = (of: Scores) => Buffer.concat(scoresParts(of));

describe('scores.bin', () => {
  it('is read back as it was written, whatever the length of the heading', () => {
    expect(readScores(bytes(scores))).toEqual(scores);
    const one: Scores = { ...scores, tests: new Map([...scores.tests].slice(0, 1)) };
    expect(readScores(bytes(one))).toEqual(one);
  });

  it('is read from wherever it lies in memory', () => {
    for (let before = 0; before < 8; before++) {
      const shifted = Buffer.concat([Buffer.alloc(before), bytes(scores)]).subarray(before);
      expect(readScores(shifted)).toEqual(scores);
    }
  });

  it('begins with a line that says what follows', () => {
    expect(bytes(scores).toString('latin1').split('\n')[0]).toBe(
      '{"tests":["tenCrop","multiScale"],"images":2,"classes":3}',
    );
    expect(bytes(scores)).toHaveLength(58 + 2 * 2 + 2 * 4 * 6);
  });
});

/** Sec. 4.1: the scores of the members are averaged, then the classes are ranked. */
describe('the error of an ensemble', () => {
  const member = (...tenCrop: number[]) => {
    const content = bytes({
      classes: 3,
      labels: Uint16Array.of(0, 1),
      tests: new Map([['tenCrop', Float32Array.from(tenCrop)]]),
    });
    return (file: string) => (file === scoresFile ? content : null);
  };
  // The first image: one member is right, one is wrong by less. The second: both are wrong.
  const first = member(0.75, 0.25, 0, 0.5, 0.25, 0.25);
  const second = member(0.375, 0.5, 0.125, 0.25, 0.125, 0.625);

  it('is that of the averaged scores', () => {
    expect(ensembleError('tenCrop.top1', [first])).toBe(50);
    expect(ensembleError('tenCrop.top1', [second])).toBe(100);
    expect(ensembleError('tenCrop.top1', [first, second])).toBe(50);
    expect(ensembleError('tenCrop.top5', [first, second])).toBe(0); // of three classes
  });

  it('is missing, with a reason, where a member has no scores or none of the test', () => {
    const missing = 'scores.bin of a member is missing or damaged';
    expect(ensembleError('tenCrop.top1', [first, () => null])).toBe(missing);
    expect(ensembleError('multiScale.top5', [first, second])).toBe(missing);
    expect(ensembleError('tenCrop.top1', [])).toBe('it has no members');
  });
});
