import { createHash } from 'node:crypto';
import { DecodePool } from '../../ml/data/decode-pool.ts';
import { type ImageNetIndex, indexImageNet } from '../../ml/data/imagenet.ts';
import { ImageNetBatches } from '../../ml/data/imagenet-batches.ts';
import { imageNetMean } from '../../ml/data/imagenet-mean.ts';
import { centreCrop, imageNetViews } from '../../ml/data/imagenet-views.ts';
import type { ImageNetData } from '../../ml/data/spec.ts';
import { UserError } from '../errors.ts';
import type { RunData } from './data.ts';
import type { WorkerOrder } from './types.ts';

/** Training and validation images of a folder, and one digest of both lists. Fails like `indexImageNet`. */
export async function openImageNet(
  folder: string,
): Promise<{ train: ImageNetIndex; val: ImageNetIndex; digest: string }> {
  const train = await indexImageNet(folder, 'train');
  const val = await indexImageNet(folder, 'val');
  const digest = createHash('sha256').update(`${train.digest} ${val.digest}`).digest('hex');
  return { train, val, digest };
}

/** Files that are decoded ahead of the training, and of its tests. */
export async function imageNetData(
  { identity, dataFolder, threads }: WorkerOrder,
  data: ImageNetData,
): Promise<RunData> {
  const { train, val, digest } = await openImageNet(dataFolder);
  if (digest !== identity.data) {
    throw new UserError(`${dataFolder}: the images are not those that the run was planned with.`, {
      fix: 'run the same command again: their digest is part of the key of a run',
    });
  }
  const pool = new DecodePool(threads);
  const { decode } = pool;
  const mean = await imageNetMean(train, data, decode);
  const views = { index: val, data, mean, decode };
  const { seed, spec } = identity;
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
