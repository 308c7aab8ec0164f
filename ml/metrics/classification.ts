/** Sums over images, so that those of several batches can be added. */
export interface ClassificationSums {
  /** Images whose label is not the class with the largest logit (the first one, among equals). */
  errors: number;
  /** Sum of the cross-entropies of softmax(logits), in nats. */
  loss: number;
}

/** Top-1 errors and cross-entropy of `logits`, [labels.length, classes], in float64. Logits that are NaN are errors. */
export function classificationSums(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): ClassificationSums {
  let errors = 0;
  let loss = 0;
  for (let image = 0; image < labels.length; image++) {
    const at = image * classes;
    const label = labels[image]!;
    const own = logits[at + label]!;
    let largest = own;
    let right = !Number.isNaN(own);
    for (let c = 0; c < classes; c++) {
      const other = logits[at + c]!;
      if (c !== label && !(c < label ? other < own : other <= own)) right = false;
      if (other > largest) largest = other;
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[at + c]! - largest);
    if (!right) errors++;
    loss += largest + Math.log(sum) - own;
  }
  return { errors, loss };
}
