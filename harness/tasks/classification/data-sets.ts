import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cifar10Digest } from '../../../ml/data/cifar10/files.ts';
import { UserError } from '../../errors.ts';
import { digits } from '../digits.ts';
import type { DataSet } from '../task.ts';

/** The data sets that classifiers are trained and evaluated on. */
export const dataSets = {
  cifar10: {
    name: 'CIFAR-10',
    tested: 'test',
    variable: 'RESIDUALS_CIFAR10',
    provided: null,
    recognises: () => true,
    digest: async () => ({ digest: cifar10Digest }),
    async ensure(path, onProgress) {
      const { ensureCifar10 } = await import('../../../ml/data/cifar10/sources.ts');
      return (await ensureCifar10({ ...(path !== undefined && { folder: path }), onProgress })).folder;
    },
  },
  digits: digits('crops'),
  imagenet: {
    name: 'ImageNet',
    tested: 'validation',
    variable: 'RESIDUALS_IMAGENET',
    provided: { train: '<folder with train/ and val/>', evaluate: '<folder with val/>' },
    recognises: path => ['train', 'val', 'ILSVRC'].some(part => existsSync(join(path, part))),
    async digest(path, kind) {
      if (path === undefined) return null;
      if (kind === 'train') {
        const { openImageNet } = await import('./imagenet.ts');
        return { digest: (await openImageNet(path)).digest };
      }
      const { indexImageNet } = await import('../../../ml/data/imagenet/files.ts');
      const { digest, count } = await indexImageNet(path, 'val');
      return { digest, testImages: count };
    },
    async ensure(path) {
      if (path !== undefined) return path;
      throw new UserError('ImageNet cannot be fetched for you.', {
        fix: '--data <folder with train/ and val/>',
      });
    },
  },
} as const satisfies Record<string, DataSet>;
