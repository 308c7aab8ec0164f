import { elements } from '../graph/ops.ts';
import type { ParameterRole } from '../nets/forward.ts';
import type { NetworkSpec } from '../nets/spec.ts';
import { type ModelState, type Program, totalSize } from '../program.ts';
import { normals } from './random.ts';

/**
 * The state a training begins with: weights "as in [13]" (He et al. 2015, sec. 3.4 of the paper), BN scale 1 and
 * shift 0, biases 0, running mean 0 and variance 1, velocity 0. Each parameter draws from a stream of its own, so
 * its values do not depend on the size of the others.
 */
export function initialState(program: Program, seed: number): ModelState {
  const size = totalSize(program.parameters);
  const parameters = new Float32Array(size);
  program.parameters.forEach(({ role, shape, offset, size }, index) => {
    const values = parameters.subarray(offset, offset + size);
    if (role === 'scale') values.fill(1);
    const deviation = weightDeviation(role, shape, program.network);
    if (deviation > 0) normals({ seed, purpose: 'initialisation', epoch: 0, index }, deviation, values);
  });
  const statistics = new Float32Array(totalSize(program.statistics));
  for (const { name, offset, size } of program.statistics) {
    if (name.endsWith('.variance')) statistics.fill(1, offset, offset + size);
  }
  return { parameters, velocity: new Float32Array(size), statistics };
}

/** Standard deviation of a parameter's initial values; 0 for those that are not drawn. */
function weightDeviation(role: ParameterRole, shape: readonly number[], { init }: NetworkSpec): number {
  const he = Math.sqrt(2 / elements(shape.slice(1)));
  if (role === 'convolution') return he;
  if (role === 'classifierWeight') return init.classifier === 'he' ? he : init.classifier;
  // Ren et al.'s code: new layers of a detector, and those that regress boxes.
  if (role === 'detectorWeight') return 0.01;
  if (role === 'boxWeight') return 0.001;
  return 0;
}
