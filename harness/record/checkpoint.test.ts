import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { inFolder } from '../execute/jobs.fixture.ts';
import {
  digestVectors,
  noState,
  readCheckpoint,
  readCheckpointHeader,
  writeCheckpoint,
} from './checkpoint.ts';
import type { CheckpointHeader } from './types.ts';

const key = 'a'.repeat(64);
const sums = { iterations: 3, sums: { wrong: 7, loss: 0.1 + 0.2 } };
const header: CheckpointHeader = {
  key,
  done: 7,
  events: { bytes: 12, sha256: 'b'.repeat(64) },
  progress: {
    window: sums,
    tail: sums,
    warmUp: { endedAt: null, recent: [1 / 3] },
    testedAt: 4,
    firstSteps: { digest: 'd', repeated: true },
  },
  attempts: {
    startedAt: '2015-12-10T00:00:00.000Z',
    seconds: 1.5,
    resumed: 0,
    peakMemoryMiB: 1,
    unitMilliseconds: 2,
    engines: ['é'],
    code: [],
  },
};
const state = {
  parameters: Float32Array.of(1, -0, Number.NaN),
  velocity: Float32Array.of(1e-45, 3.4e38, 0),
  statistics: Float32Array.of(2),
};

const written = (file: string) => writeCheckpoint(file, { header, state });

describe('checkpoint', () => {
  it('comes back to the bit, whatever the vectors hold', async () => {
    const vector = fc.float32Array({ maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(vector, vector, vector, (parameters, velocity, statistics) =>
        inFolder(folder => {
          const file = join(folder, 'checkpoint.bin');
          writeCheckpoint(file, { header, state: { parameters, velocity, statistics } });
          const read = readCheckpoint(file, key)!;
          expect(read.header).toEqual(header);
          const before = digestVectors([parameters, velocity, statistics]);
          expect(digestVectors([read.state.parameters, read.state.velocity, read.state.statistics])).toBe(
            before,
          );
          expect(read.state.velocity).toHaveLength(velocity.length);
        }),
      ),
      { numRuns: 30 },
    );
  });

  it('of an evaluation has no vectors', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      const progress = { done: 8, sums: { 'single.top1': 3 }, chain: 'c' };
      writeCheckpoint(file, { header: { ...header, progress }, state: noState });
      expect(readCheckpoint(file, key)).toEqual({ header: { ...header, progress }, state: noState });
    }));

  it('is null where there is none', () =>
    inFolder(folder => {
      expect(readCheckpoint(join(folder, 'checkpoint.bin'), key)).toBeNull();
      expect(readCheckpointHeader(join(folder, 'checkpoint.bin'), key)).toBeNull();
    }));

  it('tells its header without its vectors, however long that is', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      written(file);
      expect(readCheckpointHeader(file, key)).toMatchObject(header);
      const recent = Array.from({ length: 100_000 }, (_, i) => 1 / (i + 3)); // the longest window of a warm-up
      const progress = { ...header.progress, warmUp: { endedAt: null, recent } } as typeof header.progress;
      writeCheckpoint(file, { header: { ...header, progress }, state });
      expect(readCheckpointHeader(file, key)!.done).toBe(7);
    }));

  it('is refused once any bit of it is flipped or any byte is missing', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      written(file);
      const whole = readFileSync(file);
      const position = fc.integer({ min: 0, max: whole.length - 1 });
      fc.assert(
        fc.property(position, fc.integer({ min: 0, max: 7 }), fc.boolean(), (at, bit, truncate) => {
          const damaged = Buffer.from(whole);
          damaged[at]! ^= 1 << bit;
          writeFileSync(file, truncate ? whole.subarray(0, at) : damaged);
          expect(() => readCheckpoint(file, key)).toThrow(UserError);
          expect(() => readCheckpoint(file, key)).toThrow(`${file}: cannot resume from this checkpoint`);
        }),
      );
    }));

  it('is refused for another job', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      written(file);
      for (const read of [readCheckpoint, readCheckpointHeader]) {
        expect(() => read(file, 'b'.repeat(64))).toThrow(
          /belongs to another run: expected key bbbbbbbbbbbb, found aaaaaaaaaaaa/,
        );
      }
    }));

  it.each<[string, (file: string) => void, string]>([
    [
      'is of the first version',
      file => {
        const text = readFileSync(file, 'latin1').replace(
          'residuals-checkpoint 2 ',
          'residuals-checkpoint 1 ',
        );
        writeFileSync(file, text, 'latin1');
      },
      'it is of version 1, this code reads 2',
    ],
    [
      'is a page',
      file => writeFileSync(file, '<html>\n</html>\n'),
      'it does not begin with "residuals-checkpoint"',
    ],
    ['is empty', file => writeFileSync(file, ''), 'it does not begin with'],
    ['is a folder', file => mkdirSync(file), 'cannot be read, it is a folder'],
    ['is a link to itself', file => symlinkSync(file, file), 'cannot be read, its links lead in a circle'],
  ])('that %s is refused by both readers, and the file is named', (_, make, why) =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      if (why.startsWith('it is of version')) written(file);
      make(file);
      for (const read of [readCheckpoint, readCheckpointHeader]) {
        expect(() => read(file, key)).toThrow(UserError);
        expect(() => read(file, key)).toThrow(`${file}: `);
        expect(() => read(file, key)).toThrow(why);
      }
    }),
  );

  it('of 5 GB of nothing is refused by both readers, in no time', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      writeFileSync(file, '');
      truncateSync(file, 5 * 2 ** 30);
      for (const read of [readCheckpoint, readCheckpointHeader])
        expect(() => read(file, key)).toThrow(UserError);
    }));

  it('whose header is no JSON is refused, and never to be deleted', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      writeFileSync(file, `residuals-checkpoint 2 ${'0'.repeat(64)}\nnothing\n`);
      const error = (() => {
        try {
          return readCheckpointHeader(file, key);
        } catch (thrown) {
          return thrown as UserError;
        }
      })() as UserError;
      expect(error.message).toContain('its header cannot be read');
      expect(error.fix).toBe(`mv ${file} ${file}.bad   # the run then starts again`);
    }));
});
