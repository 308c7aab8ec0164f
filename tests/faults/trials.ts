import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fault, faultKinds, faultsOf, shuffled } from './faults.ts';
import { type Rehearsed, rehearse, type TrialResult, tryFault } from './trial.ts';

/** One fault of a scenario. */
export interface Trial {
  scenario: string;
  kind: string;
  fault: Fault;
}

/** What trials to run. */
export interface CampaignOptions {
  /** Trials whose fault is to have befallen something. */
  trials: number;
  seed: number;
  scenarios: readonly string[];
  /** A folder with CIFAR-10. */
  cifar: string;
}

/** Rehearses the scenarios and runs trials until enough faults have befallen something, or all there are. */
export async function runTrials(
  { trials, seed, scenarios, cifar }: CampaignOptions,
  onTrial: (trial: Trial, result: TrialResult) => void,
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'residuals-faults-'));
  try {
    const rehearsed = new Map<string, Rehearsed>();
    for (const name of scenarios) rehearsed.set(name, await rehearse(name, join(base, name), cifar));
    let fired = 0;
    for (const trial of trialsOf(rehearsed, seed)) {
      if (fired === trials) return;
      const result = await tryFault(rehearsed.get(trial.scenario)!, trial.fault);
      if (result.fired.length > 0) fired++;
      onTrial(trial, result);
    }
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** All trials there are: one of each scenario and kind of fault, then a second one of each, in an order that the seed decides. */
export function trialsOf(rehearsed: ReadonlyMap<string, Pick<Rehearsed, 'operations'>>, seed: number): Trial[] {
  const queues = [...rehearsed].flatMap(([scenario, { operations }]) =>
    faultKinds.map(kind =>
      faultsOf(kind, operations, seed).map((fault): Trial => ({ scenario, kind, fault })),
    ),
  );
  const rounds = Math.max(0, ...queues.map(queue => queue.length));
  return Array.from({ length: rounds }, (_, round) =>
    shuffled(queues.flatMap(queue => queue[round] ?? []), seed, faultKinds.length + round),
  ).flat();
}
