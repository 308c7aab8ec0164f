import { buildDetectionProgram } from '../../ml/detection/program.ts';
import { elements } from '../../ml/graph/ops.ts';
import { cifarNetwork, type NetworkSpec, vggNetwork } from '../../ml/nets/spec.ts';
import {
  buildProgram,
  type Feeds,
  type ModelState,
  type Program,
  partOf,
  totalSize,
} from '../../ml/program.ts';
import { feedsOf } from '../reference/feeds.ts';
import { runGraph } from '../reference/run-graph.ts';
import { type Comparison, compare, tolerances } from './comparison.ts';
import { epsilon } from './operator-inputs.ts';
import { Draw } from './random.ts';
import { both, type ConformanceCase, type Subject } from './subject.ts';

/**
 * A step and an evaluation of both halves of a detector, and of VGG: other inputs than images and labels, layers that are
 * held, dropout, no batch norm.
 */
export const detectorCases: readonly ConformanceCase[] = Object.entries({
  proposals: () => detectorOf('proposals', {}),
  'proposals on layers that are held': () => detectorOf('proposals', { shared: true }),
  regions: () => detectorOf('regions', {}),
  'regions with context, on layers that are held': () =>
    detectorOf('regions', { shared: true, context: true }),
  'regions on VGG, with dropout': () => detectorOf('regions', { network: vgg, imageSize: 32 }),
  'VGG as a classifier, with dropout': () =>
    buildProgram({ network: vgg, imageSize: 32, sgd, trainBatch: 3, evaluationBatch: 2 }),
}).flatMap(([name, program]): ConformanceCase[] => [
  { rung: 'evaluation', name: `detector: ${name}`, run: subject => evaluation(subject, program(), name) },
  { rung: 'step', name: `detector step: ${name}`, run: subject => step(subject, program(), name) },
]);

const vgg = vggNetwork(16, { filters: [2, 3, 4, 4, 6], hidden: 7, classes: 5, dropout: 0.25 });
const residual = { ...cifarNetwork(1, 'A', [4, 6, 10]), batchNorm: { epsilon, momentum: 0.1 } };
const sgd = { momentum: 0.9, weightDecay: 0.01, form: 'caffe' } as const;

function detectorOf(
  half: 'proposals' | 'regions',
  {
    shared = false,
    context = false,
    network = residual,
    imageSize = 8,
  }: { shared?: boolean; context?: boolean; network?: NetworkSpec; imageSize?: number },
) {
  return buildDetectionProgram({
    ...{ half, network, classes: 3, shared, imageSize, sgd },
    detector: { anchors: { sides: [3, 6], ratios: [0.5, 1] }, filters: 6, bins: 2, held: [], context },
    ...{ trainBatch: 3, evaluationBatch: 2, trainRegions: 5, evaluationRegions: 4 },
  });
}

/** Outputs of one batch, one after the other. */
async function evaluation(subject: Subject, program: Program, name: string): Promise<Comparison[]> {
  const draw = new Draw(`evaluation ${name}`);
  const [state, feeds] = [
    randomState(program, draw),
    randomFeeds(program.evaluations.predict.inputs(), draw),
  ];
  const [received, expected] = await both(subject, program, async session => {
    await session.setState(state);
    return session.run('predict', feeds);
  });
  return [compare('outputs', received, expected, tolerances.step)];
}

/** One step, from a state and a batch at which no rounding could decide the side of a ReLU. */
async function step(subject: Subject, program: Program, name: string): Promise<Comparison[]> {
  const draw = new Draw(`step ${name}`);
  const { state, feeds } = smooth(program, draw);
  const [received, expected] = await both(subject, program, async session => {
    await session.setState(state);
    const result = await session.step(feeds, 0.1);
    return { ...result, after: await session.getState() };
  });
  const velocities = program.parameters.map(slot =>
    compare(
      `velocity of ${slot.name}`,
      partOf(received.after.velocity, slot),
      partOf(expected.after.velocity, slot),
      tolerances.step,
    ),
  );
  return [
    compare('logits', received.logits, expected.logits, tolerances.step),
    compare('loss', [received.loss], [expected.loss], tolerances.step),
    ...velocities.reverse(),
    compare('parameters', received.after.parameters, expected.after.parameters, tolerances.parameters),
    compare('what is held', received.after.statistics, state.statistics, 0),
  ];
}

function smooth(program: Program, draw: Draw): { state: ModelState; feeds: Feeds } {
  const { graph } = program.train();
  for (let attempt = 0; attempt < 200; attempt++) {
    const [state, feeds] = [randomState(program, draw), randomFeeds(program.inputs, draw)];
    const values = runGraph(graph, feedsOf(program, graph, state, feeds));
    const inputs = graph.nodes.flatMap(node => (node.op === 'relu' ? [values.get(node.inputs.x.id)!] : []));
    if (inputs.every(all => all.every(x => Math.abs(x) > 2e-6))) return { state, feeds };
  }
  throw new Error('no state in 200 keeps every ReLU away from a change');
}

/** A state in which nothing is 0 or 1, held layers too. */
function randomState(program: Program, draw: Draw): ModelState {
  const filled = (slots: Program['statistics']) => {
    const vector = new Float32Array(totalSize(slots));
    for (const { name, shape, offset, size } of slots) {
      const fanIn = elements(shape.slice(1));
      const isScale = /\.(scale|variance)$/.test(name);
      const values = isScale ? draw.uniforms(size, 0.5, 1.5) : draw.normals(size, (2 / (fanIn + 9)) ** 0.5);
      vector.set(values, offset);
    }
    return vector;
  };
  const parameters = filled(program.parameters);
  return {
    parameters,
    velocity: draw.normals(parameters.length, 0.01),
    statistics: filled(program.statistics),
  };
}

/** Feeds of any kind: indices of what there is, objectness of 0 or 1, weights of some, masks, targets of any. */
function randomFeeds(inputs: Program['inputs'], draw: Draw): Feeds {
  const entries = Object.entries(inputs).map(([name, { shape, below, dropout = 0 }]) => {
    const count = elements(shape);
    if (below !== undefined) return [name, draw.labels(count, below)] as const;
    if (dropout > 0)
      return [name, draw.uniforms(count, 0, 1).map(u => (u < dropout ? 0 : 1 / (1 - dropout)))] as const;
    if (name === 'objectness') return [name, Float32Array.from(draw.labels(count, 2))] as const;
    if (name.endsWith('Weights')) return [name, draw.uniforms(count, 0, 0.1)] as const;
    return [name, draw.normals(count)] as const;
  });
  return Object.fromEntries(entries);
}
