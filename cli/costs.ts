import type { Cost, Plan, PlannedJob } from '../harness/plan/types.ts';
import { cores, memory as memoryHere } from '../ml/data/cores.ts';
import { count, duration, memory, shortPath } from './format.ts';
import type { Options } from './options.ts';
import { Estimate } from './progress/estimate.ts';

/** Whether a run is still to be done. One whose record or checkpoint cannot be used waits for who says what becomes of it. */
export function isToDo({ state }: PlannedJob): boolean {
  return state.is === 'not started' || state.is === 'stopped';
}

/** Workers at a time where nobody says how many: one per core, and one on a device that is not the CPU. */
export function usualJobs(device = 'cpu'): number {
  return device === 'cpu' ? cores() : 1;
}

/** What is still to be done of a plan, and what that takes in all. */
export function totals(plan: Plan, { jobs, device }: Options) {
  const todo = plan.jobs.filter(isToDo);
  const workers = Math.max(1, Math.min(jobs ?? usualJobs(device), todo.length));
  const threadSeconds = todo.reduce((sum, { cost }) => sum + cost.seconds, 0);
  const seconds = todo.length === 0 ? 0 : new Estimate(todo, workers).seconds;
  const sizes = todo.map(({ cost }) => cost.memoryMiB).sort((a, b) => b - a);
  const memoryMiB = sizes.slice(0, workers).reduce((sum, size) => sum + size, 0);
  return { todo, workers, threadSeconds, seconds, memoryMiB };
}

/** `6 runs to do of 6: about 9 min on 2 workers (17 min of CPU time), up to 4.9 GiB of 24 GiB.` */
export function costText(plan: Plan, options: Options): string {
  const { todo, threadSeconds, seconds, workers, memoryMiB } = totals(plan, options);
  const work = `about ${duration(seconds)} on ${count(workers, 'worker')} (${duration(threadSeconds)} of CPU time)`;
  const room = `up to ${memory(memoryMiB)} of ${memory(memoryHere() / 2 ** 20)}`;
  const unusable = plan.jobs.filter(({ state }) => state.is === 'unusable').length;
  const others = unusable > 0 ? ` (${unusable} unusable)` : '';
  return `${count(todo.length, 'run')} to do of ${plan.jobs.length}${others}: ${work}, ${room}.`;
}

/** What measured and estimated costs rest on. */
export function sourcesOf(todo: readonly PlannedJob[]): string[] {
  return (['measured', 'estimated'] as const).flatMap(basis => {
    const costs = todo.map(({ cost }) => cost).filter(cost => cost.basis === basis);
    return costs.length === 0 ? [] : [`${basis}: ${sourceText(costs, basis)}`];
  });
}

function sourceText(costs: readonly Cost[], basis: Cost['basis']): string {
  const sources = costs.map(({ source }) => source);
  const stores = [...new Set(sources.flatMap(({ stores }) => stores))].map(shortPath);
  const hardware = [...new Set(sources.flatMap(({ hardware }) => hardware))];
  const cpu = sources.every(({ thisCpu }) => thisCpu) ? 'this CPU' : 'other CPUs';
  const records = `records of ${cpu} in ${stores.join(' and ')} (${hardware.join(', ')})`;
  if (basis === 'measured') return `from ${records}, of the same network and sizes`;
  return stores.length > 0
    ? `from multiply-adds, at the speed of the ${records}`
    : 'from multiply-adds, at an assumed speed: no run of this backend and kind of device is recorded yet';
}
