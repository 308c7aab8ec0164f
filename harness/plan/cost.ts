import { cpus } from 'node:os';
import { buildForward } from '../../ml/nets/build.ts';
import { elements, multiplyAdds } from '../../ml/nets/counts.ts';
import { depth } from '../../ml/nets/spec.ts';
import type { RunSpec, TestSpec } from '../manifest/types.ts';
import { median } from '../median.ts';
import { canonicalJson } from '../record/keys.ts';
import type { RunIdentity, RunRecord } from '../record/types.ts';
import { imagesOf } from '../tasks/classification/images.ts';
import type { Cost } from './types.ts';

/** What the rest of a run costs on this machine; `from`: iterations that are done. */
export type CostModel = (identity: RunIdentity, from: number) => Cost;

/**
 * Speed of one thread that is assumed while nothing has been recorded, in floating-point operations per second;
 * a multiply-add is two. AVX2 and AVX-512 machines of a few GHz reach two to five times as much.
 */
export const assumedSpeed = 20e9;

/**
 * Costs from records. A run of a network and sizes that this kind of CPU has a record of is `measured`: so much per
 * iteration, and so much per test image. All others are `estimated` from their multiply-adds, at the median speed of
 * the records of this CPU, else of all records, else the assumed one.
 */
export function costModel(records: readonly RunRecord[], cpu = cpus()[0]?.model ?? ''): CostModel {
  const here = records.filter(({ provenance }) => provenance.cpu === cpu);
  const speeds = (here.length > 0 ? here : records).map(speedOf);
  const speed = speeds.length > 0 ? median(speeds) : assumedSpeed;
  return ({ spec, backend }, from) => {
    const alike = records.filter(
      ({ identity }) => identity.backend === backend && sizes(identity.spec) === sizes(spec),
    );
    const measured = alike.filter(record => here.includes(record));
    const peak = Math.max(...alike.map(({ provenance }) => provenance.peakMemoryMiB));
    const memoryMiB = Math.ceil(alike.length > 0 ? peak : estimatedMemory(spec));
    const { iterations } = spec.schedule;
    const final = finalImages(spec);
    const images = testedImages(spec, iterations) - testedImages(spec, from) + final;
    if (measured.length > 0) {
      const step = median(measured.map(secondsPerStep));
      const image = median(measured.map(secondsPerTestImage));
      const seconds = (iterations - from) * step + images * image;
      return { seconds, finalSeconds: final * image, basis: 'measured', memoryMiB };
    }
    const secondsPerImage = operationsOf(spec) / speed;
    const seconds = ((iterations - from) * spec.optimiser.batch * trainingFactor + images) * secondsPerImage;
    return { seconds, finalSeconds: final * secondsPerImage, basis: 'estimated', memoryMiB };
  };
}

/** A training image costs its forward pass, and as much again for each of the two gradients. */
const trainingFactor = 3;

/** What decides how long a step takes. */
function sizes({ data, network, optimiser }: RunSpec): string {
  return canonicalJson({ set: data.set, size: imagesOf(data).size, network, batch: optimiser.batch });
}

/** Thread-seconds of a training step. */
function secondsPerStep({ provenance }: RunRecord): number {
  return (provenance.stepMilliseconds / 1000) * provenance.session.threads;
}

/** Thread-seconds of all that is not training steps, spread over the test images. */
function secondsPerTestImage(record: RunRecord): number {
  const { spec } = record.identity;
  const all = record.provenance.seconds * record.provenance.session.threads;
  const rest = all - spec.schedule.iterations * secondsPerStep(record);
  return Math.max(0, rest) / (testedImages(spec, spec.schedule.iterations) + finalImages(spec));
}

/** Floating-point operations per thread and second in the training steps of a run. */
function speedOf(record: RunRecord): number {
  const { spec } = record.identity;
  return (spec.optimiser.batch * trainingFactor * operationsOf(spec)) / secondsPerStep(record);
}

/** Floating-point operations of the forward pass of one image. */
function operationsOf({ data, network }: RunSpec): number {
  return 2 * multiplyAdds(buildForward(network, 'predict', 1, imagesOf(data).size).graph);
}

/** Images of the points of the test curve up to an iteration. */
function testedImages({ evaluation }: RunSpec, iteration: number): number {
  return Math.floor(iteration / evaluation.testErrorEvery) * evaluation.testErrorImages;
}

/**
 * Test images that what is measured after the training is worth, of the size that it is done on: a view of another
 * size costs its area, a training image three.
 */
function finalImages({ data, evaluation, optimiser }: RunSpec): number {
  const { test, size } = imagesOf(data);
  const trained = trainingFactor * optimiser.batch * (evaluation.statisticsBatches ?? 0);
  return trained + test * ((evaluation.responses ? 2 : 1) + viewsOf(evaluation.tests ?? [], size));
}

/** Views of an image under test protocols, in images of `size` pixels: a view of another size counts by its area. */
export function viewsOf(tests: readonly TestSpec[], size: number): number {
  const areas = tests.flatMap(each =>
    each.name === 'tenCrop' ? Array<number>(10).fill(1) : each.sizes.map(side => 2 * (side / size) ** 2),
  );
  return areas.reduce((sum, area) => sum + area, 0);
}

/**
 * MiB of a worker with a training session: what the process and the data take, most of one copy of all values of the
 * forward pass, what a layer's nodes take, and sessions for the sizes of test protocols. Fitted to the peaks of the nets
 * of Table 6 at 16x16 (0.4 GB of 20 layers, 4.2 GB of 1202) and of those of Table 3 at 32x32 (0.6 GB of 18 layers,
 * 2.1 GB of 152), batch 128.
 */
function estimatedMemory({ data, network, optimiser, evaluation }: RunSpec): number {
  const { graph } = buildForward(network, 'predict', 1, imagesOf(data).size);
  const values = graph.nodes.flatMap(node => Object.values(node.outputs)).map(value => elements(value.shape));
  const bytes = 4 * optimiser.batch * values.reduce((a, b) => a + b, 0);
  return 360 + (0.9 * bytes) / 2 ** 20 + 1.7 * depth(network) + (evaluation.tests ? 230 : 0);
}
