import type { Graph, Value } from '../graph/graph.ts';

/** What a graph is for: `train` uses batch statistics, the others the running ones. */
export type Mode = 'train' | 'predict' | 'responses';

/** What a parameter is, which decides how it is initialised. */
export type ParameterRole =
  | 'convolution'
  | 'scale'
  | 'shift'
  | 'classifierWeight'
  | 'classifierBias'
  /** Of layers that a detector adds to a trained network. */
  | 'detectorWeight'
  | 'boxWeight';

/** A network's forward pass, and what training needs to know of it. */
export interface Forward {
  graph: Graph;
  logits: Value;
  /** Parameters in canonical order: network order, each convolution followed by its scale and shift. */
  parameters: { value: Value; role: ParameterRole }[];
  /** Running mean and variance of every batch norm, in network order. */
  statistics: Value[];
  /** In `train` mode: the statistics after this batch, in the order of `statistics`. */
  nextStatistics: Value[];
  /** BN outputs of every convolution, before nonlinearity and addition (Figure 7), in network order. */
  responses: { layer: string; value: Value }[];
  /** In `train` mode: what dropout multiplies by, and the share that it leaves out, in network order. */
  masks: { value: Value; rate: number }[];
}
