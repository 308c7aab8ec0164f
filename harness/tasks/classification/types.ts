import type { Batches, ImageView } from '../../../ml/data/images.ts';
import type { OpenOptions } from '../task.ts';
import type { TestSpec, TrainSpec } from './spec.ts';

/** Images to be evaluated, in whatever way they come. */
export interface TestSet {
  count: number;
  labels: Uint8Array | Uint16Array;
  /** The one view of sec. 4.2, or the centre crop of Figure 4. */
  single: ImageView;
  /** The views that a test protocol averages. */
  views(test: TestSpec): ImageView[];
}

/** The data of a training, as its spec wants them. */
export interface TrainingData {
  batches: Batches;
  test: TestSet;
  close(): Promise<void>;
}

/** What the data of a training are opened for. */
export type TrainingOptions = Omit<OpenOptions<TrainSpec>, 'needs'> & { seed: number };
