/**
 * Stochastic gradient descent with momentum and weight decay (sec. 3.4), on the flat parameter vector:
 * g = gradient + weightDecay * p, then
 * - `caffe` (the authors' framework): v = momentum * v + rate * g;  p = p - v
 * - `pytorch`:                        v = momentum * v + g;         p = p - rate * v
 * The two differ only after a change of the learning rate: Caffe's velocity keeps the old rate.
 * Weight decay applies to every parameter, as in the authors' prototxt defaults.
 */
export interface SgdSpec {
  momentum: number;
  weightDecay: number;
  form: 'caffe' | 'pytorch';
}
