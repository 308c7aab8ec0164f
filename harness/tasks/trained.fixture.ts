import { expect } from 'vitest';
import { onnxruntime } from '../../backends/onnxruntime/index.ts';
import type { Feeds, Program } from '../../ml/program.ts';
import { feedsFor } from './feeds.ts';
import type { Artefacts, TaskExecution, Values } from './task.ts';

/** How a step is trained in a test. */
export interface Course {
  iterations: number;
  rate: number;
  /** It is opened anew, as after an interruption, when so many iterations are done. */
  stop?: number | undefined;
  /** Sees every batch. */
  see?(feeds: Feeds, program: Program): void;
}

/** Trains a step on one thread of ONNX Runtime, without a store and workers; what it measures and leaves. */
export async function trainedHere(
  { openTraining }: TaskExecution,
  options: object,
  { iterations, rate, stop, see }: Course,
): Promise<{ measures: Values; files: Artefacts }> {
  const open = () => openTraining(options as Parameters<typeof openTraining>[0]);
  let work = await open();
  const session = await onnxruntime.open(work.program, { threads: 1 });
  try {
    await session.setState(work.initial!);
    let sums: Values = { wrong: 0, all: 1, loss: 0 };
    for (let i = 0; i < iterations; i++) {
      if (i === stop) {
        await work.close();
        work = await open();
      }
      const feeds = feedsFor(work.program);
      await work.batches.fill(i, feeds);
      see?.(feeds, work.program);
      const outputs = await session.step(feeds, rate);
      expect(outputs.loss).toBeGreaterThan(0);
      sums = work.observe(outputs, feeds);
    }
    const { measures, artefacts } = (await work.finish(session, work.means(sums, 1), async () => true))!;
    return { measures, files: filesOf(artefacts) };
  } finally {
    await session.close();
    await work.close();
  }
}

/** Artefacts as a store gives them. */
export function filesOf(artefacts: Readonly<Record<string, readonly Uint8Array[]>>): Artefacts {
  return file => {
    const parts = artefacts[file];
    return parts ? Buffer.concat(parts.map(part => Buffer.from(part))) : null;
  };
}
