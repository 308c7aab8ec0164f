import { DataError } from '../../errors.ts';
import type { AnnotatedObject } from '../annotated.ts';

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
  const root = element(text, 'annotation', 0, text.length);
  if (!root) throw fail(0, 'expected <annotation> ... </annotation>');
  const required = (name: string, from: Span): Span => {
    const found = element(text, name, from.begin, from.end);
    if (found) return found;
    throw fail(from.begin, `expected <${name}> here`);
  };
  const number = (name: string, from: Span): number => {
    const found = required(name, from);
    const value = Number(text.slice(found.begin, found.end));
    if (found.end > found.begin && Number.isFinite(value)) return value;
    throw fail(found.begin, `<${name}> is ${shown(text, found)}; expected a number`);
  };
  const name = required('filename', root);
  const filename = text.slice(name.begin, name.end).trim();
  if (!/^[\w-][\w.-]*$/.test(filename))
    throw fail(name.begin, `<filename> is ${shown(text, name)}; expected the name of a file in JPEGImages/`);
  const size = required('size', root);
  const [width, height] = [number('width', size), number('height', size)];
  if (!(width > 0 && height > 0)) throw fail(size.begin, `<size> is ${width} x ${height}; expected pixels`);
  const objects = elements(text, 'object', root).map((span): AnnotatedObject => {
    const own = required('name', span);
    const place = classes.indexOf(text.slice(own.begin, own.end).trim());
    if (place < 0)
      throw fail(
        own.begin,
        `the class ${shown(text, own)} is not among the ${classes.length}: ${some(classes)}`,
      );
    const box = required('bndbox', withoutParts(text, span));
    const [left, top, right, bottom] = ['xmin', 'ymin', 'xmax', 'ymax'].map(side => number(side, box));
    if (!(right! >= left! && bottom! >= top!))
      throw fail(box.begin, `the box ${left} ${top} ${right} ${bottom} has no area`);
    if (left! < 1 || top! < 1 || right! > width || bottom! > height)
      throw fail(
        box.begin,
        `the box ${left} ${top} ${right} ${bottom} leaves the image of ${width} x ${height}`,
      );
    const difficult = element(text, 'difficult', span.begin, span.end);
    const isDifficult = difficult && text.slice(difficult.begin, difficult.end).trim() === '1';
    return {
      class: place,
      box: [left! - 1, top! - 1, right!, bottom!],
      ...(isDifficult && { difficult: true }),
    };
  });
  return { filename, width, height, objects };
}

/** The text inside of an element. */
interface Span {
  begin: number;
  end: number;
  /** Where what follows the element begins. */
  after: number;
}

function element(text: string, name: string, begin: number, end: number): Span | null {
  const open = text.indexOf(`<${name}>`, begin);
  if (open < 0 || open >= end) return null;
  const inside = open + name.length + 2;
  const close = text.indexOf(`</${name}>`, inside);
  if (close < 0 || close > end) return null;
  return { begin: inside, end: close, after: close + name.length + 3 };
}

function elements(text: string, name: string, { begin, end }: Span): Span[] {
  const found: Span[] = [];
  for (let at = element(text, name, begin, end); at; at = element(text, name, at.after, end)) found.push(at);
  return found;
}

/** Parts have boxes of their own, after that of the whole. */
function withoutParts(text: string, span: Span): Span {
  const part = text.indexOf('<part>', span.begin);
  const box = text.indexOf('<bndbox>', span.begin);
  return part >= 0 && part < span.end && box > part
    ? { ...span, begin: text.lastIndexOf('</part>', span.end) }
    : span;
}

/** A value from the file, short enough for a message. */
function shown(text: string, { begin, end }: Span): string {
  return JSON.stringify(text.slice(begin, Math.min(end, begin + 40)).trim());
}

function some(classes: readonly string[]): string {
  return classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, ...` : classes.join(', ');
}
