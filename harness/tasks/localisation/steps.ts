import type { TrainSpec as BaseSpec, Need } from '../task.ts';
import type { TrainSpec } from './spec.ts';

/** What a step takes in: the backbone and its scores, R-CNN the proposals too, an ensemble all of each member. */
export function needsOf(spec: BaseSpec, seed: number): Readonly<Record<string, Need>> {
  const own = spec as TrainSpec;
  if (own.step === 1) return { backbone1: backboneOf(own, seed) };
  if (own.step === 2) return { backbone1: backboneOf(own, seed), proposals1: stepOf(own, 1, seed, 'step 1') };
  const seeds = Array.from({ length: own.members }, (_, i) => (seed - 1) * own.members + i + 1);
  return Object.fromEntries(
    seeds.flatMap((member, i) => [
      [`backbone${i + 1}`, backboneOf(own, member)] as const,
      [`proposals${i + 1}`, stepOf(own, 1, member, `proposals of seed ${member}`)] as const,
      [`regions${i + 1}`, stepOf(own, 2, member, `regions of seed ${member}`)] as const,
    ]),
  );
}

function stepOf(spec: TrainSpec, step: 1 | 2, seed: number, label: string): Need {
  const { batch, schedule } = spec.before[step - 1]!;
  const own: TrainSpec = {
    ...spec,
    ...{ step, members: 1, schedule },
    before: spec.before.slice(0, step - 1),
    optimiser: { ...spec.optimiser, batch },
    evaluation: { ...spec.evaluation, testErrorEvery: schedule.iterations },
  };
  return { task: 'localisation', label, spec: own, seed };
}

function backboneOf({ network, pretraining }: TrainSpec, seed: number): Need {
  return { task: 'classification', label: 'pretraining', spec: { ...pretraining, network }, seed };
}
