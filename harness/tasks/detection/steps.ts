import type { TrainSpec as BaseSpec, Need, Released } from '../task.ts';
import type { TrainSpec } from './spec.ts';

/**
 * What a step takes in: the first two begin with the backbone as it was pretrained, those on held layers with the layers of
 * step 2; Fast R-CNN learns from the proposals of the step before. An ensemble takes in detectors and their proposals.
 */
export function needsOf(spec: BaseSpec, seed: number): Readonly<Record<string, Need>> {
  const own = spec as TrainSpec;
  const earlier = (step: Step, of = seed): Need => ({
    task: 'detection',
    label: own.step === 5 ? `${step === 4 ? 'detector' : 'proposals'} of seed ${of}` : `step ${step}`,
    spec: stepOf(own, step),
    seed: of,
  });
  switch (own.step) {
    case 1:
      return startOf(own, seed);
    case 2:
      return { ...startOf(own, seed), proposals: earlier(1) };
    case 3:
      return { regions: earlier(2) };
    case 4:
      return { regions: earlier(2), proposals: earlier(3) };
    case 5:
      return Object.fromEntries(
        Array.from({ length: own.members }, (_, i) => (seed - 1) * own.members + i + 1).flatMap(
          (member, i) => [
            [`detector${i + 1}`, earlier(4, member)] as const,
            [`proposals${i + 1}`, earlier(3, member)] as const,
          ],
        ),
      );
  }
}

/** The released weights that the first two steps begin with, where nothing of ours is in their place. */
export function releasedOf(spec: BaseSpec): Released | null {
  const { step, from, pretraining } = spec as TrainSpec;
  return step <= 2 && !from && 'released' in pretraining ? pretraining.released : null;
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
    members: 1,
    detector: { ...spec.detector, context: spec.detector.context && step > 1 },
    detections: { ...spec.detections, tests: step === 4 ? spec.detections.tests : [] },
    before: spec.before.slice(0, step - 1),
    optimiser: { ...spec.optimiser, batch },
    schedule,
    evaluation: { ...spec.evaluation, testErrorEvery: schedule.iterations },
  };
}

/** The backbone as a classifier, or a detector on other data; nothing that is trained here where weights are released. */
function startOf(spec: TrainSpec, seed: number): Readonly<Record<string, Need>> {
  const { from, network, pretraining } = spec;
  if (from) {
    const { batch, ...own } = from;
    const trained: TrainSpec = {
      ...{ ...spec, ...own, step: 4, from: null, members: 1 },
      detections: { ...spec.detections, tests: [] },
      optimiser: { ...spec.optimiser, batch },
      evaluation: { ...spec.evaluation, testErrorEvery: own.schedule.iterations },
    };
    const label = 'detector on other data';
    return { backbone: { task: 'detection', label, apart: true, spec: trained, seed } };
  }
  if ('released' in pretraining) return {};
  return {
    backbone: { task: 'classification', label: 'pretraining', spec: { ...pretraining, network }, seed },
  };
}
