import { normals } from '../../ml/optim/random.ts';
import type { LastLook } from '../manifest/looks.ts';
import type { PublishedValue, Tolerance } from '../manifest/types.ts';
import { holm } from './adjust.ts';
import { findingOf } from './claims/kinds.ts';
import type { Series } from './claims/series.ts';
import { mean, standardDeviation } from './sample.ts';
import { significance, testCell } from './verdict.ts';

/** What is imagined: how far all values lie from the published ones, or which claims are true, and until which look. */
export type Situation =
  | { of: 'cells'; off: number; lastLook: LastLook }
  | { of: 'claims'; ties: number; real: number; ratio: number; lastLook: LastLook };

/** How often verdicts are wrong in a situation, in shares of all repetitions; null where it cannot happen there. */
export interface WrongRates {
  /** Some cell `differs`, although none lies beyond the margin. */
  differs: number | null;
  /** The cell that passes most often, although it lies at the resolution or beyond. */
  consistent: number | null;
  /** The repeated cell is `reproduced`, although it lies at the margin or beyond. */
  reproduced: number | null;
  /** Some claim that is a tie is confirmed or contradicted, or a true one contradicted. */
  claims: number | null;
}

/** Standard deviations of Table 6: of repetitions by others, a guess for 1202 layers, and the paper's own for 110. */
const deviations = [0.2, 0.47, 0.35, 0.23, 0.3, 0.16];
const repeated = deviations.length - 1;

const tolerance: Tolerance = {
  margin: { value: 0.3, why: 'as in Table 6' },
  resolution: { value: 1, why: 'as of top-1 errors' },
};

/** Situations that the rates are computed in: every one of section "How it is known" in docs/verdicts.md. */
export const situations: readonly Situation[] = ([5, 8, 12, 20] as const).flatMap(lastLook => [
  ...[0, 0.15, 0.3, 1].map(off => ({ of: 'cells', off, lastLook }) as const),
  ...[1, 3].map(ratio => ({ of: 'claims', ties: 9, real: 8, ratio, lastLook }) as const),
]);

/** Simulates a situation with seeds that are looked at up to the last look. The same arguments give the same rates. */
export function wrongRates(situation: Situation, repetitions: number): WrongRates {
  return situation.of === 'cells' ? cellRates(situation, repetitions) : claimRates(situation, repetitions);
}

function cellRates({ off, lastLook }: Situation & { of: 'cells' }, repetitions: number): WrongRates {
  const passes = deviations.map(() => 0);
  let differing = 0;
  for (let i = 0; i < repetitions; i++) {
    const draw = numbers(i, deviations.length * (lastLook + 5));
    const tests = deviations.map((sd, cell) => {
      const theirs = Array.from({ length: 5 }, () => sd * draw());
      const published = cell === repeated ? meanOf(theirs) : single(theirs[0]!);
      const values = Array.from({ length: lastLook }, () => off + sd * draw());
      return testCell(published, values, tolerance, lastLook);
    });
    tests.forEach(({ pass }, cell) => {
      if (pass <= significance) passes[cell]!++;
    });
    if (holm(tests.map(({ differs }) => differs)).some(p => p <= significance)) differing++;
  }
  const worst = Math.max(...passes.slice(0, repeated)) / repetitions;
  return {
    differs: off <= tolerance.margin.value ? differing / repetitions : null,
    consistent: off >= tolerance.resolution.value ? worst : null,
    reproduced: off >= tolerance.margin.value ? passes[repeated]! / repetitions : null,
    claims: null,
  };
}

/** Orders with margin 0 between two networks: ties, and gaps of four standard deviations. */
function claimRates(
  { ties, real, ratio, lastLook }: Situation & { of: 'claims' },
  repetitions: number,
): WrongRates {
  const test = {
    ...({ kind: 'order', statement: '', measure: 'error', worse: 'a', better: 'b' } as const),
    thresholds: {},
  };
  let wrong = 0;
  for (let i = 0; i < repetitions; i++) {
    const draw = numbers(i, (ties + real) * 2 * lastLook);
    const findings = Array.from({ length: ties + real }, (_, claim) => {
      const gap = claim < ties ? 0 : 4;
      const a = Array.from({ length: lastLook }, () => gap + draw());
      const b = Array.from({ length: lastLook }, () => ratio * draw());
      return findingOf(test, 0, seriesOf({ a, b }), lastLook);
    });
    const adjusted = holm(
      findings.map(({ confirm, contradict }) => Math.min(1, 2 * Math.min(confirm, contradict))),
    );
    const isWrong = findings.some(
      ({ confirm, contradict }, claim) =>
        adjusted[claim]! <= significance && (claim < ties || contradict < confirm),
    );
    if (isWrong) wrong++;
  }
  return { differs: null, consistent: null, reproduced: null, claims: wrong / repetitions };
}

function seriesOf(values: Readonly<Record<string, number[]>>): Series {
  const none = () => [];
  return {
    ...{ meanOf: none, line: none, measure: (network: string) => values[network]! },
    about: () => ({ name: 'error', unit: '%', direction: 'lower' }),
  };
}

function single(value: number): PublishedValue {
  return { value, printed: '', unit: '%', estimator: 'single run', page: 1, decimals: 2 };
}

function meanOf(values: readonly number[]): PublishedValue {
  const spread = { mean: mean(values), sd: standardDeviation(values)!, runs: values.length };
  return { ...single(Math.min(...values)), estimator: 'best of several', ...spread };
}

/** Normal numbers of a repetition. */
function numbers(repetition: number, count: number): () => number {
  const drawn = new Float32Array(count);
  normals({ seed: 0, purpose: 'chance', epoch: 1, index: repetition }, 1, drawn);
  let at = 0;
  return () => drawn[at++]!;
}
