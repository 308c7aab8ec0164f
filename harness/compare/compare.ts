import {
  type Backend,
  BackendError,
  type SessionInfo,
  type SessionOptions,
} from '../../backends/contract.ts';
import { backends } from '../../backends/registry.ts';
import { byOneUlp, moves } from '../../ml/optim/ulp.ts';
import type { ModelState } from '../../ml/program.ts';
import { median } from '../median.ts';
import { type Course, follow } from './course.ts';
import {
  firstDeparture,
  judgeStatistics,
  judgeSteps,
  largest,
  placesOf,
  type Sensitive,
  type Trajectory,
} from './judge.ts';
import { type Absent, type Comparison, type EngineResult, factor } from './types.ts';

/** A backend, on a device and in a variant where one is asked for. */
export interface Contender {
  /** What it is called: `torch`, `onnxruntime:standard`. */
  name: string;
  backend: Backend;
  device?: string;
  variant?: string;
}

/** How engines are compared. */
export interface CompareOptions {
  /** The first one is what the others are set against where float64 ends. */
  contenders: readonly Contender[];
  threads: number;
  /** Steps that the reference takes in float64: slow, plain loops. */
  exactSteps: number;
  onProgress(message: string): void;
}

/** Takes each backend along a course, and the reference in float64 along the beginning of it. */
export async function compare(course: Course, options: CompareOptions): Promise<Comparison> {
  const exactSteps = Math.min(options.exactSteps, course.steps);
  const found: (Engine | Absent)[] = [];
  for (const each of options.contenders) found.push(await engineOf(each, course, exactSteps, options));
  const followed = found.filter(isFollowed);
  const reference = followed.length > 0 ? await exactly(course, exactSteps, options) : null;
  return {
    steps: course.steps,
    exactSteps,
    exact: reference ? [...reference.losses] : [],
    exactSeconds: reference?.seconds ?? 0,
    factor,
    engines: found.map(each =>
      isFollowed(each) ? judged(each, reference!, followed[0]!, exactSteps) : each,
    ),
  };
}

/** A backend that took all steps, with its weights as they are and moved. */
interface Engine extends Sensitive {
  info: SessionInfo;
  seconds: number;
}

function isFollowed(found: Engine | Absent): found is Engine {
  return 'losses' in found;
}

function judged(own: Engine, reference: Trajectory, first: Engine, exactSteps: number): EngineResult {
  const { backend, info, seconds } = own;
  const steps = judgeSteps(own, reference, first);
  const statistics = judgeStatistics(own, reference);
  const places = placesOf(steps, statistics, exactSteps);
  const departs = firstDeparture(places);
  return {
    backend,
    verdict: departs ? 'departs' : 'agrees',
    departs,
    info,
    losses: own.losses.map(loss => (Number.isFinite(loss) ? loss : null)),
    steps,
    statistics,
    largest: largest(places),
    seconds,
  };
}

async function engineOf(
  contender: Contender,
  course: Course,
  exactSteps: number,
  { threads, onProgress }: CompareOptions,
): Promise<Engine | Absent> {
  const { name, backend, ...how } = contender;
  const probe = await backend.probe();
  if (!probe.available) return { backend: name, verdict: 'missing', message: probe.missing, fix: probe.fix };
  const { version, device, variant } = { ...probe, ...how };
  onProgress(`${name} (${version}, ${device}, ${variant}): ${course.steps} steps ...`);
  try {
    const take = (start: ModelState) => trajectory(backend, { threads, ...how }, course, start, exactSteps);
    const own = await take(course.start);
    onProgress(`${name}: ${moves.length} more times, with the weights moved by one ULP ...`);
    const moved: Trajectory[] = [];
    for (const move of moves) moved.push(await take(byOneUlp(course.start, move)));
    return { backend: name, ...own, moved };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return { backend: name, verdict: 'failed', message: error.message, fix: error.fix ?? null };
  }
}

/** One training in a session of its own: nothing that an engine keeps goes from one to the next. */
async function trajectory(
  backend: Backend,
  options: SessionOptions,
  course: Course,
  start: ModelState,
  exactSteps: number,
): Promise<Trajectory & Pick<Engine, 'info' | 'seconds'>> {
  const session = await backend.open(course.program, options);
  try {
    const losses: number[] = [];
    const times: number[] = [];
    let statistics = start.statistics;
    let begin = performance.now();
    for await (const { step, loss } of follow(session, course, { start })) {
      times.push(performance.now() - begin);
      losses.push(loss);
      if (step === exactSteps) ({ statistics } = await session.getState());
      begin = performance.now();
    }
    return { losses, statistics, info: session.info, seconds: median(times) / 1000 };
  } finally {
    await session.close();
  }
}

/** The beginning of the course in float64. */
async function exactly(
  course: Course,
  steps: number,
  { onProgress }: CompareOptions,
): Promise<Trajectory & Pick<Engine, 'seconds'>> {
  const session = (await backends.reference()).openExact(course.program);
  const losses: number[] = [];
  const begin = performance.now();
  onProgress(`float64 (the reference): ${steps} steps in plain loops ...`);
  for await (const { loss } of follow(session, course, { steps })) {
    losses.push(loss);
    const each = (performance.now() - begin) / 1000 / losses.length;
    if (losses.length === 1 && steps > 1)
      onProgress(`float64: ${each.toFixed(1)} s a step, about ${Math.ceil(each * (steps - 1))} s to go`);
  }
  const { statistics } = await session.getState();
  return { losses, statistics, seconds: (performance.now() - begin) / 1000 / losses.length };
}
