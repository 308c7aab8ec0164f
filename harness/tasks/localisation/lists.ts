import { createHash } from 'node:crypto';
import { type LocalisationList, listDigest, listLocalisation } from '../../../ml/data/ilsvrc-loc/files.ts';
import { imageNetSize } from '../../../ml/data/imagenet/files.ts';

/** Lists of the training and validation images of ImageNet's localisation set, and one digest of both. */
export interface Lists {
  train: LocalisationList;
  val: LocalisationList;
  digest: string;
}

/** Lists the images of a folder. Fails like `listLocalisation`. */
export async function openLists(folder: string, classes: number = imageNetSize.classes): Promise<Lists> {
  const [train, val] = [
    await listLocalisation(folder, 'train', classes),
    await listLocalisation(folder, 'val', classes),
  ];
  const digests = [await listDigest(train), await listDigest(val)];
  return { train, val, digest: createHash('sha256').update(digests.join(' ')).digest('hex') };
}
