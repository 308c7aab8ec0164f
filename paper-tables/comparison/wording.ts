import {
  type Absent,
  type ComparedTraining,
  type Departure,
  exact,
  type Followed,
} from '../../harness/compare/types.ts';
import { count } from '../numbers.ts';

/** `ResNet-20, seed 1, profile mini`. */
export function titleOf({ network, seed, profile }: ComparedTraining): string {
  return `${network}, seed ${seed}, profile ${profile}`;
}

/** The engines that took all steps. */
export function followed({ engines }: ComparedTraining): Followed[] {
  return engines.filter((engine): engine is Followed => 'losses' in engine);
}

/** The engines that did not. */
export function absent({ engines }: ComparedTraining): Absent[] {
  return engines.filter((engine): engine is Absent => !('losses' in engine));
}

/** What distances are from. */
export function offFrom(training: ComparedTraining): string {
  const { exactSteps, steps } = training;
  const [first, second] = followed(training);
  if (exactSteps >= steps || !second) return `from ${exact}, steps 1 to ${exactSteps}`;
  return `from ${exact} to step ${exactSteps}, then from ${first!.backend}`;
}

/** What came of each engine, in a sentence. */
export function verdictSentences(training: ComparedTraining): string[] {
  return training.engines.map(engine => {
    const { backend } = engine;
    if (!('losses' in engine)) {
      const { verdict, message } = engine;
      return verdict === 'missing'
        ? `${backend} is missing here: ${message}.`
        : `${backend} failed: ${message}.`;
    }
    if (engine.departs)
      return `${backend} departs at step ${engine.departs.step}: ${whereText(engine, engine.departs)}.`;
    return `${backend} agrees: at most ${gaps(engine.largest.ratio)} off (${placeText(engine.largest)}).`;
  });
}

/** `agrees`, `departs at step 6`, `missing`, `failed`. */
export function verdictText(engine: Followed | Absent): string {
  return engine.verdict === 'departs' ? `departs at step ${engine.departs!.step}` : engine.verdict;
}

/** What is said once of all numbers. */
export function rules(training: ComparedTraining): string[] {
  const { exactSteps, factor } = training;
  return [
    `off: distance of the loss ${offFrom(training)}. gap: what an engine's own losses have moved by, up to that step, when its initial weights move by one unit in the last place; against another engine, the larger gap of the two. ratio: off / gap. An engine departs where the ratio exceeds ${factor}.`,
    `After ${count(exactSteps, 'step')} the running statistics of batch norm, which no loss of a training shows, are set against ${exact} too, by relative L2 distance.`,
  ];
}

/** The steps that readers look at: 1, 2, 3, 5, 10, 20, 50 ... */
export function roundSteps(last: number): number[] {
  const decades = Array.from({ length: 1 + Math.floor(Math.log10(last)) }, (_, i) => 10 ** i);
  const steps = decades.flatMap(decade => [decade, 2 * decade, ...(decade === 1 ? [3] : []), 5 * decade]);
  return steps.filter(step => step <= last);
}

/** A small number: `1.2e-7`, `0.031`. */
export function small(value: number | null): string {
  if (value === null || Number.isNaN(value)) return 'nan';
  if (value === 0) return '0';
  return value < 0.001 ? value.toExponential(1) : value.toPrecision(2);
}

/** A ratio: `0.8`, `210`. */
export function ratioText(ratio: number | null): string {
  if (ratio === null || Number.isNaN(ratio)) return 'nan';
  if (ratio >= 1e4) return ratio.toExponential(1).replace('+', '');
  return ratio.toFixed(ratio < 100 ? 1 : 0);
}

/** `loss, step 9`. */
export function placeText({ step, in: what }: Departure): string {
  return `${what}, step ${step}`;
}

function whereText(engine: Followed, departs: Departure): string {
  const { step, in: what, ratio } = departs;
  if (what === 'statistics') return `its running statistics are ${gaps(ratio)} from ${exact}`;
  const { against } = engine.steps[step - 1]!;
  if (engine.losses[step - 1] === null) return 'its loss is no number';
  return `its loss is ${gaps(ratio)} from that of ${against}`;
}

function gaps(ratio: number): string {
  return `${ratioText(ratio)} gaps`;
}
