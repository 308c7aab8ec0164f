import { checkOptions } from '../checks.ts';
import { type Backend, BackendError, type SessionInfo } from '../contract.ts';
import { runGraph64 } from '../reference/run-graph.ts';
import { type Comparison, compare, firstDeparture, tolerances } from './comparison.ts';
import { detectorCases } from './detectors.ts';
import { evaluationCases } from './evaluation.ts';
import { knownAnswerCases } from './known-answers.ts';
import { layerAnswerCases } from './known-answers-layers.ts';
import { operatorAnswerCases } from './known-answers-operators.ts';
import { longTrainingCases } from './long-training.ts';
import { Meter } from './meter.ts';
import { type OperatorCase, operatorCases } from './operators.ts';
import { ownershipCases } from './ownership.ts';
import { type CaseResult, type ConformanceReport, type RungResult, rungResult } from './report.ts';
import { resumeCases } from './resume.ts';
import { type RungName, rungNames } from './rungs.ts';
import type { ConformanceCase, RunGraph, Subject } from './subject.ts';
import { replicaCases, stepCases, trainingCases } from './training.ts';
import { synthetic, type TrainingData } from './training-data.ts';

export { formatReport } from './report.ts';

/** How the suite is run. */
export interface ConformanceOptions {
  /** One of the backend's devices and of its variants; the probe's choice when absent. */
  device?: string;
  variant?: string;
  /** 1 when absent. */
  threads?: number;
  /** Steps of the longest training, and at most 20 of the others; 20 when absent. */
  steps?: number;
  /** What the longest training is on; synthetic when absent. */
  data?: TrainingData;
  /** Runs single operators on that device and variant; the backend's own when absent. Without any those cases are left out. */
  runGraph?: RunGraph;
  /** Whether steps of a batch that replicas share are among the cases; as the backend's capabilities say when absent. */
  replicas?: boolean;
  /** Which cases to run, by name; all when absent. */
  only?: (name: string) => boolean;
  /** Whether to leave out what is above the first rung that departs. */
  untilDeparture?: boolean;
  /** Called as each rung begins. */
  onRung?: (rung: RungName, cases: number) => void;
}

/** The cases of a run with these options, rung by rung, in the order of localisation. */
export function conformanceCases({
  runGraph,
  replicas = false,
  only = () => true,
}: ConformanceOptions): ConformanceCase[] {
  const operators = runGraph ? operatorCases.map(c => operatorConformance(c, runGraph)) : [];
  const operatorAnswers = runGraph ? operatorAnswerCases(runGraph) : [];
  const all = [
    ...[...operators, ...operatorAnswers],
    ...[...knownAnswerCases, ...layerAnswerCases, ...evaluationCases, ...stepCases, ...detectorCases],
    ...(replicas ? replicaCases : []),
    ...[...trainingCases, ...longTrainingCases, ...ownershipCases, ...resumeCases],
  ].filter(({ name }) => only(name));
  return rungNames.flatMap(rung => all.filter(each => each.rung === rung));
}

/** Compares a backend with the reference. A backend that this machine cannot run is a `BackendError`. */
export async function runConformance(
  backend: Backend,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  checkOptions(backend, { threads: 1, ...options });
  const { device, variant, threads = 1, steps = 20, data = synthetic } = options;
  const probe = await backend.probe(device);
  if (!probe.available) throw new BackendError(`${backend.id}: ${probe.missing}`, { fix: probe.fix });
  const how = { threads, ...(device && { device }), ...(variant && { variant }) };
  const rounding = backend.capabilities.rounding?.[device ?? probe.device] ?? 1;
  const meter = new Meter();
  let info: SessionInfo | null = null;
  const open: Subject['open'] = async program => {
    const session = await meter.time(() => backend.open(program, how));
    info = session.info;
    return meter.timed(session);
  };
  const run =
    options.runGraph ?? (backend.runGraph && ((graph, feeds) => backend.runGraph!(graph, feeds, how)));
  const runGraph: RunGraph | undefined = run && ((graph, feeds) => meter.time(() => run(graph, feeds)));
  const cases = conformanceCases({
    replicas: backend.capabilities.replicas ?? false,
    ...options,
    ...(runGraph && { runGraph }),
  });
  const results: CaseResult[] = [];
  const rungs: RungResult[] = [];
  for (const rung of rungNames) {
    const own = cases.filter(each => each.rung === rung);
    options.onRung?.(rung, own.length);
    meter.start();
    const found: CaseResult[] = [];
    for (const one of own) found.push(await runCase(one, { open, steps, data }, rounding));
    results.push(...found);
    rungs.push(rungResult(rung, found, meter.read()));
    if (options.untilDeparture && rungs.at(-1)!.status === 'departs') break;
  }
  // The backend's own choice for the device, where none was made; of the probe when no session could be opened.
  const ran = info ?? { ...probe, ...how };
  return {
    backend: backend.id,
    version: ran.version,
    threads,
    device: ran.device,
    variant: ran.variant,
    hardware: ran.hardware,
    rounding,
    steps,
    data: data.name,
    passed: results.every(r => r.passed),
    rungs,
    results,
  };
}

/** A single operator against the reference's loops in float64. */
function operatorConformance({ name, op, build }: OperatorCase, run: RunGraph): ConformanceCase {
  return {
    rung: op.endsWith('Gradient') ? 'gradients' : 'operators',
    name: `operator: ${name}`,
    async run() {
      const { graph, feeds } = build();
      const expected = runGraph64(graph, feeds);
      const received = await run(graph, feeds);
      return [...graph.outputs].map(([output, { id }]) =>
        compare(output, received.get(id) ?? [], expected.get(id)!, tolerances.operator),
      );
    },
  };
}

/** A case that throws is a result too: the others go on. */
async function runCase(
  { rung, name, wrong, run }: ConformanceCase,
  subject: Subject,
  rounding: number,
): Promise<CaseResult> {
  const about = { rung, name, wrong: wrong ?? null };
  try {
    const comparisons = (await run(subject)).map(each => allowing(each, rounding));
    const departure = firstDeparture(comparisons);
    return { ...about, passed: departure === null, comparisons, departure, error: null };
  } catch (error) {
    return { ...about, passed: false, comparisons: [], departure: null, error: String(error) };
  }
}

/** A comparison on a device that rounds so many times as much as float32 on a CPU. */
function allowing(comparison: Comparison, rounding: number): Comparison {
  const { kind, tolerance } = comparison;
  return kind === 'rounding' ? { ...comparison, tolerance: tolerance * rounding } : comparison;
}
