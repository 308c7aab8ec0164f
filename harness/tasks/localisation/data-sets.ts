import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { digits } from '../digits.ts';
import type { DataSet } from '../task.ts';

const provided = '<folder with train/, val/, Annotations/ and ImageSets/, or ILSVRC/>';

/** The data sets that localisers are trained and tested on. */
export const dataSets = {
  'digits-loc': digits('loc'),
  'imagenet-loc': {
    name: "ImageNet's localisation set",
    tested: 'validation',
    variable: 'RESIDUALS_IMAGENET',
    provided: { train: provided, evaluate: provided },
    recognises: path => ['', 'ILSVRC'].some(inner => existsSync(join(path, inner, 'Annotations', 'CLS-LOC'))),
    async digest(path) {
      if (path === undefined) return null;
      const { openLists } = await import('./lists.ts');
      return { digest: (await openLists(path)).digest };
    },
    async ensure(path) {
      if (path !== undefined) return path;
      throw new UserError("ImageNet's localisation set cannot be fetched for you.", {
        fix: `--data ${provided}`,
      });
    },
  },
} as const satisfies Record<string, DataSet>;
