import { elements } from '../../ml/graph/ops.ts';
import { cifarNetwork, type ResidualNetwork } from '../../ml/nets/spec.ts';
import { buildProgram, type Program, totalSize } from '../../ml/program.ts';
import type { ModelState } from '../contract.ts';
import { weylWords } from '../weyl.ts';

/**
 * A net on which the probe tries the engine, and whose first steps are recorded: 8 layers of sec. 4.2 with the changes
 * given.
 */
export function exampleProgram({ imageSize, batch, ...changes }: Partial<ResidualNetwork> & Sizes): Program {
  return buildProgram({
    network: { ...cifarNetwork(1, 'A', [8, 16, 32]), ...changes },
    imageSize,
    sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
    trainBatch: batch,
    evaluationBatch: batch,
  });
}

/** A state with nothing at a special value, the same to the bit on every machine. */
export function exampleState(program: Program): ModelState {
  const draw = uniforms(1);
  const parameters = new Float32Array(totalSize(program.parameters));
  for (const { role, shape, offset, size } of program.parameters) {
    const range = Math.sqrt(6 / elements(shape.slice(1))); // uniform, with He's variance
    for (let i = offset; i < offset + size; i++) {
      parameters[i] = role === 'scale' ? 1 + 0.3 * draw() : role === 'shift' ? 0.3 * draw() : range * draw();
    }
  }
  const statistics = new Float32Array(totalSize(program.statistics));
  for (const { name, offset, size } of program.statistics) {
    const centre = name.endsWith('variance') ? 1 : 0;
    for (let i = offset; i < offset + size; i++) statistics[i] = centre + 0.2 * draw();
  }
  return { parameters, velocity: parameters.map(() => 0.01 * draw()), statistics };
}

/** Images and labels of a step, the same to the bit on every machine. */
export function exampleBatch({ inputs, trainBatch, network }: Program, step: number) {
  const draw = uniforms(1000 + step);
  return {
    images: Float32Array.from({ length: elements(inputs.images!.shape) }, () => 1.7 * draw()),
    labels: Int32Array.from({ length: trainBatch }, (_, i) => (7 * i + step) % network.classes),
  };
}

interface Sizes {
  imageSize: number;
  batch: number;
}

/** Uniform in [-1, 1). */
function uniforms(seed: number): () => number {
  const word = weylWords(Math.imul(seed, 0x9e3779b1));
  return () => (word() | 0) / 2 ** 31;
}
