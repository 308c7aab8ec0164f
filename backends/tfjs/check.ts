import { elements } from '../../ml/graph/ops.ts';
import { cifarNetwork } from '../../ml/nets/spec.ts';
import { buildProgram, type ModelState, totalSize } from '../../ml/program.ts';
import { BackendError, type SessionOptions } from '../contract.ts';
import { weylWords } from '../weyl.ts';
import { loadEngine } from './load.ts';
import type { Checked } from './probe.ts';
import { openTfjs } from './session.ts';

/**
 * Entry of a process of its own, as a library that does not fit the machine may end it: `check.ts <SessionOptions>`. Prints
 * as JSON what is loaded, once a training step on it is that of plain JavaScript, or why not.
 */
const options = JSON.parse(process.argv[2]!) as SessionOptions;
const checked = await check().catch((error: unknown): Checked => {
  if (!(error instanceof BackendError)) throw error;
  return { missing: error.message, ...(error.fix !== undefined && { fix: error.fix }) };
});
process.stdout.write(JSON.stringify(checked));

async function check(): Promise<Checked> {
  const notes: string[] = [];
  const engine = await loadEngine(options, ({ message, fix }) => notes.push(`${message}; ${fix}`));
  const { version, device, variant, hardware, threads } = engine;
  const difference = relativeDifference(
    await oneStep({ threads, device, variant }),
    await oneStep({ threads: 1, variant: 'javascript' }),
  );
  if (!(difference < 1e-4)) {
    const off = `a training step is off by ${difference.toExponential(1)}`;
    throw new BackendError(`${version} computes wrongly on this machine: ${off}`, {
      fix: '--variant javascript',
    });
  }
  return { version, device, variant, hardware, notes };
}

/** What a step makes of the state of a net of 8 layers whose numbers are at no special value. */
async function oneStep(how: SessionOptions): Promise<ModelState> {
  const program = buildProgram({
    network: cifarNetwork(1, 'A', [8, 16, 32]),
    imageSize: 8,
    sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
    trainBatch: 4,
    evaluationBatch: 4,
  });
  const word = weylWords(1);
  const drawn = (length: number, centre: number, range: number) =>
    Float32Array.from({ length }, () => centre + (range * (word() | 0)) / 2 ** 31);
  const parameters = drawn(totalSize(program.parameters), 0.1, 0.5);
  const session = await openTfjs(program, how);
  await session.setState({
    parameters,
    velocity: drawn(parameters.length, 0, 0.01),
    statistics: drawn(totalSize(program.statistics), 1, 0.3),
  });
  const images = drawn(elements(program.inputs.images!.shape), 0, 2);
  await session.step({ images, labels: Int32Array.of(7, 0, 3, 9) }, 0.1);
  const state = await session.getState();
  await session.close();
  return state;
}

/** The largest of the three vectors. */
function relativeDifference(received: ModelState, expected: ModelState): number {
  const differences = (['parameters', 'velocity', 'statistics'] as const).map(name => {
    let [difference, norm] = [0, 0];
    expected[name].forEach((value, i) => {
      difference += (received[name][i]! - value) ** 2;
      norm += value ** 2;
    });
    return Math.sqrt(difference / norm);
  });
  return Math.max(...differences.map(each => (Number.isNaN(each) ? Number.POSITIVE_INFINITY : each)));
}
