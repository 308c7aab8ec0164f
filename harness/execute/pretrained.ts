import { DecodePool } from '../../ml/data/decode-pool.ts';
import { imageNetFolder, indexImageNet } from '../../ml/data/imagenet.ts';
import { centreCrop, imageNetViews } from '../../ml/data/imagenet-views.ts';
import { loadPretrained, type PretrainedOptions } from '../../ml/data/pretrained.ts';
import type { TestSpec } from '../../ml/data/spec.ts';
import type { EvaluationOrder } from './evaluation-run.ts';

/** What an evaluation of the released weights is made of, and the end of the threads that decode its images. */
export interface PretrainedEvaluation extends Pick<EvaluationOrder, 'identity' | 'state' | 'test'> {
  close(): Promise<void>;
}

/** How the released weights are to be evaluated. */
export interface PretrainedEvaluationOptions extends PretrainedOptions {
  /** Folder with ImageNet, else `RESIDUALS_IMAGENET`; only its validation images and a list of the classes are needed. */
  folder?: string;
  tests: readonly TestSpec[];
  backend: { id: string; numerics: number };
}

/** The released ResNet-50 and the validation images (sec. 4.1). Fails with a `DataError` when either cannot be had. */
export async function pretrainedEvaluation({
  folder,
  tests,
  backend,
  ...options
}: PretrainedEvaluationOptions): Promise<PretrainedEvaluation> {
  const index = await indexImageNet(imageNetFolder(folder), 'val'); // before 95 MB are fetched for nothing
  const { network, state, preprocessing, digest } = await loadPretrained(options);
  const data = { set: 'imagenet', crop: 224, testShorterSide: 256 } as const;
  const plane = data.crop ** 2;
  const mean = Float32Array.from({ length: 3 * plane }, (_, i) => preprocessing.mean[Math.floor(i / plane)]!);
  const pool = new DecodePool();
  const reading = { index, data, mean, decode: pool.decode };
  return {
    identity: {
      weights: digest,
      spec: { network, data, mean: preprocessing.mean, tests },
      data: index.digest,
      backend: backend.id,
      numerics: backend.numerics,
    },
    state,
    test: {
      count: index.count,
      labels: index.labels,
      single: centreCrop(reading),
      views: test => imageNetViews(test, reading),
    },
    close: () => pool.close(),
  };
}
