import type { TrainSpec as BaseSpec, Released } from '../task.ts';
import type { EvaluateSpec, TrainSpec } from './spec.ts';

/**
 * The evaluation of released weights of a network that measures what a target shows: the network and the test protocols
 * that its spec has, with the release's own mean and geometry. Null when the target shows no measure of such a protocol.
 */
export function evaluationOf(
  spec: BaseSpec,
  { mean, crop, testShorterSide }: Released & { testShorterSide: number },
  measures: readonly string[],
  testImages: number,
): EvaluateSpec | null {
  const { network, evaluation } = spec as TrainSpec;
  const tests = evaluation.tests.filter(({ name }) => measures.some(each => each.startsWith(`${name}.`)));
  if (tests.length === 0 || network.family === 'vgg') return null; // no release of it can be read here
  return { data: { set: 'imagenet', crop, testShorterSide, testImages }, network, mean: [...mean], tests };
}
