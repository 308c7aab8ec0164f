import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import {
  smallClasses,
  validationIds,
  writeDevkit,
  writeTraining,
  writeValidation,
} from '../imagenet/files.fixture.ts';

/** Sides of a box as an annotation has them: inclusive pixel indices from 1. */
export type Sides = readonly [xmin: number, ymin: number, xmax: number, ymax: number];

/** The text of an annotation. */
export function annotationText(
  name: string,
  [width, height]: readonly [number, number],
  boxes: readonly Sides[],
): string {
  const objects = boxes.map(
    ([xmin, ymin, xmax, ymax]) =>
      `\t<object>\n\t\t<name>${name}</name>\n\t\t<bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox>\n\t</object>`,
  );
  const size = `\t<size><width>${width}</width><height>${height}</height><depth>3</depth></size>`;
  return `<annotation>\n\t<folder>x</folder>\n\t<filename>%s</filename>\n${size}\n${objects.join('\n')}\n</annotation>\n`;
}

/**
 * Writes a small localisation set of three classes with five validation images, as it is unpacked: pictures of several sizes,
 * annotated at twice their size, two objects in the first of each class. The last training image of each class has no boxes.
 */
export async function writeLocalisation(folder: string, perClass: number): Promise<void> {
  const data = join(folder, 'ILSVRC', 'Data', 'CLS-LOC');
  await writeTraining(data, perClass);
  await writeValidation(data, 'flat');
  await writeDevkit(folder);
  const home = join(folder, 'ILSVRC', 'Annotations', 'CLS-LOC');
  const listed: string[] = [];
  for (const id of smallClasses) {
    for (const [i, name] of readdirSync(join(data, 'train', id))
      .sort()
      .slice(0, -1)
      .entries()) {
      await annotate(join(data, 'train', id, name), join(home, 'train', id), id, i === 0);
      listed.push(`${id}/${name.slice(0, -5)} ${listed.length + 1}`);
    }
  }
  for (const [i, name] of readdirSync(join(data, 'val')).sort().entries())
    await annotate(join(data, 'val', name), join(home, 'val'), validationIds[i]!, i === 0);
  write(join(folder, 'ILSVRC', 'ImageSets', 'CLS-LOC', 'train_loc.txt'), `${listed.join('\n')}\n`);
}

async function annotate(picture: string, to: string, id: string, hasTwo: boolean): Promise<void> {
  const { width, height } = await sharp(picture).metadata();
  const large = [width / 2 + 1, height / 2 + 1, 2 * width - 4, 2 * height - 2].map(Math.round);
  const small = [1, 1, Math.round(width / 2), Math.round(height / 2)];
  const boxes = (hasTwo ? [large, small] : [large]) as unknown as Sides[];
  const name = /([^/\\]+)\.JPEG$/.exec(picture)![1]!;
  write(join(to, `${name}.xml`), annotationText(id, [2 * width, 2 * height], boxes));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
