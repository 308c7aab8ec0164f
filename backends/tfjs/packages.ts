import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, neededCache } from '../../ml/data/cache.ts';
import type { NpmPackage } from '../../ml/data/npm.ts';

/** Of every package of TensorFlow.js. */
export const tfjsVersion = '4.22.0';

/** What `npm run setup` can install: TensorFlow.js with WASM and plain JavaScript, or with TensorFlow too. */
export type KitName = 'tfjs' | 'tfjs-node' | 'tfjs-node-gpu';

/** A kit with TensorFlow: the sources of the addon, and the wheel that has the library. */
export interface Native {
  readonly addon: NpmPackage;
  readonly wheel: {
    /** The project on PyPI. */
    readonly project: string;
    readonly sha256: string;
    readonly megabytes: number;
  };
}

/** TensorFlow's version in the kits that have it. */
export const tensorflowVersion = '2.21.0';

/** The kits. */
export const kits: Readonly<Record<KitName, Native | null>> = {
  tfjs: null,
  'tfjs-node': {
    addon: addon(
      'tfjs-node',
      'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==',
    ),
    wheel: {
      project: 'tensorflow-cpu',
      sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
      megabytes: 274,
    },
  },
  'tfjs-node-gpu': {
    addon: addon(
      'tfjs-node-gpu',
      'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
    ),
    wheel: {
      project: 'tensorflow',
      sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
      megabytes: 572,
    },
  },
};

/** The files of a kit; the last three are in those with TensorFlow. */
export const kitFiles = {
  /** TensorFlow.js, its engines and its gradients as one module. */
  module: 'tfjs.cjs',
  addon: 'tfjs_binding.node',
  libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
} as const;

/** Where a kit is kept in a cache folder. */
export function kitFolder(kit: KitName, cache: string | null = cacheFolder()): string {
  const native = kits[kit] && `+tf${tensorflowVersion}-${process.platform}-${process.arch}`;
  return neededCache(join('engines', `${kit}-${tfjsVersion}${native ?? ''}`), cache);
}

/** A kit that is set up. */
export interface Kit {
  readonly name: KitName;
  readonly folder: string;
}

/** The first of these kits that is set up. */
export function findKit(names: readonly KitName[], cache = cacheFolder()): Kit | undefined {
  if (cache === null) return undefined;
  return names
    .map(name => ({ name, folder: kitFolder(name, cache) }))
    .find(({ folder }) => isComplete(folder));
}

/** Whether a kit was made to its end, and every file is as long as it was then. */
export function isComplete(folder: string): boolean {
  if (!existsSync(markOf(folder))) return false;
  const { bytes } = JSON.parse(readFileSync(markOf(folder), 'utf8')) as { bytes: Record<string, number> };
  return Object.entries(bytes).every(
    ([name, size]) => statSync(join(folder, name), { throwIfNoEntry: false })?.size === size,
  );
}

/** The file that says so. */
export function markOf(folder: string): string {
  return join(folder, 'complete.json');
}

function addon(name: string, integrity: string): NpmPackage {
  return {
    spec: `@tensorflow/${name}@${tfjsVersion}`,
    file: `tensorflow-${name}-${tfjsVersion}.tgz`,
    integrity,
  };
}
