import { type Backend, BackendError } from '../contract.ts';
import { runGraph as runOnReference } from '../reference/run-graph.ts';
import { type Comparison, compare, firstDeparture, tolerances } from './comparison.ts';
import { evaluationCases } from './evaluation.ts';
import { knownAnswerCases } from './known-answers.ts';
import { type OperatorCase, operatorCases } from './operators.ts';
import { ownershipCases } from './ownership.ts';
import type { ConformanceCase, RunGraph, Subject } from './subject.ts';
import { stepCases, trainingCases } from './training.ts';

/** How the suite is run. */
export interface ConformanceOptions {
  /** One of the backend's devices and of its variants; the probe's choice when absent. */
  device?: string;
  variant?: string;
  /** 1 when absent. */
  threads?: number;
  /** Steps of the training cases; 20 when absent. */
  steps?: number;
  /** Runs single operators on that device and variant, for a backend that can; without it those cases are left out. */
  runGraph?: RunGraph;
  /** Which cases to run, by name; all when absent. */
  only?: (name: string) => boolean;
}

/** What came of the suite. */
export interface ConformanceReport {
  backend: string;
  version: string;
  device: string;
  variant: string;
  hardware: string;
  passed: boolean;
  results: CaseResult[];
}

/** What came of one case. */
interface CaseResult {
  name: string;
  passed: boolean;
  /** In the order of the computation. */
  comparisons: Comparison[];
  /** The first of them outside its tolerance. */
  departure: Comparison | null;
  /** Why the case could not be completed. */
  error: string | null;
}

/** The cases of a run with these options, in the order of localisation: operators, semantics, steps, trainings. */
export function conformanceCases({ runGraph, only = () => true }: ConformanceOptions): ConformanceCase[] {
  const operators = runGraph ? operatorCases.map(c => operatorConformance(c, runGraph)) : [];
  const sessions = [...stepCases, ...evaluationCases, ...ownershipCases, ...trainingCases];
  return [...operators, ...knownAnswerCases, ...sessions].filter(({ name }) => only(name));
}

/** Compares a backend with the reference. A backend that this machine cannot run is a `BackendError`. */
export async function runConformance(
  backend: Backend,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const probe = await backend.probe();
  if (!probe.available) throw new BackendError(`${backend.id}: ${probe.missing}`, { fix: probe.fix });
  const { device = probe.device, variant = probe.variant, threads = 1, steps = 20 } = options;
  const subject: Subject = { open: program => backend.open(program, { threads, device, variant }), steps };
  const results: CaseResult[] = [];
  for (const one of conformanceCases(options)) results.push(await runCase(one, subject));
  return {
    backend: backend.id,
    version: probe.version,
    device,
    variant,
    hardware: probe.hardware,
    passed: results.every(r => r.passed),
    results,
  };
}

/** One line a case; a failed one says what departs first, by how much, and what is allowed. */
export function formatReport({ backend, version, device, variant, results }: ConformanceReport): string {
  const agreed = results.filter(r => r.passed).length;
  const heading = `${backend} (${version}, ${device}, ${variant}): ${agreed} of ${results.length} cases agree with the reference`;
  return [heading, ...results.map(formatResult)].join('\n');
}

function operatorConformance({ name, build }: OperatorCase, run: RunGraph): ConformanceCase {
  return {
    name: `operator: ${name}`,
    async run() {
      const { graph, feeds } = build();
      const expected = runOnReference(graph, feeds);
      const received = await run(graph, feeds);
      return [...graph.outputs].map(([output, { id }]) =>
        compare(output, received.get(id) ?? [], expected.get(id)!, tolerances.operator),
      );
    },
  };
}

/** A case that throws is a result too: the others go on. */
async function runCase({ name, run }: ConformanceCase, subject: Subject): Promise<CaseResult> {
  try {
    const comparisons = await run(subject);
    const departure = firstDeparture(comparisons);
    return { name, passed: departure === null, comparisons, departure, error: null };
  } catch (error) {
    return { name, passed: false, comparisons: [], departure: null, error: String(error) };
  }
}

function formatResult({ name, comparisons, departure, error }: CaseResult): string {
  if (error !== null) return `fails   ${name}: ${error}`;
  if (departure === null) {
    const largest = Math.max(...comparisons.map(c => c.error));
    return `agrees  ${name}: relative errors up to ${largest.toExponential(1)}`;
  }
  const { what, error: size, tolerance } = departure;
  const numbers = `relative error ${size.toExponential(1)}, tolerance ${tolerance.toExponential(1)}`;
  return `departs ${name}: first in ${what}, ${numbers}`;
}
