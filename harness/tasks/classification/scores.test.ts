import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { inFolder } from '../execute/fixtures.ts';
import { readScores, type Scores, writeScores } from './scores.ts';

const scores: Scores = {
  classes: 3,
  labels: Uint16Array.of(2, 999),
  tests: new Map([
    ['tenCrop', Float32Array.of(0.25, 0.25, 0.5, 0.125, 0.125, 0.75)],
    ['multiScale', Float32Array.of(0.5, 0.25, 0.25, 1, 0, 0)],
  ]),
};

it('scores are read back as they were written, whatever the length of the heading', () =>
  inFolder(folder => {
    const file = join(folder, 'scores.bin');
    expect(readScores(file, writeScores(file, scores))).toEqual(scores);
    const one: Scores = { ...scores, tests: new Map([...scores.tests].slice(0, 1)) };
    expect(readScores(file, writeScores(file, one))).toEqual(one);
  }));

it('scores that are not there are null, and damaged ones are refused', () =>
  inFolder(folder => {
    const file = join(folder, 'scores.bin');
    expect(readScores(file, '0'.repeat(64))).toBeNull();
    const digest = writeScores(file, scores);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    expect(() => readScores(file, digest)).toThrow(UserError);
    expect(() => readScores(file, digest)).toThrow(`${file}: damaged`);
  }));
