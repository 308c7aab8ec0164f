import { resolution } from '../../ml/optim/ulp.ts';
import { type Departure, type Distance, exact, factor, type StepVerdict } from './types.ts';

/** What one training left: its losses, and its running statistics after the last step that is set against float64. */
export interface Trajectory {
  losses: readonly number[];
  statistics: Float32Array;
}

/** A training of an engine, and the same with its initial weights moved by one unit in the last place. */
export interface Sensitive extends Trajectory {
  backend: string;
  moved: readonly Trajectory[];
}

/**
 * The losses of an engine, step by step: against float64 as far as that goes, then against the engine that was named first.
 * A rounding error grows with every step, and in a plain net from the first one, so no fixed tolerance is right. The gap is
 * what the engine's own losses have moved by at most, up to that step, when its initial weights move by one unit in the last
 * place; against another engine it is the larger gap of the two.
 */
export function judgeSteps(
  own: Sensitive,
  reference: { losses: readonly number[] },
  first: Sensitive,
): StepVerdict[] {
  const [gaps, firstGaps] = [gapsOf(own), gapsOf(first)];
  return own.losses.map((loss, i) => {
    const expected = reference.losses[i];
    if (expected !== undefined)
      return { against: exact, ...distance(Math.abs(loss - expected), gaps[i]!, expected) };
    if (own === first) return null;
    const other = first.losses[i]!;
    const gap = Math.max(gaps[i]!, firstGaps[i]!);
    return { against: first.backend, ...distance(Math.abs(loss - other), gap, other) };
  });
}

/** The running statistics of an engine against those of float64, by relative L2 distance. */
export function judgeStatistics(own: Sensitive, reference: Pick<Trajectory, 'statistics'>): Distance {
  const expected = reference.statistics;
  const size = norm(expected) || 1;
  const moved = own.moved.map(({ statistics }) => norm(statistics, own.statistics) / size);
  return distance(norm(own.statistics, expected) / size, Math.max(...moved), 1);
}

/** The first place at which an engine exceeds the factor; null when there is none. What is no number exceeds it. */
export function firstDeparture(places: readonly Departure[]): Departure | null {
  return places.find(({ ratio }) => !(ratio <= factor)) ?? null;
}

/** The place at which an engine is most gaps away; one whose ratio is no number goes before all others. */
export function largest(places: readonly Departure[]): Departure {
  const lost = places.find(({ ratio }) => Number.isNaN(ratio));
  return lost ?? places.reduce((most, place) => (place.ratio > most.ratio ? place : most));
}

/** All places at which something was set against something, in the order of the training. */
export function placesOf(
  steps: readonly StepVerdict[],
  statistics: Distance,
  exactSteps: number,
): Departure[] {
  return steps.flatMap((verdict, i): Departure[] => {
    const step = i + 1;
    return [
      ...(verdict ? [{ step, in: 'loss', ratio: verdict.ratio } as const] : []),
      ...(step === exactSteps ? [{ step, in: 'statistics', ratio: statistics.ratio } as const] : []),
    ];
  });
}

/** By how much the losses have moved, up to each step. */
function gapsOf({ losses, moved }: Sensitive): number[] {
  let gap = 0;
  return losses.map((loss, i) => {
    for (const each of moved) {
      const by = Math.abs(each.losses[i]! - loss);
      if (by > gap) gap = by; // what is no number says nothing
    }
    return gap;
  });
}

/** The gap is no smaller than what float32 can resolve at that size. */
function distance(deviation: number, moved: number, size: number): Distance {
  const gap = Math.max(moved, resolution(size));
  return { deviation, gap, ratio: deviation / gap };
}

/** L2 norm, of a difference where another vector is given. */
function norm(values: Float32Array, from?: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - (from?.[i] ?? 0)) ** 2;
  return Math.sqrt(squares);
}
