import { type NetworkSpec, networkName } from '../../ml/nets/spec.ts';
import { vggStrides } from '../../ml/nets/vgg.ts';
import type { Spec } from '../../ml/schema.ts';
import type { classifierParts } from './classifier.ts';

/** The training of a classifier, wherever a spec has it. `size`: of its images. */
export interface Classifier {
  network: NetworkSpec;
  size: number;
  evaluation: Spec<(typeof classifierParts)['evaluation']>;
}

/**
 * What VGG as a classifier cannot do. `of`: the classifier that a spec trains, null without one; `at`: where the spec has its
 * settings but the network.
 */
export function vggRules<S>(
  of: (spec: S) => Classifier | null,
  at = '',
): { paths: string[]; broken(spec: S): string | null }[] {
  return checks.map(({ path, broken }) => ({
    paths: [`${at}${path}`, 'network'],
    broken(spec) {
      const classifier = of(spec);
      return classifier?.network.family === 'vgg'
        ? broken(classifier, networkName(classifier.network))
        : null;
    },
  }));
}

/** Settings, and what is wrong with them and was expected. */
const checks: readonly {
  path: string;
  broken(classifier: Classifier, name: string): string | null;
}[] = [
  {
    path: 'data',
    broken: ({ size }, name) =>
      size % vggStrides.pooled === 0
        ? null
        : `images have ${size}x${size} pixels, ${name} halves them five times: expected a multiple of ${vggStrides.pooled}`,
  },
  {
    path: 'evaluation.responses',
    broken: ({ evaluation: { responses, gradients } }, name) =>
      responses || gradients
        ? `${name} has no batch normalisation, whose outputs are the responses: expected responses: false, gradients: false`
        : null,
  },
  {
    path: 'evaluation.statisticsBatches',
    broken: ({ evaluation: { statisticsBatches } }, name) =>
      statisticsBatches === 0
        ? null
        : `${name} has no batch normalisation, whose statistics are averaged: expected statisticsBatches: 0`,
  },
  {
    path: 'evaluation.tests',
    broken: ({ evaluation: { tests }, size }, name) =>
      tests.every(test => test.name !== 'multiScale')
        ? null
        : `fc6 of ${name} has weights for every position of ${size}x${size} pixels: expected no test multiScale`,
  },
];
