import { didYouMean } from '../../nearest.ts';
import { own } from '../../own.ts';
import type { PaperCell, PaperFile, PaperTable } from '../schemas/paper.ts';
import type { Source } from '../source.ts';
import type { PublishedCell, PublishedValue } from '../types.ts';
import type { Parts } from './parts.ts';

/** The table that a manifest is for; null, and a problem, when paper.json has none of that name. */
export function publishedTable(key: string, parts: Parts): PaperTable | null {
  return publishedIn('tables', parts.paper.data.tables, key, parts);
}

/** The heading, title and page of the figure that a manifest is for; null, and a problem, when there is none. */
export function publishedFigure(key: string, parts: Parts): PaperFile['figures'][string] | null {
  return publishedIn('figures', parts.paper.data.figures, key, parts);
}

/** A cell of a table with the images that it, its column or its table says that it is of. */
export function publishedCellOf(table: PaperTable | null, row: string, column: string): PublishedCell {
  const images = own(table?.columns ?? {}, column)?.images ?? table?.images;
  return publishedCell(own(own(table?.rows ?? {}, row) ?? {}, column), images);
}

/** A cell of paper.json as the other stages have it; that a number begins with digits is checked in the file. */
export function publishedCell(cell: PaperCell | undefined, images?: PublishedValue['images']): PublishedCell {
  if (cell === undefined || cell === null) return { kind: 'none' };
  if (typeof cell === 'string') return { kind: 'fact', printed: cell };
  const decimals = readPrinted(cell.printed)?.decimals ?? 0;
  return { kind: 'value', ...(images !== undefined && { images }), ...cell, decimals };
}

/** What a number says as it is printed: `6.43 (6.61±0.16)`, `11.3×10^9`, `8.43†`. */
export interface Printed {
  value: number;
  /** Decimals of the first number. */
  decimals: number;
  mean?: number;
  sd?: number;
}

/** Reads a printed number; null when it begins with none. */
export function readPrinted(printed: string): Printed | null {
  const found = number.exec(printed);
  if (!found) return null;
  const [all, sign, digits, decimals = '', exponent, word] = found;
  const power = Number(exponent ?? (word ? powers[word as keyof typeof powers] : 0));
  const scaled = (plain: string) => Number(`${plain.replaceAll(',', '')}e${power}`);
  const value = scaled(`${sign ? '-' : ''}${digits}`);
  const spread = /^\s*(?:\(\s*([\d.]+)\s*)?±\s*([\d.]+)/.exec(printed.slice(all.length));
  return {
    value,
    decimals: decimals.length,
    ...(spread && { mean: spread[1] === undefined ? value : scaled(spread[1]), sd: scaled(spread[2]!) }),
  };
}

/** Message for what is referred to but was never published. */
export function unpublished(what: string, name: string, known: object, { file }: Source): string {
  const near = didYouMean(name, Object.keys(known));
  return `${file} has no ${what}: nothing published to compare with. ${near}`.trim();
}

function publishedIn<T>(
  section: string,
  all: Readonly<Record<string, T>>,
  key: string,
  { manifest, paper, problems }: Parts,
): T | null {
  const found = own(all, key);
  if (!found) problems.add(manifest, ['published'], unpublished(`${section}.${key}`, key, all, paper));
  return found ?? null;
}

const powers = { thousand: 3, million: 6, billion: 9 };

const number = /^[<>~≈]?\s*([-−])?(\d[\d,]*(?:\.(\d+))?)(?:\s*×\s*10\^(\d+)|\s(thousand|million|billion)\b)?/;
