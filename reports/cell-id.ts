import type { ColumnView, RowView } from '../harness/aggregate/types.ts';
import { slug } from './html.ts';

/** `resnet-20-error`: a permanent name of a cell, made of labels that stand in the manifest; `+` is part of a name. */
export function cellId({ label }: Pick<RowView, 'label'>, { key }: Pick<ColumnView, 'key'>): string {
  return `${slug(label.replaceAll('+', ' plus '))}-${slug(key)}`;
}
