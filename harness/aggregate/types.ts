import type { ArchitectureView, DrawingView } from './architecture-view.ts';
import type { FigureView } from './figure-view.ts';
import type { TableView } from './table-view.ts';

/** Published cells are part of views. */
export type { PublishedCell } from '../manifest/types.ts';
export type * from './architecture-view.ts';
export type * from './claims/types.ts';
export type * from './figure-view.ts';
export type * from './table-view.ts';
export type * from './target-view.ts';

/** Any table or figure, ready to be laid out. */
export type View = TableView | FigureView | ArchitectureView | DrawingView;
