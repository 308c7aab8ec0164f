import { describe, expect, it } from 'vitest';
import { reference } from '../reference/index.ts';
import { conformanceCases, formatReport, runConformance } from './conformance.ts';
import { isQuick, type Mutant, mutants } from './mutants.fixture.ts';
import { rungNames } from './rungs.ts';

const quick = { only: isQuick, steps: 6, untilDeparture: true };

/** The lowest rung on which a mutant departs. */
async function caughtOn({ backend }: Mutant): Promise<string | undefined> {
  const { rungs } = await runConformance(backend, quick);
  return rungs.find(({ status }) => status === 'departs')?.rung;
}

describe('seeded faults', () => {
  it('have distinct names, and every rung is the lowest for one of them', () => {
    expect(new Set(mutants.map(each => each.name)).size).toBe(mutants.length);
    const lowest = new Set(mutants.map(each => each.rung));
    expect(rungNames.filter(rung => !lowest.has(rung))).toEqual(['step']); // see below: a session alone
    expect(mutants.some(each => each.withoutOperators === 'step')).toBe(true);
  });

  it('none: the reference agrees with itself on every rung', async () => {
    const report = await runConformance(reference, quick);
    expect(report.passed, formatReport(report)).toBe(true);
    expect(report.rungs.map(each => each.status)).toEqual(rungNames.map(() => 'agrees'));
    const answers = (each: { rung: string }) => each.rung === 'known answers';
    expect(conformanceCases({}).filter(answers)).toHaveLength(13);
    expect(conformanceCases({ runGraph: async () => new Map() }).filter(answers)).toHaveLength(23);
  });

  it.each(mutants.map(mutant => [mutant.name, mutant.rung, mutant] as const))(
    '%s: caught on the rung "%s"',
    async (_, rung, mutant) => {
      expect(await caughtOn(mutant)).toBe(rung);
    },
  );

  const sessions = mutants.flatMap(mutant => {
    const { runGraph: _none, ...backend } = mutant.backend;
    return mutant.withoutOperators === undefined ? [] : [{ ...mutant, backend }];
  });
  const seen = sessions.filter(each => each.withoutOperators !== null);
  it.each(seen.map(mutant => [mutant.name, mutant.withoutOperators, mutant] as const))(
    '%s, in a backend that runs no single operators: caught on the rung "%s"',
    async (_, rung, mutant) => {
      expect(await caughtOn(mutant)).toBe(rung);
    },
  );

  const unseen = sessions.filter(each => each.withoutOperators === null);
  it.each(unseen.map(mutant => [mutant.name, mutant] as const))(
    '%s, in a backend that runs no single operators: not to be seen',
    async (_, mutant) => {
      expect(await caughtOn(mutant)).toBeUndefined();
    },
    30_000,
  );
});
