import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../harness/errors.ts';
import type { DataSet } from '../harness/tasks/classification/images.ts';
import type { Target } from '../harness/manifest/types.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { DataError } from '../ml/data/errors.ts';
import type { Options } from './options.ts';
import { notRunUnderWeights } from './weights.ts';

/** Data sets that networks of the targets are trained on. */
export function setsOf(targets: readonly Target[]): Set<DataSet> {
  return new Set(targets.flatMap(({ networks }) => networks.map(({ spec }) => spec.data.set)));
}

/**
 * The user's folder of a data set; undefined when none is named. `--data` is ImageNet's when the targets need no other
 * set, or when it holds train/ or val/; `RESIDUALS_IMAGENET` names it too.
 */
export function folderOf(set: DataSet, needed: ReadonlySet<DataSet>, { data }: Options): string | undefined {
  const isImageNet =
    data !== undefined &&
    needed.has('imagenet') &&
    (needed.size === 1 || ['train', 'val', 'ILSVRC'].some(name => existsSync(join(data, name))));
  if (set === 'cifar10') return isImageNet ? undefined : data;
  return isImageNet ? data : process.env.RESIDUALS_IMAGENET || undefined;
}

/**
 * Digests of the data sets that are here or can be fetched. Under `--weights` nothing is trained: ImageNet may then lack
 * its training images, and has no digest as a set for trainings.
 */
export async function digestsOf(
  needed: ReadonlySet<DataSet>,
  options: Options,
): Promise<Partial<Record<DataSet, string>>> {
  const folder = folderOf('imagenet', needed, options);
  if (!needed.has('imagenet') || folder === undefined) return { cifar10: cifar10Digest };
  const { openImageNet } = await import('../harness/execute/imagenet.ts');
  try {
    return { cifar10: cifar10Digest, imagenet: (await openImageNet(folder)).digest };
  } catch (error) {
    if (options.weights === undefined || !(error instanceof DataError || error instanceof UserError))
      throw error;
    return { cifar10: cifar10Digest };
  }
}

/** The targets, with a reason at every network whose data are not here. */
export function withoutMissing(
  targets: readonly Target[],
  digests: Readonly<Partial<Record<DataSet, string>>>,
  { weights }: Pick<Options, 'weights'>,
): Target[] {
  return targets.map(target => ({
    ...target,
    networks: target.networks.map(network =>
      digests[network.spec.data.set] === undefined
        ? {
            notRun:
              weights === undefined
                ? imageNetMissing(target)
                : notRunUnderWeights(network.name, target, weights),
            ...network,
          }
        : network,
    ),
  }));
}

function imageNetMissing({ name, profile }: Target): string {
  return `ImageNet is needed and cannot be fetched: npm run reproduce ${name} -- --profile ${profile} --data <folder with train/ and val/>`;
}
