import type { Session } from '../../backends/contract.ts';
import { initialState } from '../../ml/optim/init.ts';
import { TrainingLog } from '../execute/log.ts';
import { rehearsedIterations } from '../execute/training.ts';
import { digestVectors } from '../record/checkpoint.ts';
import { type TraceLine, digestsOf as tensorDigests, tensorsOf } from '../record/trace.ts';
import type { TrainIdentity } from '../record/types.ts';
import { feedsFor } from '../tasks/feeds.ts';
import type { CurvePoint, TrainingWork } from '../tasks/task.ts';
import type { SideName, Standing } from './finding.ts';

/** What a recorded run has left of its steps. */
export interface Recorded {
  /** Digests of every step, where they were asked for. */
  trace: readonly TraceLine[] | null;
  /** Digest of the state after the first steps. */
  firstSteps: string;
  /** Its training curve. */
  train: readonly CurvePoint[];
}

/** The first line in which two traces differ, and the tensors that do; null where all that both have is the same. */
export function firstTracedDifference(
  a: readonly TraceLine[],
  b: readonly TraceLine[],
  tensors: readonly { name: string }[],
): { step: number; tensors: string[] } | null {
  const others = new Map(b.map(line => [line.step, line]));
  for (const line of a) {
    const other = others.get(line.step);
    const found = other ? namesThatDiffer(line, other, tensors) : [];
    if (found.length > 0) return { step: line.step, tensors: found };
  }
  return null;
}

/**
 * Computes a training once more, and says of recorded runs of it how far they are the same to the bit. It ends where none of
 * them is any more, or after so many steps.
 */
export async function retrace(
  session: Session,
  { spec, seed }: TrainIdentity,
  work: TrainingWork,
  recorded: Record<SideName, Recorded>,
  { steps, onProgress }: { steps: number; onProgress(message: string): void },
): Promise<Record<SideName, Standing>> {
  const tensors = tensorsOf(work.program);
  const none = { agreesTo: 0, departsBy: null, by: null, tensors: [], of: tensors.length };
  const standings: Record<SideName, Standing> = { A: { ...none }, B: { ...none } };
  const log = new TrainingLog(spec, work);
  const feeds = feedsFor(work.program);
  const last = Math.min(steps, spec.schedule.iterations);
  let told = performance.now();
  await session.setState(work.initial ?? initialState(work.program, seed));
  while (log.iteration < last && Object.values(standings).some(({ departsBy }) => departsBy === null)) {
    await work.batches.fill(log.iteration, feeds);
    const outputs = await session.step(feeds, log.learningRate);
    log.stepped(work.observe(outputs, feeds));
    const state = await session.getState();
    const now = {
      line: { step: log.iteration, loss: outputs.loss, digests: tensorDigests(state, tensors) },
      point: log.curves.train.at(-1),
      firstSteps:
        log.iteration === Math.min(rehearsedIterations, spec.schedule.iterations)
          ? digestVectors([state.parameters, state.statistics])
          : null,
    };
    for (const side of ['A', 'B'] as const) compareStep(standings[side], recorded[side], now, tensors);
    if (performance.now() - told > 10_000) {
      told = performance.now();
      onProgress(`step ${log.iteration} of ${last} ...`);
    }
  }
  return standings;
}

interface Now {
  line: TraceLine;
  point: CurvePoint | undefined;
  firstSteps: string | null;
}

function compareStep(
  standing: Standing,
  recorded: Recorded,
  { line, point, firstSteps }: Now,
  tensors: readonly { name: string }[],
): void {
  if (standing.departsBy !== null) return;
  const { step } = line;
  const traced = recorded.trace?.find(each => each.step === step);
  const names = traced ? namesThatDiffer(traced, line, tensors) : [];
  const drawn = point?.at === step ? recorded.train.find(({ at }) => at === step) : undefined;
  const by =
    names.length > 0
      ? 'trace'
      : firstSteps !== null && firstSteps !== recorded.firstSteps
        ? 'first steps'
        : drawn && Object.entries(point!).some(([name, value]) => drawn[name] !== value)
          ? 'training curve'
          : null;
  if (by !== null) Object.assign(standing, { departsBy: step, by, tensors: names });
  else if (traced || firstSteps !== null || drawn) standing.agreesTo = step;
}

function namesThatDiffer(a: TraceLine, b: TraceLine, tensors: readonly { name: string }[]): string[] {
  return tensors.flatMap(({ name }, i) => (a.digests[i] === b.digests[i] ? [] : [name]));
}
