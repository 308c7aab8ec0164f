/** Adds softmax(logits) of each image to its scores; both [images, classes]. Computed in float64. */
export function addSoftmax(logits: Float32Array, classes: number, scores: Float64Array): void {
  const exponentials = new Float64Array(classes);
  for (let at = 0; at < logits.length; at += classes) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[at + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += exponentials[c] = Math.exp(logits[at + c]! - largest);
    for (let c = 0; c < classes; c++) scores[at + c]! += exponentials[c]! / sum;
  }
}

/** The mean of several models' scores (an ensemble, Table 5), each [images, classes] of the same images. */
export function averageScores(models: readonly Float32Array[]): Float32Array {
  const [first] = models;
  if (!first || models.some(scores => scores.length !== first.length)) {
    throw new RangeError(
      `scores of the same images are averaged, not ${models.map(scores => scores.length).join(' and ')} values`,
    );
  }
  return first.map((_, i) => models.reduce((sum, scores) => sum + scores[i]!, 0) / models.length);
}

/** Images whose label is not among the one or five classes with the largest scores. */
export interface TopErrors {
  top1: number;
  top5: number;
}

/**
 * Counts top-1 and top-5 errors of `scores`, [labels.length, classes]. Of equal scores the lower class comes first; an
 * image whose scores are not numbers is an error.
 */
export function topErrors(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): TopErrors {
  const { top1, top5 } = wrongImages(scores, labels, classes);
  const count = (wrong: Uint8Array) => wrong.reduce((sum, each) => sum + each, 0);
  return { top1: count(top1), top5: count(top5) };
}

/** The same of each image: 1 where it is an error, else 0. */
export function wrongImages(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): { top1: Uint8Array; top5: Uint8Array } {
  const [top1, top5] = [new Uint8Array(labels.length), new Uint8Array(labels.length)];
  for (let image = 0; image < labels.length; image++) {
    const rank = rankOf(scores, image * classes, labels[image]!, classes);
    if (rank >= 1) top1[image] = 1;
    if (rank >= 5) top5[image] = 1;
  }
  return { top1, top5 };
}

/** How many classes come before one. */
function rankOf(scores: ArrayLike<number>, at: number, label: number, classes: number): number {
  const own = scores[at + label]!;
  let before = 0;
  for (let c = 0; c < classes; c++) {
    const other = scores[at + c]!;
    if (Number.isNaN(other)) return Number.POSITIVE_INFINITY;
    if (other > own || (other === own && c < label)) before++;
  }
  return before;
}
