import { describe, expect, it } from 'vitest';
import { firstSteps, goldenNets, readGolden } from './first-steps.ts';
import { onnxruntime } from './index.ts';
import { loweringNames } from './lowering/lowering.ts';
import { examine } from './probe.ts';

const { hardware, lowering: available } = await examine();
const golden = readGolden();
const record = 'node --import ./loader/register.mjs backends/onnxruntime/golden/record.ts';
const lossTolerance = 1e-3;

describe('first steps', () => {
  it('are recorded for this version of the numerics', () => {
    expect(golden.numerics, `numerics was raised; record again: ${record}`).toBe(onnxruntime.numerics);
  });

  for (const lowering of loweringNames) {
    for (const [net, program] of Object.entries(goldenNets)) {
      const digest = golden.digests[net]?.[lowering]?.[hardware];
      const against = digest ? `digest of ${hardware}` : `losses: no digest of ${hardware} is recorded`;
      it.skipIf(lowering === 'blocked' && available !== 'blocked')(
        `${net}, ${lowering}, against the ${against}`,
        async () => {
          const one = await firstSteps(program(), lowering, 1);
          const two = await firstSteps(program(), lowering, 2);
          expect(two, 'two threads give other results than one').toEqual(one);
          if (digest) {
            const changed = `results changed; raise numerics in backends/onnxruntime/index.ts and record again: ${record}`;
            expect(one.digest, changed).toBe(digest);
          }
          one.losses.forEach((loss, step) => {
            const expected = golden.losses[net]![step]!;
            expect(Math.abs(loss - expected), `loss of step ${step}`).toBeLessThan(lossTolerance * expected);
          });
        },
      );
    }
  }
});
