import { loadWeights } from '../../../ml/data/imagenet/pretrained.ts';
import { channelMeans, type DetectionImages } from '../../../ml/detection/images.ts';
import { buildProgram } from '../../../ml/program.ts';
import { UserError } from '../../errors.ts';
import { type NamedState, namedState, readState, stateFile } from '../state.ts';
import type { OpenOptions } from '../task.ts';
import type { TrainSpec } from './spec.ts';
import { releasedOf } from './steps.ts';

/**
 * The layers that a step begins with: those of step 2, which are held, else the backbone, pretrained here or released. The
 * statistics of a release are constant like ours: "strictly computed using average (not moving average) on a sufficiently
 * large training batch after the training procedure" (README of the authors' release).
 */
export async function layersBefore({ spec, needs, weights }: OpenOptions<TrainSpec>): Promise<NamedState> {
  const released = releasedOf(spec);
  if (!released) return readState(needs[spec.step > 2 ? 'regions' : 'backbone']!(stateFile)!);
  if (!weights) throw new UserError('The order names no weights that the backbone begins with.');
  const program = buildProgram({
    network: spec.network,
    imageSize: released.crop,
    sgd: spec.optimiser.sgd,
    trainBatch: 1,
    evaluationBatch: 1,
  });
  const { integrity } = released;
  return namedState(program, await loadWeights({ file: weights.file, integrity }, program));
}

/** What is subtracted from each channel: the mean over the training images, or the one that released weights go with. */
export async function meansOf({ pretraining }: TrainSpec, images: DetectionImages): Promise<Float32Array> {
  return 'released' in pretraining ? Float32Array.from(pretraining.released.mean) : channelMeans(images);
}
