import type { PlannedJob } from '../../harness/plan/types.ts';
import { isLive, terminalOf } from '../terminal.ts';
import { Estimate } from './estimate.ts';
import type { Display } from './types.ts';

/** A live display on a terminal; plain lines in a pipe, in CI, and on standard error under `--json`. */
export async function openDisplay(
  jobs: readonly PlannedJob[],
  workers: number,
  json: boolean,
): Promise<Display> {
  const estimate = new Estimate(jobs, workers);
  if (isLive() && !json) return (await import('./live.ts')).openLive(estimate);
  const stream = json ? process.stderr : process.stdout;
  const { Lines } = await import('./lines.ts');
  return new Lines(estimate, line => stream.write(`${line}\n`), terminalOf(stream));
}
