import type { Line } from '../tasks/task.ts';
import type { Absence, CodeBasis, TargetView } from './target-view.ts';

/** A figure. */
export interface FigureView extends TargetView {
  kind: 'figure';
  /** What the lines of its panels show, in words, and what their points are counted by; by name: `train`, `test`. */
  shows: Record<string, Pick<Line, 'short' | 'name' | 'unit' | 'over'>>;
  panels: PanelView[];
}

/** A panel of a figure. */
export interface PanelView {
  title: string;
  x: { label: string; domain?: readonly [number, number] };
  y: { label: string; domain?: readonly [number, number] };
  /** Networks whose iterations are not the paper's: their lines are stretched to the paper's last one. */
  stretched: { iterations: number; networks: string[] }[];
  lines: LineView[];
  /** Curves of which something is not drawn, named in the panel rather than left out silently. */
  missing: { label: string; network: string; absence: Absence }[];
}

/** One line of a figure: ours (mean over seeds; `low`/`high` span the seeds), or published. */
export interface LineView {
  label: string;
  /** What it shows: a key of `FigureView.shows`. */
  line: string;
  source: 'ours' | 'published';
  network: NetworkGroup;
  points: PointView[];
  /** Values of x of a published line whose points could not be read. */
  missing?: readonly number[];
  seeds: number;
  /** Of ours; null for published lines. */
  code: CodeBasis | null;
}

/** A point of a line. */
export interface PointView {
  /** The iteration or layer that it is of, and where it is drawn. */
  at: number;
  x: number;
  y: number;
  low?: number;
  high?: number;
  /** Images that the value rests on, in each seed; null where that is not known. */
  images: number | null;
}

/** What curves of kindred networks have in common, whatever a paper labels them: it decides colours and dashes. */
export interface NetworkGroup {
  name: string;
  /** `plain` or `ResNet`. */
  family: string;
  depth: number;
}
