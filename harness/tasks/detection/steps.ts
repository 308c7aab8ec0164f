import type { TrainSpec as BaseSpec, Need } from '../task.ts';
import type { TrainSpec } from './spec.ts';

/**
 * What a step takes in: the first two begin with the backbone as it was pretrained, those on held layers with the layers of
 * step 2; Fast R-CNN learns from the proposals of the step before.
 */
export function needsOf(spec: BaseSpec, seed: number): Readonly<Record<string, Need>> {
  const own = spec as TrainSpec;
  const earlier = (step: Step) => ({
    task: 'detection',
    label: `step ${step}`,
    spec: stepOf(own, step),
    seed,
  });
  switch (own.step) {
    case 1:
      return { backbone: backboneOf(own, seed) };
    case 2:
      return { backbone: backboneOf(own, seed), proposals: earlier(1) };
    case 3:
      return { regions: earlier(2) };
    case 4:
      return { regions: earlier(2), proposals: earlier(3) };
  }
}

/** Whether a step trains a proposal network. */
export function isOfProposals({ step }: Pick<TrainSpec, 'step'>): boolean {
  return step === 1 || step === 3;
}

type Step = TrainSpec['step'];

/** An earlier step, without what it does not depend on, so that detectors that differ later share it. */
function stepOf(spec: TrainSpec, step: Step): TrainSpec {
  const { batch, schedule } = spec.before[step - 1]!;
  return {
    ...spec,
    step,
    detector: { ...spec.detector, context: spec.detector.context && step > 1 },
    detections: { ...spec.detections, tests: [] },
    before: spec.before.slice(0, step - 1),
    optimiser: { ...spec.optimiser, batch },
    schedule,
    evaluation: { ...spec.evaluation, testErrorEvery: schedule.iterations },
  };
}

function backboneOf({ network, pretraining }: TrainSpec, seed: number): Need {
  return { task: 'classification', label: 'pretraining', spec: { ...pretraining, network }, seed };
}
