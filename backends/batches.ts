import { elements } from '../ml/graph/ops.ts';
import type { EvaluationGraph, Feeds, InputSpec, Program } from '../ml/program.ts';
import { checkFeeds, described } from './checks.ts';
import { BackendError } from './contract.ts';

/**
 * Runs an evaluation. One that gives each image a row takes any count of them: they go in whole batches, the last one
 * filled up with zeros, whose rows are dropped. Any other takes exactly one batch. `runBatch` resolves to an array of its
 * own.
 */
export async function runInBatches(
  evaluation: EvaluationGraph,
  feeds: Feeds,
  size: number | undefined,
  runBatch: (feeds: Feeds) => Promise<Float32Array>,
): Promise<Float32Array> {
  const inputs = evaluation.inputs(size);
  if (!evaluation.perImage) {
    checkFeeds(inputs, feeds);
    return runBatch(feeds);
  }
  const batch = inputs.images!.shape[0]!;
  const values = elements(inputs.images!.shape) / batch;
  const images = wholeImages(inputs.images!, feeds);
  const count = images.length / values;
  let rows = new Float32Array(0);
  for (let first = 0; first < count; first += batch) {
    const part = images.subarray(first * values, (first + batch) * values);
    const found = await runBatch({ images: filledUp(part, batch * values) });
    const row = found.length / batch;
    if (first === 0) rows = new Float32Array(count * row);
    rows.set(found.subarray(0, (count - first) * row), first * row);
  }
  return rows;
}

/** What each replica of a program takes of a training batch, in order; views, not copies. */
export function partsOf({ replicas, inputs }: Program, feeds: Feeds): Feeds[] {
  const part = (name: string, i: number) => {
    const size = feeds[name]!.length / replicas;
    return feeds[name]!.subarray(i * size, (i + 1) * size);
  };
  const names = Object.keys(inputs);
  return Array.from({ length: replicas }, (_, i) =>
    Object.fromEntries(names.map(name => [name, part(name, i)])),
  );
}

function wholeImages({ type, shape }: InputSpec, { images }: Feeds): Float32Array {
  const image = shape.slice(1);
  if (images instanceof Float32Array && images.length % elements(image) === 0) return images;
  const expected = `${elements(image)} ${type} values for each image of shape [${image.join(', ')}]`;
  throw new BackendError(`images: expected ${expected}, received ${described(images)}`);
}

/** The array itself, or with zeros behind it. */
function filledUp(part: Float32Array, length: number): Float32Array {
  if (part.length === length) return part;
  const filled = new Float32Array(length);
  filled.set(part);
  return filled;
}
