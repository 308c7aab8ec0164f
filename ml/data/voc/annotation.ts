import { DataError } from '../../errors.ts';
import { type AnnotatedObject, pictureName } from '../annotated.ts';
import { childOf, type Element, parseElements } from './xml.ts';

/** What an annotation of PASCAL VOC says of a picture. */
export interface Annotation {
  /** Name of the picture in JPEGImages/. */
  filename: string;
  width: number;
  height: number;
  objects: AnnotatedObject[];
}

/**
 * Reads an annotation file of the development kit. Boxes are inclusive pixel indices from 1 there. Fails with a `DataError`
 * that names file, line and what was expected; parts of objects are passed over.
 */
export function parseAnnotation(file: string, text: string, classes: readonly string[]): Annotation {
  const fail = (at: number, message: string): DataError => {
    const line = text.slice(0, at).split('\n').length;
    return new DataError(
      `${file}:${line}  ${message}`,
      'replace the file by the one of the official archive',
    );
  };
  const root = childOf({ children: parseElements(text, fail) }, 'annotation');
  if (!root) throw fail(0, 'expected <annotation> ... </annotation>');
  const required = (name: string, from: Element): Element => {
    const found = childOf(from, name);
    if (found) return found;
    throw fail(from.begin, `expected <${name}> here`);
  };
  const number = (name: string, from: Element): number => {
    const found = required(name, from);
    const written = text.slice(found.begin, found.end).trim();
    // VOC 2012 has a few boxes in parts of pixels.
    if (/^-?\d+(\.\d+)?$/.test(written)) return Number(written);
    throw fail(found.begin, `<${name}> is ${shown(text, found)}; expected a number`);
  };
  const name = required('filename', root);
  const filename = text.slice(name.begin, name.end).trim();
  if (!pictureName.test(filename))
    throw fail(name.begin, `<filename> is ${shown(text, name)}; expected the name of a file in JPEGImages/`);
  const size = required('size', root);
  const [width, height] = [number('width', size), number('height', size)];
  if (!(isExtent(width) && isExtent(height)))
    throw fail(size.begin, `<size> is ${width} x ${height}; expected pixels`);
  const all = root.children.filter(child => child.name === 'object');
  const objects = all.map((object): AnnotatedObject => {
    const own = required('name', object);
    const place = classes.indexOf(text.slice(own.begin, own.end).trim());
    if (place < 0)
      throw fail(
        own.begin,
        `the class ${shown(text, own)} is not among the ${classes.length}: ${some(classes)}`,
      );
    const box = required('bndbox', object);
    const [left, top, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map(side => number(side, box));
    if (!(right! >= left! && bottom! >= top!))
      throw fail(box.begin, `the box ${left} ${top} ${right} ${bottom} has no area`);
    if (left! < 1 || top! < 1 || right! > width || bottom! > height)
      throw fail(
        box.begin,
        `the box ${left} ${top} ${right} ${bottom} leaves the image of ${width} x ${height}`,
      );
    const difficult = childOf(object, 'difficult');
    const isDifficult = difficult && text.slice(difficult.begin, difficult.end).trim() === '1';
    return {
      class: place,
      box: [left! - 1, top! - 1, right!, bottom!],
      ...(isDifficult && { difficult: true }),
    };
  });
  return { filename, width, height, objects };
}

/** Whether a number can be that of the columns or rows of a picture. */
function isExtent(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

/** A value from the file, short enough for a message. */
function shown(text: string, { begin, end }: Element): string {
  return JSON.stringify(text.slice(begin, Math.min(end, begin + 40)).trim());
}

function some(classes: readonly string[]): string {
  return classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, ...` : classes.join(', ');
}
