import type { DigitPart } from '../../ml/data/digits/sources.ts';
import type { DataSet } from './task.ts';

/** A part of the digits on photographs, which are drawn from MNIST and CIFAR-10 as a data set. */
export function digits(part: DigitPart): DataSet {
  return {
    name: 'digits on photographs',
    tested: 'test',
    variable: 'RESIDUALS_DIGITS',
    provided: null,
    recognises: () => false,
    async digest() {
      const { digitsDigest } = await import('../../ml/data/digits/sources.ts');
      return { digest: digitsDigest };
    },
    async ensure(path, onProgress) {
      const { ensureDigits } = await import('../../ml/data/digits/sources.ts');
      return ensureDigits(part, { ...(path !== undefined && { folder: path }), onProgress });
    },
  };
}
