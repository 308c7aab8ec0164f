import type { Session } from '../../backends/contract.ts';
import type { Batches } from '../../ml/data/cifar10/batches.ts';
import type { Program } from '../../ml/program.ts';
import type { Between } from './evaluate.ts';

/** Training batches from iteration `first` on, those that would come next. */
export interface StatisticBatches {
  batches: Batches;
  first: number;
  count: number;
}

/**
 * Replaces the running statistics of every batch norm by the plain average of those of `count` training batches, "strictly
 * computed using average (not moving average) [...] after the training procedure" (README of the authors' release).
 * False when `between` asks to stop; the session's statistics are then of no use.
 *
 * A step that begins with statistics of zero leaves the momentum times those of its batch, so any backend that trains
 * can do it. What the step does to parameters and velocity is undone.
 */
export async function averageStatistics(
  session: Session,
  { network, trainBatch, imageSize }: Program,
  { batches, first, count }: StatisticBatches,
  between: Between,
): Promise<boolean> {
  const trained = await session.getState();
  const none = new Float32Array(trained.statistics.length);
  const sums = new Float64Array(trained.statistics.length);
  const batch = {
    images: new Float32Array(trainBatch * 3 * imageSize ** 2),
    labels: new Int32Array(trainBatch),
  };
  for (let i = 0; i < count; i++) {
    if (!(await between())) return false;
    await batches.fill(first + i, batch);
    await session.setState({ ...trained, statistics: none });
    await session.trainStep(batch, 0);
    const { statistics } = await session.getState();
    for (let j = 0; j < sums.length; j++) sums[j]! += statistics[j]!;
  }
  const scale = 1 / (count * network.batchNorm.momentum);
  await session.setState({ ...trained, statistics: Float32Array.from(sums, sum => sum * scale) });
  return true;
}
