import { evidenceOf } from '../harness/aggregate/evidence.ts';
import { evidenceFor, evidenceIn } from '../harness/aggregate/evidence-store.ts';
import type { View } from '../harness/aggregate/types.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import type { ExecutionResult } from '../harness/execute/types.ts';
import { networksOfClaim } from '../harness/manifest/claims.ts';
import { networksOf, type Target } from '../harness/manifest/types.ts';
import { commandOf } from '../harness/plan/command.ts';
import { type Prepared, prepare } from '../harness/plan/prepare.ts';
import { openStore } from '../harness/record/store.ts';
import { isToDo } from './costs.ts';
import { executeJobs } from './execute.ts';
import { count } from './format.ts';
import type { Options } from './options.ts';
import { remarkFor } from './terminal.ts';

/** Further seeds that some verdict needs: of these networks, up to a look, with the chance that it is settled there. */
interface Block {
  networks: string[];
  seeds: number;
  chance: number;
}

/** What is taken for the chance of a verdict before there are three seeds to tell it from. */
const unknownChance = 0.5;

/**
 * Runs seeds look by look for verdicts that are open, the one first that is likeliest to be settled for its time, until all
 * are settled or have `--max-seeds`. Returns how the last block ended; null when nothing had to be run.
 */
export async function untilDecided(
  names: readonly string[],
  options: Options,
): Promise<{ prepared: Prepared; result: ExecutionResult } | null> {
  if (options.seeds)
    throw new UserError('--seeds says how many seeds there are, and --until-decided finds it out.', {
      fix: 'leave out one of --seeds and --until-decided',
    });
  const remark = remarkFor(options);
  const tried = new Set<string>();
  for (let last: Awaited<ReturnType<typeof untilDecided>> = null; ; ) {
    const prepared = await prepare(names, options);
    const open = openBlocks(prepared, options).filter(block => !tried.has(JSON.stringify(block)));
    const next = await cheapest(open, names, options);
    if (!next) return last;
    const { block, planned } = next;
    tried.add(JSON.stringify(block));
    remark(`Open: ${block.networks.join(', ')}; up to ${count(block.seeds, 'seed')} each.`);
    const seeds = seedsTo(block.seeds);
    const command = commandOf(names, { ...options, seeds, rows: block.networks });
    const result = await executeJobs(planned.plan.jobs.filter(isToDo), planned, options, command);
    last = { prepared: planned, result };
    if (result.interrupted || result.failures.length > 0) return last;
  }
}

/** The blocks of seeds that open verdicts of the targets need next. */
function openBlocks({ targets, shown, beside }: Prepared, options: Options): Block[] {
  const store = evidenceIn(openStore(options.store));
  return targets.flatMap(target => {
    if (target.kind === 'architecture') return [];
    const most = Math.min(options.maxSeeds ?? target.lastLook, target.lastLook);
    if (options.maxSeeds !== undefined && options.maxSeeds > target.lastLook)
      throw new UserError(
        `--max-seeds is ${options.maxSeeds}; the profile ${target.profile} has fixed ${target.lastLook} seeds at most.`,
        { fix: `--max-seeds ${target.lastLook}`, exitCode: exitCodes.usage },
      );
    const of = (jobs: Prepared['beside']) => evidenceFor(target.name, jobs);
    const view = evidenceOf(target, of(shown.jobs), store, { command: '', beside: of(beside) });
    const runnable = networksOf(target).filter(({ skipped, token }) => !skipped && !token);
    const here = new Set(runnable.map(({ name }) => name));
    return [...openCells(target, view), ...openClaims(target, view)].filter(
      ({ networks, seeds }) => seeds <= most && networks.every(name => here.has(name)),
    );
  });
}

function openCells(target: Target, view: View): Block[] {
  if (target.kind !== 'table' || view.kind !== 'table' || !target.faithful) return [];
  return view.rows.flatMap(({ cells }, i) =>
    cells.flatMap(({ verdict, evidence }, j) => {
      const { network, networks = {} } = target.rows[i]!;
      const name = network ?? networks[target.columns[j]!.key];
      const seeds = verdict === 'not-run' ? 3 : evidence?.nextLook;
      if (name === undefined || seeds === null || seeds === undefined) return [];
      return [{ networks: [name], seeds, chance: evidence?.chances[0]?.chance ?? unknownChance }];
    }),
  );
}

function openClaims(target: Target, { claims }: View): Block[] {
  if (target.kind === 'architecture') return [];
  const { argument } = target;
  return claims.flatMap(({ id, verdict, evidence }) => {
    const seeds = verdict === 'not-run' ? 3 : evidence?.nextLook;
    if (seeds === null || seeds === undefined) return [];
    const claim = argument.claims.find(each => each.id === id)!;
    return [{ networks: networksOfClaim(claim, argument.profile), seeds, chance: unknownChance }];
  });
}

/** The block with the best chance for its time, and its plan. */
async function cheapest(
  blocks: readonly Block[],
  names: readonly string[],
  options: Options,
): Promise<{ block: Block; planned: Prepared } | null> {
  let best: { block: Block; planned: Prepared; rate: number } | null = null;
  for (const block of blocks) {
    const planned = await prepare(names, { ...options, seeds: seedsTo(block.seeds), rows: block.networks });
    const todo = planned.plan.jobs.filter(isToDo);
    if (todo.length === 0) continue;
    const rate = block.chance / todo.reduce((sum, { cost }) => sum + cost.seconds, 0);
    if (best === null || rate > best.rate) best = { block, planned, rate };
  }
  return best;
}

function seedsTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
