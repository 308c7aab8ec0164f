import { UserError } from '../../errors.ts';
import { digits } from '../digits.ts';
import type { DataSet } from '../task.ts';

/** The data sets that localisers are trained and tested on. */
export const dataSets = {
  'digits-loc': digits('loc'),
  'imagenet-loc': {
    name: "ImageNet's localisation set",
    tested: 'validation',
    variable: 'RESIDUALS_IMAGENET',
    provided: { train: '<folder>', evaluate: '<folder>' },
    recognises: () => false,
    digest: async () => null,
    async ensure() {
      throw new UserError("ImageNet's localisation set is not read here.");
    },
  },
} as const satisfies Record<string, DataSet>;
