import type { DigitPart } from '../../ml/data/digits/sources.ts';
import type { DataSet } from './task.ts';

/** A part of the digits on photographs, which are drawn from MNIST and CIFAR-10 as a data set. */
export function digits(part: DigitPart): DataSet {
  return {
    name: names[part],
    tested: 'test',
    variable: 'RESIDUALS_DIGITS',
    provided: null,
    drawn: true,
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

/** What each part stands for. */
const names = {
  crops: 'digits on photographs, one by one',
  voc: 'digits on photographs, as PASCAL VOC',
  coco: 'digits on photographs, as COCO',
  loc: "digits on photographs, as ImageNet's localisation set",
  det: "digits on photographs, as ImageNet's detection set",
} as const satisfies Record<DigitPart, string>;
