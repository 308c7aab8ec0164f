import type { Session } from '../../../backends/contract.ts';
import type { Batches } from '../../../ml/data/images.ts';
import { batchNormOf } from '../../../ml/nets/spec.ts';
import type { Program } from '../../../ml/program.ts';
import { feedsFor } from '../feeds.ts';
import type { Between } from '../task.ts';

/** Training batches from iteration `first` on, those that would come next. */
export interface StatisticBatches {
  batches: Batches;
  first: number;
  count: number;
}

/**
 * Replaces the running statistics of every batch norm by the plain average of those of `count` training batches, "strictly
 * computed using average (not moving average) [...] after the training procedure" (README of the authors' release).
 * False when `between` asks to stop; the session is then as it was.
 */
export async function averageStatistics(
  session: Session,
  program: Program,
  { batches, first, count }: StatisticBatches,
  between: Between,
): Promise<boolean> {
  const trained = await session.getState();
  const sums = new Float64Array(trained.statistics.length);
  const feeds = feedsFor(program);
  for (let i = 0; i < count; i++) {
    if (!(await between())) return false;
    await batches.fill(first + i, feeds);
    const statistics = await session.batchStatistics(feeds);
    for (let j = 0; j < sums.length; j++) sums[j]! += statistics[j]!;
  }
  const scale = 1 / (count * batchNormOf(program.network)!.momentum);
  await session.setState({ ...trained, statistics: Float32Array.from(sums, sum => sum * scale) });
  return true;
}
