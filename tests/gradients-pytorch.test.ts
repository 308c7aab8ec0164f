import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../backends/conformance/comparison.ts';
import { randomBatch, randomState, smoothPoint } from '../backends/conformance/problems.ts';
import { Draw } from '../backends/conformance/random.ts';
import { feedsOf } from '../backends/reference/feeds.ts';
import { reference } from '../backends/reference/index.ts';
import { runGraph64 } from '../backends/reference/run-graph.ts';
import { feedsFor } from '../harness/tasks/feeds.ts';
import { withMasks } from '../ml/data/dropout.ts';
import type { Value } from '../ml/graph/graph.ts';
import {
  cifarNetwork,
  imageNetNetwork,
  type NetworkSpec,
  type ResidualNetwork,
  vggNetwork,
} from '../ml/nets/spec.ts';
import { buildProgram, type Feeds, type ModelState, type Program, partOf } from '../ml/program.ts';

/** PyTorch has its own kernels and its own autodiff: an independent check of the networks and of every gradient. */
const python = findPython();
const rate = 0.1;

const common = {
  classes: 10,
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  init: { convolution: 'he', classifier: 'he' },
} as const;

/** An image of 39 gives the max pooling 20 rows, of which its last window finds only two (ceil mode); one of 41, 21. */
const networks = {
  'ResNet-8': program(cifar('A', 1, [8, 16, 32]), 16, 16),
  'plain-8': program(cifar('none', 1, [8, 16, 32]), 16, 16),
  'ResNet-20': program(cifar('A', 3, [16, 32, 64]), 32, 8),
  'bottleneck, B, stride in the first 1x1': program(
    imageNet('bottleneck', 'B', 'first1x1', 'imagenet'),
    39,
    6,
  ),
  'bottleneck, C, stride in the 3x3': program(imageNet('bottleneck', 'C', '3x3', 'imagenet'), 41, 6),
  'bottleneck, A, small stem': program(imageNet('bottleneck', 'A', 'first1x1', 'small'), 19, 6),
  'basic, A': program(imageNet('basic', 'A', 'first1x1', 'imagenet'), 39, 6),
  'basic, B': program(imageNet('basic', 'B', 'first1x1', 'imagenet'), 38, 6),
  'basic, plain': program(imageNet('basic', 'none', 'first1x1', 'imagenet'), 39, 6),
  'ResNet-34': program({ ...imageNetNetwork(34, 'A'), widths: [8, 16, 32, 64] }, 64, 4),
  'ResNet-50': program({ ...imageNetNetwork(50, 'B'), widths: [8, 16, 32, 64] }, 64, 4),
  'VGG-16': program(vggNetwork(16, { filters: [3, 4, 6, 8, 8], hidden: 12, classes: 10 }), 64, 4),
  'VGG-19': program(vggNetwork(19, { filters: [3, 4, 6, 8, 8], hidden: 12, dropout: 0.2 }), 32, 4),
};
type NetworkName = keyof typeof networks;

if (!python.found) console.warn(`gradients-pytorch: ${python.reason}`);

describe.skipIf(!python.found)('one training step against PyTorch', () => {
  const points = new Map<NetworkName, { state: ModelState; batch: Feeds }>();
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'residuals-pytorch-'));
    for (const name of Object.keys(networks) as NetworkName[]) {
      points.set(name, await pointOf(name));
      writeProblem(join(folder, name), networks[name], points.get(name)!);
    }
    const script = fileURLToPath(new URL('pytorch/step.py', import.meta.url));
    execFileSync(python.command, [script, ...Object.keys(networks).map(name => join(folder, name))]);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(networks) as NetworkName[])(
    '%s: the graph, in float64',
    name => {
      const { graph, loss, logits, gradients, nextStatistics } = networks[name].train();
      const { state, batch } = points.get(name)!;
      const values = runGraph64(graph, feedsOf(networks[name], graph, state, batch));
      const result = (file: string) => readResult(join(folder, name), file);
      const expectSame = (what: string, value: Value, expected: Float64Array) =>
        expectClose(what, values.get(value.id)!, expected, 1e-9);
      expectSame('loss', loss, result('loss'));
      expectSame('logits', logits, result('logits'));
      networks[name].statistics.forEach((slot, i) => {
        expectSame(slot.name, nextStatistics[i]!, partOf(result('next-statistics'), slot));
      });
      networks[name].parameters.forEach((slot, i) => {
        expectSame(`gradient of ${slot.name}`, gradients[i]!, partOf(result('gradients'), slot));
      });
    },
    60_000,
  );

  it.each(['ResNet-8', 'plain-8'] as const)('%s: a session of the reference, in float32', async name => {
    const session = await reference.open(networks[name], { threads: 1 });
    const { state, batch } = points.get(name)!;
    await session.setState(state);
    const { loss, logits } = await session.step(batch, rate);
    const after = await session.getState();
    const result = (file: string) => readResult(join(folder, name), file);
    expectClose('loss', [loss], result('loss'), 1e-5);
    expectClose('logits', logits, result('logits'), 1e-5);
    expectClose('statistics', after.statistics, result('next-statistics'), 1e-6);
    for (const slot of networks[name].parameters) {
      const { name: parameter } = slot;
      expectClose(
        `velocity of ${parameter}`,
        partOf(after.velocity, slot),
        partOf(result('next-velocity'), slot),
        1e-5,
      );
      expectClose(parameter, partOf(after.parameters, slot), partOf(result('next-parameters'), slot), 1e-6);
    }
  });
});

/** RESIDUALS_PYTHON, which must have torch, or the `python3` of the path, which may. */
function findPython(): { found: true; command: string } | { found: false; command: string; reason: string } {
  const chosen = process.env.RESIDUALS_PYTHON;
  const command = chosen ?? 'python3';
  if (spawnSync(command, ['-c', 'import torch']).status === 0) return { found: true, command };
  if (chosen)
    throw new Error(`RESIDUALS_PYTHON=${chosen} cannot import torch; expected a Python that has it`);
  const reason = 'skipped, python3 has no torch; set RESIDUALS_PYTHON to a Python that has it';
  return { found: false, command, reason };
}

function program(network: NetworkSpec, imageSize: number, batch: number): Program {
  return buildProgram({
    network,
    imageSize,
    sgd: { momentum: 0.9, weightDecay: 1e-2, form: 'pytorch' },
    trainBatch: batch,
    evaluationBatch: batch,
  });
}

function cifar(shortcut: 'A' | 'none', n: number, widths: ResidualNetwork['widths']): ResidualNetwork {
  return { ...cifarNetwork(n, shortcut, widths), ...common };
}

/** Two blocks in the second stage, so that one of them has nothing to adapt. */
function imageNet(
  block: ResidualNetwork['block'],
  shortcut: ResidualNetwork['shortcut'],
  strideIn: ResidualNetwork['strideIn'],
  stem: ResidualNetwork['stem'],
): ResidualNetwork {
  return {
    family: 'residual',
    block,
    shortcut,
    strideIn,
    stem,
    blocks: [1, 2, 1, 1],
    widths: [4, 6, 8, 10],
    ...common,
  };
}

/** In float64 any point will do; a float32 session is compared where no ReLU is near its kink. */
async function pointOf(name: NetworkName): Promise<{ state: ModelState; batch: Feeds }> {
  if (name === 'ResNet-8' || name === 'plain-8') return smoothPoint(networks[name], name);
  const draw = new Draw(name);
  const state = randomState(networks[name], draw);
  const batch = { ...feedsFor(networks[name]), ...randomBatch(networks[name], draw) };
  await withMasks({ fill: () => {} }, networks[name].inputs, 1).fill(0, batch);
  return { state, batch };
}

function writeProblem(
  folder: string,
  program: Program,
  { state, batch }: { state: ModelState; batch: Feeds },
): void {
  const { network, imageSize, sgd, trainBatch, parameters, statistics } = program;
  mkdirSync(folder);
  const problem = { network, imageSize, sgd, rate, batch: trainBatch, parameters, statistics };
  writeFileSync(join(folder, 'problem.json'), JSON.stringify(problem));
  const { labels, ...floats } = batch;
  for (const [file, data] of Object.entries({ ...state, ...floats })) {
    writeFileSync(join(folder, `${file}.f32`), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  writeFileSync(join(folder, 'labels.i32'), new Uint8Array(labels!.buffer));
}

function readResult(folder: string, name: string): Float64Array {
  return new Float64Array(Uint8Array.from(readFileSync(join(folder, `${name}.f64`))).buffer);
}

function expectClose(
  what: string,
  received: ArrayLike<number>,
  expected: Float64Array,
  tolerance: number,
): void {
  const { error } = compare(what, received, expected, tolerance);
  expect(error, `relative L2 error of ${what}`).toBeLessThanOrEqual(tolerance);
}
