import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { digits } from '../digits.ts';
import type { DataSet } from '../task.ts';

/** The data sets that detectors are trained and tested on. */
export const dataSets = {
  'digits-voc': digits('voc'),
  'digits-coco': digits('coco'),
  'digits-det': digits('det'),
  voc: {
    name: 'PASCAL VOC',
    tested: 'test',
    variable: 'RESIDUALS_VOC',
    provided: {
      train: '<folder with VOC2007/ and VOC2012/>',
      evaluate: '<folder with VOC2007/ and VOC2012/>',
    },
    recognises: path => ['VOC2007', 'VOC2012'].some(part => existsSync(join(path, part))),
    async digest(path) {
      if (path === undefined) return null;
      const { vocDigest } = await import('../../../ml/data/voc/files.ts');
      return { digest: await vocDigest(path) };
    },
    ensure: path => named(path, 'PASCAL VOC', '--data <folder with VOC2007/ and VOC2012/>'),
  },
  coco: {
    name: 'COCO',
    tested: 'validation',
    variable: 'RESIDUALS_COCO',
    provided: { train: '<folder with annotations/>', evaluate: '<folder with annotations/>' },
    recognises: path => existsSync(join(path, 'annotations')),
    async digest(path) {
      if (path === undefined) return null;
      const { cocoDigest } = await import('../../../ml/data/coco/annotations.ts');
      return { digest: await cocoDigest(path) };
    },
    ensure: path => named(path, 'COCO', '--data <folder with annotations/>'),
  },
  'imagenet-det': {
    name: "ImageNet's detection set",
    tested: 'validation',
    variable: 'RESIDUALS_IMAGENET_DET',
    provided: { train: '<folder with ImageSets/DET/>', evaluate: '<folder with ImageSets/DET/>' },
    recognises: path => existsSync(join(path, 'ImageSets', 'DET')),
    async digest(path) {
      if (path === undefined) return null;
      const { detDigest } = await import('../../../ml/data/ilsvrc/files.ts');
      return { digest: await detDigest(path) };
    },
    ensure: path => named(path, "ImageNet's detection set", '--data <folder with ImageSets/DET/>'),
  },
} as const satisfies Record<string, DataSet>;

async function named(path: string | undefined, name: string, fix: string): Promise<string> {
  if (path !== undefined) return path;
  throw new UserError(`${name} cannot be fetched for you.`, { fix });
}
