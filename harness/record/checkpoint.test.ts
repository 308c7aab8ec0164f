import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { inFolder } from '../execute/fixtures.ts';
import { digestVectors, readCheckpoint, readCheckpointIteration, writeCheckpoint } from './checkpoint.ts';
import type { CheckpointHeader } from './types.ts';

const key = 'a'.repeat(64);
const sums = { iterations: 3, errors: 7, loss: 0.1 + 0.2 };
const header: CheckpointHeader = {
  key,
  iteration: 7,
  eventBytes: 12,
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
    stepMilliseconds: 2,
    engines: ['é'],
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

  it('is null where there is none', () =>
    inFolder(folder => {
      expect(readCheckpoint(join(folder, 'checkpoint.bin'), key)).toBeNull();
      expect(readCheckpointIteration(join(folder, 'checkpoint.bin'), key)).toBeNull();
    }));

  it('tells its iteration from the header alone', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      written(file);
      expect(readCheckpointIteration(file, key)).toBe(7);
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
          expect(() => readCheckpoint(file, key)).toThrow(`${file}: this checkpoint cannot be continued`);
        }),
      );
    }));

  it('is refused for another run', () =>
    inFolder(folder => {
      const file = join(folder, 'checkpoint.bin');
      written(file);
      for (const read of [readCheckpoint, readCheckpointIteration]) {
        expect(() => read(file, 'b'.repeat(64))).toThrow(
          /belongs to another run: expected key bbbbbbbbbbbb, found aaaaaaaaaaaa/,
        );
      }
    }));
});
