import { createHash } from 'node:crypto';
import { ImageNetBatches } from '../../../ml/data/imagenet/batches.ts';
import { DecodePool } from '../../../ml/data/imagenet/decode-pool.ts';
import { type ImageNetIndex, imageNetSize, indexImageNet } from '../../../ml/data/imagenet/files.ts';
import { imageNetMean } from '../../../ml/data/imagenet/mean.ts';
import { centreCrop, imageNetViews } from '../../../ml/data/imagenet/views.ts';
import type { ImageNetData } from '../../../ml/data/spec.ts';
import { exitCodes, UserError } from '../../errors.ts';
import type { OpenOptions } from '../task.ts';
import type { EvaluateSpec } from './spec.ts';
import type { TestSet, TrainingData, TrainingOptions } from './types.ts';

/** How many images and classes there are: fewer in tests. */
export type Size = Readonly<Record<keyof typeof imageNetSize, number>>;

/**
 * Training and validation images of a folder, and one digest of both lists. Fails like `indexImageNet`, and when images
 * are missing: a training on fewer is not the paper's.
 */
export async function openImageNet(
  folder: string,
  size: Size = imageNetSize,
): Promise<{ train: ImageNetIndex; val: ImageNetIndex; digest: string }> {
  const [train, val] = [await open(folder, 'train', size), await open(folder, 'val', size)];
  const digest = createHash('sha256').update(`${train.digest} ${val.digest}`).digest('hex');
  return { train, val, digest };
}

/** Files that are decoded ahead of the training, and of its tests. */
export async function imageNetTraining(
  { spec, seed, data: planned, dataFolder, threads }: TrainingOptions,
  data: ImageNetData,
  size: Size = imageNetSize,
): Promise<TrainingData> {
  const { train, val, digest } = await openImageNet(dataFolder, size);
  expectPlanned(dataFolder, digest, planned);
  const pool = new DecodePool(threads);
  const { decode } = pool;
  const mean = await imageNetMean(train, data, decode);
  const views = { index: val, data, mean, decode };
  return {
    batches: new ImageNetBatches({ index: train, data, mean, seed, batch: spec.optimiser.batch, decode }),
    test: {
      count: val.count,
      labels: val.labels,
      single: centreCrop(views),
      views: test => imageNetViews(test, views),
    },
    close: () => pool.close(),
  };
}

/** The validation images of a folder, less one mean for each channel. */
export async function imageNetValidation({
  spec: { data, mean },
  data: planned,
  dataFolder,
  threads,
}: OpenOptions<EvaluateSpec>): Promise<{ test: TestSet; close(): Promise<void> }> {
  const index = await indexImageNet(dataFolder, 'val');
  expectPlanned(dataFolder, index.digest, planned);
  const pool = new DecodePool(threads);
  const plane = data.crop ** 2;
  const means = Float32Array.from({ length: mean.length * plane }, (_, i) => mean[Math.floor(i / plane)]!);
  const views = { index, data, mean: means, decode: pool.decode };
  const test: TestSet = {
    count: index.count,
    labels: index.labels,
    single: centreCrop(views),
    views: each => imageNetViews(each, views),
  };
  return { test, close: () => pool.close() };
}

async function open(folder: string, part: 'train' | 'val', size: Size): Promise<ImageNetIndex> {
  const index = await indexImageNet(folder, part, size.classes);
  if (index.count === size[part]) return index;
  throw new UserError(`${folder}: expected ${size[part]} images in ${part}, found ${index.count}.`, {
    fix: 'complete the folder from the official archives (ILSVRC 2012)',
    exitCode: exitCodes.failed,
  });
}

function expectPlanned(folder: string, found: string, planned: string): void {
  if (found === planned) return;
  throw new UserError(`${folder}: the images are not those that the run was planned with.`, {
    fix: 'run the same command again: their digest is part of the key of a run',
  });
}
