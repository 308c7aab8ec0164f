import type { PlannedJob } from '../../harness/plan/types.ts';
import { Estimate } from './estimate.ts';
import type { Display } from './types.ts';

/** A live tree on a terminal; plain lines in a pipe, in CI, and on standard error under `--json`. */
export async function openDisplay(
  jobs: readonly PlannedJob[],
  workers: number,
  json: boolean,
): Promise<Display> {
  const estimate = new Estimate(jobs, workers);
  if (isLive(json)) return (await import('./tree.ts')).openTree(jobs, estimate);
  const stream = json ? process.stderr : process.stdout;
  const { Lines } = await import('./lines.ts');
  return new Lines(estimate, line => stream.write(`${line}\n`));
}

/** Whether progress is shown on a terminal that can be written over. */
function isLive(json: boolean): boolean {
  return Boolean(process.stdout.isTTY) && !json && !process.env.CI && process.env.TERM !== 'dumb';
}
