import { overlap } from '../../../ml/detection/boxes.ts';
import { leastOverlap } from '../../../ml/detection/voc.ts';
import type { Pictured } from '../pictured.ts';
import type { Artefacts } from '../task.ts';
import { openImages } from './data.ts';
import { detectionsFile, readDetections } from './detections-file.ts';
import { matchings } from './score.ts';
import type { TrainSpec } from './spec.ts';

/** Detections that are shown of an image, and from which probability on. */
const [most, least] = [12, 0.5];

/**
 * The first test images with their objects and what was found in them; none of a step that finds nothing. Boxes are those of
 * the plain way of testing.
 */
export async function pictured(
  spec: TrainSpec,
  dataFolder: string,
  artefacts: Artefacts,
  count: number,
): Promise<Pictured[]> {
  const content = artefacts(detectionsFile);
  if (!content) return [];
  const { classes, images: ids, found } = readDetections(content);
  const data = { ...spec.data, testImages: Math.min(count, ids.length) };
  const { images, truth } = await openImages(data, dataFolder, 'test');
  const { size } = images;
  const matching = matchings[spec.data.set];
  const all: Pictured[] = [];
  for (let image = 0; image < images.count; image++) {
    const [width, height] = images.extents[image]!;
    const scale = images.scales[image]!;
    const square = await images.square(image);
    const pixels = new Uint8Array(3 * width * height);
    for (let row = 0; row < 3 * height; row++) {
      const at = (Math.floor(row / height) * size + (row % height)) * size;
      pixels.set(square.subarray(at, at + width), row * width);
    }
    const objects = truth.filter(object => object.image === image);
    const shown = found
      .get('plain')!
      [image]!.filter(({ score }) => score >= least)
      .slice(0, most);
    const scaled = (box: readonly number[]) =>
      box.map(side => side * scale) as unknown as Pictured['boxes'][0]['box'];
    all.push({
      title: ids[image]!,
      ...{ width, height, pixels },
      boxes: [
        ...objects.map(({ class: label, box }) => ({ box: scaled(box), label, score: null, right: true })),
        ...shown.map(each => {
          const label = classes[each.class]!;
          const right = objects.some(
            own => own.class === label && overlap(own.box, each.box) >= leastOverlap(own, matching),
          );
          return { box: scaled(each.box), label, score: each.score, right };
        }),
      ],
    });
  }
  return all;
}
