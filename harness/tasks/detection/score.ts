import { cocoScores } from '../../../ml/detection/coco.ts';
import type { Found } from '../../../ml/detection/detect.ts';
import type { Detection, TrueObject } from '../../../ml/detection/truth.ts';
import { type Matching, meanPrecision, type VocRule, vocPrecisions } from '../../../ml/detection/voc.ts';
import type { Values } from '../task.ts';
import type { Average } from './measures.ts';
import type { TrainSpec } from './spec.ts';

/** By whose rules detections are matched with the objects of a data set; scores of COCO are by its own. */
export const matchings = {
  'digits-voc': 'voc',
  'digits-coco': 'voc',
  'digits-det': 'voc',
  voc: 'voc',
  coco: 'voc',
  'imagenet-det': 'ilsvrc',
} as const satisfies Record<TrainSpec['data']['set'], Matching>;

/** Precisions of what was found in images, in percent: of all classes together, and of each that has objects. */
export function scored(
  found: readonly (readonly Found[])[],
  objects: readonly TrueObject[],
  classes: readonly string[],
  matching: Matching = 'voc',
): { all: Record<Average, number>; each: Values } {
  const detections = found.flatMap((own, image) =>
    own.map(({ class: place, score, box }): Detection => ({ image, class: classes[place]!, score, box })),
  );
  const rules = { elevenPoint: 'eleven-point', area: 'area' } as const satisfies Record<string, VocRule>;
  const voc = Object.entries(rules).map(([name, rule]) => {
    return [name as keyof typeof rules, vocPrecisions(detections, objects, classes, rule, matching)] as const;
  });
  const means = Object.fromEntries(
    voc.map(([name, precisions]) => [name, percent(meanPrecision(precisions))]),
  );
  const coco = cocoScores(detections, objects, classes);
  const each = voc.flatMap(([name, precisions]) =>
    [...precisions].flatMap(([own, value]) =>
      value === null ? [] : [[`${name}.${own}`, percent(value)] as const],
    ),
  );
  return {
    all: {
      ...(means as Record<keyof typeof rules, number>),
      coco50: percent(coco.ap50),
      coco: percent(coco.ap),
    },
    each: Object.fromEntries(each),
  };
}

/** Without any object there is nothing to be found: 0. */
function percent(fraction: number | null): number {
  return 100 * (fraction ?? 0);
}
