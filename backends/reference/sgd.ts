import type { SgdSpec } from '../../ml/optim/sgd.ts';
import type { Reals } from './kernel.ts';

/** One update in place, in either form of `SgdSpec`. */
export function sgdStep(
  { momentum, weightDecay, form }: SgdSpec,
  parameters: Reals,
  velocity: Reals,
  gradients: Reals,
  rate: number,
): void {
  for (let i = 0; i < parameters.length; i++) {
    const g = gradients[i]! + weightDecay * parameters[i]!;
    if (form === 'caffe') {
      velocity[i] = momentum * velocity[i]! + rate * g;
      parameters[i]! -= velocity[i]!;
    } else {
      velocity[i] = momentum * velocity[i]! + g;
      parameters[i]! -= rate * velocity[i]!;
    }
  }
}
