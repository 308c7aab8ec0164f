import type { AnyNode, Graph } from '../../ml/graph/graph.ts';
import type { LoweringName } from './lowering/lowering.ts';

/**
 * Threads of those asked for with which ONNX Runtime adds up in the same order as with one. It parts the columns of a product
 * among its threads, and how many terms it adds up at a time depends on the columns that a thread has. In the standard
 * lowering a batch norm has no more threads than channels, for the same reason.
 */
export function threadsFor({ nodes }: Pick<Graph, 'nodes'>, threads: number, lowering: LoweringName): number {
  const channels = nodes.flatMap(({ op, inputs }) =>
    lowering === 'standard' && (op === 'batchNorm' || op === 'batchNormGradient') ? [inputs.x.shape[1]!] : [],
  );
  const products = nodes.flatMap(node => productOf(node) ?? []);
  let most = Math.min(threads, ...channels);
  while (!products.every(product => isSame(product, most))) most--;
  return most;
}

interface Product {
  columns: number;
  /** Terms of each sum. */
  terms: number;
}

/** The product that a node computes, whatever its number of rows is. */
function productOf({ op, inputs }: AnyNode): Product | null {
  switch (op) {
    case 'dense':
      return { columns: inputs.w.shape[0]!, terms: inputs.w.shape[1]! };
    case 'denseInputGradient':
      return { columns: inputs.w.shape[1]!, terms: inputs.w.shape[0]! };
    case 'denseWeightGradient':
      return { columns: inputs.x.shape[1]!, terms: inputs.x.shape[0]! };
    default:
      return null;
  }
}

/** Columns are parted in pieces of so many. */
const piece = 16;

function isSame({ columns, terms }: Product, threads: number): boolean {
  const pieces = Math.ceil(columns / piece);
  const fewest = Math.floor(pieces / Math.min(threads, pieces)) * piece - (pieces * piece - columns);
  return together(fewest, terms) === together(columns, terms);
}

/** Terms that are added up at a time (MLAS, MlasSgemmOperation in sgemm.cpp). */
function together(columns: number, terms: number): number {
  let [across, along] = [128, 128];
  if (columns < terms) for (; across > piece && across / 2 >= columns; across /= 2) along *= 2;
  return Math.min(along, terms);
}
