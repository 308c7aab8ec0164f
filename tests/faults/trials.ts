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
  trials: number;
  seed: number;
  scenarios: readonly string[];
  /** Scenarios that are tried side by side. */
  jobs: number;
  /** A folder with CIFAR-10. */
  cifar: string;
}

/** Rehearses the scenarios and runs the first so many trials. */
export async function runTrials(
  { trials, seed, scenarios, jobs, cifar }: CampaignOptions,
  onTrial: (trial: Trial, result: TrialResult) => void,
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'residuals-faults-'));
  try {
    const rehearsed = new Map<string, Rehearsed>();
    await sideBySide(scenarios, jobs, async name => {
      rehearsed.set(name, await rehearse(name, join(base, name), cifar));
    });
    const inOrder = new Map(scenarios.map(name => [name, rehearsed.get(name)!]));
    const chosen = trialsOf(inOrder, seed).slice(0, trials);
    await sideBySide(scenarios, jobs, async name => {
      for (const trial of chosen.filter(({ scenario }) => scenario === name))
        onTrial(trial, await tryFault(rehearsed.get(name)!, trial.fault));
    });
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

async function sideBySide<T>(
  items: readonly T[],
  jobs: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await action(item);
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

/** All trials there are: one of each scenario and kind of fault, then a second one of each, in an order that the seed decides. */
export function trialsOf(
  rehearsed: ReadonlyMap<string, Pick<Rehearsed, 'operations'>>,
  seed: number,
): Trial[] {
  const queues = [...rehearsed].flatMap(([scenario, { operations }]) =>
    faultKinds.map(kind =>
      faultsOf(kind, operations, seed).map((fault): Trial => ({ scenario, kind, fault })),
    ),
  );
  const rounds = Math.max(0, ...queues.map(queue => queue.length));
  return Array.from({ length: rounds }, (_, round) =>
    shuffled(
      queues.flatMap(queue => queue[round] ?? []),
      seed,
      faultKinds.length + round,
    ),
  ).flat();
}
