import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { writeLocalisation } from '../../../ml/data/ilsvrc-loc/files.fixture.ts';
import { loadTargets } from '../../manifest/load.ts';
import { networksOf } from '../../manifest/types.ts';
import type { Artefacts } from '../task.ts';
import { openData } from './data.ts';
import type { LocalisationData } from './images.ts';
import { openLists } from './lists.ts';
import type { TrainSpec } from './spec.ts';

/** A folder with a small localisation set, and its digest. */
export interface SmallSet {
  folder: string;
  digest: string;
  remove(): void;
}

/** Writes the set, with a cache of its own beside. */
export async function smallSet(): Promise<SmallSet> {
  const folder = mkdtempSync(join(tmpdir(), 'residuals-loc-'));
  vi.stubEnv('RESIDUALS_CACHE', join(folder, 'cache'));
  await writeLocalisation(folder, 4);
  const { digest } = await openLists(folder, 3);
  return {
    ...{ folder, digest },
    remove() {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    },
  };
}

const [target] = await loadTargets(['table13'], 'smoke');
/** The specs of the steps of a localiser on the small localisation set. */
export const [first, second, third] = networksOf(target!).map(({ spec }) => specFor(spec as TrainSpec)) as [
  TrainSpec,
  TrainSpec,
  TrainSpec,
];

/** The settings of smoke on photographs of three classes: 9 for training, 5 for tests. */
function specFor(smoke: TrainSpec): TrainSpec {
  const few = (spec: TrainSpec['before'][0]) => ({ ...spec, batch: 4 });
  return {
    ...smoke,
    data: {
      ...{ set: 'imagenet-loc', trainImages: 9, testImages: 5 },
      ...{ shorterSide: [36, 48], size: 32, flip: true, testShorterSide: 36, regions: 40 },
    },
    network: { ...smoke.network, classes: 3 },
    optimiser: { ...smoke.optimiser, batch: 4 },
    before: smoke.before.map(few),
    sampling: { ...smoke.sampling, proposals: 5 },
    tests: { sizes: [32, 40], guesses: 2 },
  };
}

/** What a step is opened with. */
export function optionsFor(
  { folder, digest }: SmallSet,
  spec: TrainSpec,
  needs: Record<string, Artefacts> = {},
) {
  return { spec, seed: 1, data: digest, dataFolder: folder, threads: 1, needs };
}

/** Opens the images, and closes them in the end. */
export async function withImages(
  set: SmallSet,
  use: (data: LocalisationData) => Promise<void>,
): Promise<void> {
  const data = await openData(optionsFor(set, first));
  try {
    await use(data);
  } finally {
    await data.close();
  }
}
