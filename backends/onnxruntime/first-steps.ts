import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Program } from '../../ml/program.ts';
import type { ModelState } from '../contract.ts';
import { exampleBatch, exampleProgram, exampleState } from './examples.ts';
import { onnxruntime } from './index.ts';

/** Nets whose first steps are recorded: the mini and paper sizes, widths that are no whole blocks, bottlenecks. */
export const goldenNets: Readonly<Record<string, () => Program>> = {
  'ResNet-8 8/16/32 at 16x16': () => exampleProgram({ imageSize: 16, batch: 16 }),
  'ResNet-20 16/32/64 at 32x32': () =>
    exampleProgram({ blocks: [3, 3, 3], widths: [16, 32, 64], imageSize: 32, batch: 16 }),
  'plain-8 12/24/40 at 16x16': () =>
    exampleProgram({ shortcut: 'none', widths: [12, 24, 40], imageSize: 16, batch: 6 }),
  'ResNet-17 with bottlenecks, projections and max pooling, 8/16/32/64 at 96x96': () =>
    exampleProgram({
      block: 'bottleneck',
      blocks: [1, 2, 1, 1],
      widths: [8, 16, 32, 64],
      shortcut: 'B',
      stem: 'imagenet',
      imageSize: 96,
      batch: 8,
    }),
};

/** What the steps of a net came to. */
export interface FirstSteps {
  losses: number[];
  /** SHA-256 of the canonical state after them: parameters, velocity, statistics, little-endian. */
  digest: string;
}

/** The recorded file: digests by net, lowering and instruction set; losses by net, of the standard lowering. */
export interface Golden {
  /** The `numerics` of the backend that the digests belong to. */
  numerics: number;
  losses: Record<string, number[]>;
  digests: Record<string, Record<string, Record<string, string>>>;
}

/** Where `Golden` lies. */
export const goldenFile = new URL('golden/first-steps.json', import.meta.url);

/** What is recorded. */
export function readGolden(): Golden {
  return JSON.parse(readFileSync(goldenFile, 'utf8')) as Golden;
}

/** Takes the first four steps of a net, at a learning rate that drops half-way. */
export async function firstSteps(program: Program, lowering: string, threads: number): Promise<FirstSteps> {
  const session = await onnxruntime.open(program, { threads, variant: lowering });
  await session.setState(exampleState(program));
  const losses: number[] = [];
  for (const [step, rate] of [0.1, 0.1, 0.01, 0.01].entries()) {
    losses.push((await session.step(exampleBatch(program, step), rate)).loss);
  }
  const digest = digestOf(await session.getState());
  await session.close();
  return { losses, digest };
}

function digestOf({ parameters, velocity, statistics }: ModelState): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [parameters, velocity, statistics]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
