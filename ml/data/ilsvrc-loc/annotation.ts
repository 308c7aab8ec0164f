import { type Box, intersection } from '../../detection/boxes.ts';
import { DataError } from '../../errors.ts';
import { childOf, type Element, parseElements } from '../voc/xml.ts';

/** What an annotation of ILSVRC's localisation set says of an image: its size as it was annotated, and its objects. */
export interface ObjectAnnotation {
  width: number;
  height: number;
  /** One or more, all of the image's class; an edge may lie outside of the image. */
  boxes: Box[];
}

/**
 * Reads an annotation of an image of class `wnid`. The form is VOC's, its boxes inclusive pixel indices from 1, but what was
 * drawn by the crowd differs from it (TensorFlow's process_bounding_boxes.py has met it all): the size is that of the image
 * as it was shown, not of the picture; boxes reach over its border; corners may be the other way round; <filename> may be
 * `%s`; and a <name> may be in words (Scottish_deerhound) for the class. An object of another class, a box that holds nothing
 * of the image, and an image without objects fail with a `DataError` that names file and line.
 */
export function parseObjects(file: string, text: string, wnid: string): ObjectAnnotation {
  const fail = (at: number, message: string): DataError => {
    const line = text.slice(0, at).split('\n').length;
    return new DataError(
      `${file}:${line}  ${message}`,
      'replace the file by the one of the official archive',
    );
  };
  const root = childOf({ children: parseElements(text, fail) }, 'annotation', fail);
  if (!root) throw fail(0, 'expected <annotation> ... </annotation>');
  const required = (name: string, from: Element): Element => {
    const found = childOf(from, name, fail);
    if (found) return found;
    throw fail(from.begin, `expected <${name}> here`);
  };
  const written = ({ begin, end }: Element) => text.slice(begin, end).trim();
  const number = (name: string, from: Element): number => {
    const found = required(name, from);
    if (/^-?\d{1,7}(\.\d{1,20})?$/.test(written(found))) return Number(written(found));
    throw fail(found.begin, `<${name}> is ${shown(written(found))}; expected a number`);
  };
  const size = required('size', root);
  const [width, height] = [number('width', size), number('height', size)];
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw fail(size.begin, `<size> is ${width} x ${height}; expected pixels`);
  const boxes = root.children
    .filter(({ name }) => name === 'object')
    .map((object): Box => {
      const name = required('name', object);
      if (otherClass(written(name), wnid))
        throw fail(name.begin, `the object is of class ${shown(written(name))}, the image of ${wnid}`);
      const bounds = required('bndbox', object);
      const [xmin, ymin, xmax, ymax] = ['xmin', 'ymin', 'xmax', 'ymax'].map(side => number(side, bounds));
      const [left, right] = [Math.min(xmin!, xmax!) - 1, Math.max(xmin!, xmax!)];
      const [top, bottom] = [Math.min(ymin!, ymax!) - 1, Math.max(ymin!, ymax!)];
      if (intersection([left, top, right, bottom], [0, 0, width, height]) > 0)
        return [left, top, right, bottom];
      throw fail(
        bounds.begin,
        `the box ${xmin} ${ymin} ${xmax} ${ymax} lies outside of the image of ${width} x ${height}`,
      );
    });
  if (boxes.length === 0) throw fail(root.begin, 'expected an <object>; there is none');
  return { width, height, boxes };
}

/** Whether a name is that of a class, and of another one. */
function otherClass(name: string, wnid: string): boolean {
  return name !== wnid && (name === '' || /^n\d+$/.test(name));
}

/** A value from the file, short enough for a message. */
function shown(value: string): string {
  return JSON.stringify(value.slice(0, 40));
}
