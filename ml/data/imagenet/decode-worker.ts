import { parentPort } from 'node:worker_threads';
import { systemProblem } from '../system.ts';
import { decode } from './decode.ts';
import type { DecodeJob } from './decode-pool.ts';

/** A decoding thread: a job comes in, its crops go out; one at a time. */
parentPort!.on('message', async ({ id, job }: { id: number; job: DecodeJob }) => {
  try {
    const crops = await decode(job);
    parentPort!.postMessage({ id, crops }, [crops.buffer as ArrayBuffer]);
  } catch (error) {
    const [failure] = (systemProblem(error, job.file)?.reason ?? String((error as Error).message)).split(
      '\n',
    );
    parentPort!.postMessage({ id, failure });
  }
});
