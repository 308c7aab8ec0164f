import type { Layer, Shortcut } from '../../ml/nets/describe.ts';
import type { Architecture, PublishedValue } from '../manifest/types.ts';
import type { TargetView, Verdict } from './target-view.ts';

/** A table computed from specifications: layers by output size, and what they cost. */
export interface ArchitectureView extends TargetView {
  kind: 'architecture';
  /** Height and width of the images. */
  size: number;
  rows: { label: string; outputSize: TextCell; cells: TextCell[] }[];
  /** One for each column of cells. */
  costs: CostView[];
  compared: CostView[];
}

/** A drawing of a block, of blocks or of whole networks. */
export interface DrawingView extends TargetView {
  kind: 'drawing';
  shows: Exclude<Architecture['shows'], 'table'>;
  size: number;
  networks: DrawnNetwork[];
}

/** What a count or a text that is computed says about the one that is printed: there is no chance in it. */
export type ExactVerdict = Extract<Verdict, 'reproduced' | 'differs'>;

/** The cost of a network, or of a block, for one image. */
export interface CostView {
  label: string;
  published: PublishedValue | null;
  /** What the published count is of, and `multiplyAdds` with it. */
  counts: 'network' | 'convolutions';
  multiplyAdds: number;
  /** Of the whole network or block. */
  allMultiplyAdds: number;
  /** Trained values of a network; of a block, the weights of its convolutions. */
  parameters: number;
  /** multiplyAdds - published. */
  residual: number | null;
  /** How the published digits come from the computed count; null when they do not, or there are none. */
  printed: 'rounded' | 'truncated' | null;
  verdict: ExactVerdict | null;
}

/** A text of a table of architectures beside what the specification says in the same form. */
export interface TextCell {
  published: string | null;
  computed: string;
  verdict: ExactVerdict | null;
}

/** A network, or one block of it, ready to be drawn. */
export interface DrawnNetwork {
  label: string;
  layers: Layer[];
  shortcuts: Shortcut[];
  /** Height and width of what goes in: the image, or the block's input. */
  inputSize: number;
  cost: CostView;
}
