import { area, clipped } from '../../detection/boxes.ts';
import { DataError } from '../../errors.ts';
import { type AnnotatedObject, pictureName } from '../annotated.ts';
import { childOf, type Element, parseElements } from './xml.ts';

/** What an annotation says of a picture. */
export interface Annotated {
  width: number;
  height: number;
  objects: AnnotatedObject[];
}

/** What an annotation of PASCAL VOC says of a picture. */
export interface Annotation extends Annotated {
  /** Name of the picture in JPEGImages/. */
  filename: string;
}

/**
 * Reads an annotation file of the development kit. Boxes are inclusive pixel indices from 1 there. Fails with a `DataError`
 * that names file, line and what was expected; parts of objects are passed over.
 */
export function parseAnnotation(file: string, text: string, classes: readonly string[]): Annotation {
  const annotation = open(file, text, 'voc');
  const { root, required, written, fail } = annotation;
  const name = required('filename', root);
  const filename = written(name);
  if (!pictureName.test(filename))
    throw fail(name.begin, `<filename> is ${shown(text, name)}; expected the name of a file in JPEGImages/`);
  return { filename, ...read(annotation, classes) };
}

/**
 * Reads an annotation file of ImageNet's detection set, whose classes are WordNet ids. Its development kit names a picture as
 * its annotation, so that <filename> is not read; boxes are inclusive pixel indices from 0, and what lies outside the image
 * is cut off: some boxes of ImageNet leave theirs (n03127925_147, by TensorFlow's process_bounding_boxes.py). Fails likewise.
 */
export function parseDetAnnotation(file: string, text: string, wnids: readonly string[]): Annotated {
  return read(open(file, text, 'ilsvrc'), wnids);
}

const official = 'replace the file by the one of the official archive';

/** Where the annotations of sets differ. */
const dialects = {
  voc: { first: 1, knowsDifficult: true, leaving: 'refused', fix: official },
  ilsvrc: {
    ...{ first: 0, knowsDifficult: false, leaving: 'cut off' },
    // Among half a million official files there may be one that is wrong.
    fix: `${official}, or take the image out of its lists in ImageSets/DET`,
  },
} as const;

/** A file's element <annotation> and how its parts are read. */
interface Opened {
  text: string;
  dialect: keyof typeof dialects;
  root: Element;
  /** The element of a name within another one. */
  required(name: string, from: Element): Element;
  written(element: Element): string;
  fail(at: number, message: string): DataError;
}

function open(file: string, text: string, dialect: keyof typeof dialects): Opened {
  const fail = (at: number, message: string): DataError => {
    const line = text.slice(0, at).split('\n').length;
    return new DataError(`${file}:${line}  ${message}`, dialects[dialect].fix);
  };
  const root = childOf({ children: parseElements(text, fail) }, 'annotation', fail);
  if (!root) throw fail(0, 'expected <annotation> ... </annotation>');
  return {
    ...{ text, dialect, root, fail },
    required(name, from) {
      const found = childOf(from, name, fail);
      if (found) return found;
      throw fail(from.begin, `expected <${name}> here`);
    },
    written: ({ begin, end }) => text.slice(begin, end).trim(),
  };
}

function read(
  { text, dialect, root, required, written, fail }: Opened,
  classes: readonly string[],
): Annotated {
  const { first, knowsDifficult, leaving } = dialects[dialect];
  const number = (name: string, from: Element): number => {
    const found = required(name, from);
    const value = written(found);
    // VOC 2012 has a few boxes in parts of pixels.
    if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
    throw fail(found.begin, `<${name}> is ${shown(text, found)}; expected a number`);
  };
  const size = required('size', root);
  const [width, height] = [number('width', size), number('height', size)];
  if (!(isExtent(width) && isExtent(height)))
    throw fail(size.begin, `<size> is ${width} x ${height}; expected pixels`);
  const all = root.children.filter(child => child.name === 'object');
  const objects = all.map((object): AnnotatedObject => {
    const own = required('name', object);
    const place = classes.indexOf(written(own));
    if (place < 0)
      throw fail(
        own.begin,
        `the class ${shown(text, own)} is not among the ${classes.length}: ${some(classes)}`,
      );
    const bounds = required('bndbox', object);
    const [left, top, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map(side => number(side, bounds));
    const shownBox = `the box ${left} ${top} ${right} ${bottom}`;
    if (!(right! >= left! && bottom! >= top!)) throw fail(bounds.begin, `${shownBox} has no area`);
    const after = 1 - first;
    const whole = [left! - first, top! - first, right! + after, bottom! + after] as const;
    const box = clipped(whole, width, height);
    if (leaving === 'refused' ? box.some((side, i) => side !== whole[i]) : area(box) === 0)
      throw fail(bounds.begin, `${shownBox} leaves the image of ${width} x ${height}`);
    const difficult = knowsDifficult ? childOf(object, 'difficult', fail) : undefined;
    const isDifficult = difficult && written(difficult) === '1';
    if (difficult && !/^[01]$/.test(written(difficult)))
      throw fail(difficult.begin, `<difficult> is ${shown(text, difficult)}; expected 0 or 1`);
    return { class: place, box, ...(isDifficult && { difficult: true }) };
  });
  return { width, height, objects };
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
