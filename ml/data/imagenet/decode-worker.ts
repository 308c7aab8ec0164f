import { parentPort } from 'node:worker_threads';
import { decode } from './decode.ts';
import type { DecodeJob } from './decode-pool.ts';

/** A decoding thread: a job comes in, its crops go out; one at a time. */
parentPort!.on('message', async ({ id, job }: { id: number; job: DecodeJob }) => {
  try {
    const crops = await decode(job);
    parentPort!.postMessage({ id, crops }, [crops.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort!.postMessage({ id, failure: error instanceof Error ? error.message : String(error) });
  }
});
