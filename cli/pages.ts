import { join } from 'node:path';
import { evidenceByBackend, evidenceOf } from '../harness/aggregate/evidence.ts';
import { evidenceFor, evidenceIn } from '../harness/aggregate/evidence-store.ts';
import { networksOf, type Target } from '../harness/manifest/types.ts';
import { commandOf, seedsText } from '../harness/plan/command.ts';
import type { Prepared } from '../harness/plan/prepare.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { openStore } from '../harness/record/store.ts';
import { kindOf } from '../paper-tables/kinds.ts';
import { type Published, publish, restsOnMore } from '../paper-tables/publish.ts';
import { paint } from '../paper-tables/terminal.ts';
import { wrapped } from '../paper-tables/text.ts';
import { shortPath } from './format.ts';
import type { Options } from './options.ts';
import { storeOf } from './places.ts';
import { terminalOf } from './terminal.ts';

/** A target as it is shown, and where its files lie. */
export interface Page extends Pick<Published, 'view' | 'files'> {
  folder: string;
  /** Whether it was to show several backends and only one has finished runs. */
  alone: boolean;
  /** Whether the page that was there rests on more runs and has been left as it is: it has no files of this view then. */
  kept: boolean;
  /** Seeds that are recorded and were not asked for, and what `--seeds` shows all. */
  unshown: { seeds: number; all: string } | null;
}

/** Lays out the targets with all that is recorded of them, including rows that were not asked for this time. */
export async function publishPages(prepared: Prepared, options: Options): Promise<Page[]> {
  const store = openStore(options.store);
  const pages: Page[] = [];
  for (const target of prepared.targets) {
    const of = ({ targets }: PlannedJob) => targets.includes(target.name);
    const [jobs, unshown] = [prepared.shown.jobs.filter(of), prepared.unshown.filter(of)];
    const { name } = target;
    const command = pageCommand(target, jobs, options);
    const own = evidenceFor(name, jobs);
    const besides = prepared.others.map(({ backend, jobs }) => {
      return { backend, jobs: evidenceFor(name, jobs) };
    });
    const { id } = prepared.backend;
    const sides = [{ backend: id, jobs: own }, ...besides.filter(({ jobs }) => jobs.length > 0)];
    const byBackend = options.by !== undefined && target.kind === 'table';
    const view = byBackend
      ? evidenceByBackend(target, sides, evidenceIn(store), { command })
      : evidenceOf(target, own, evidenceIn(store), {
          command,
          beside: evidenceFor(name, prepared.beside),
        });
    const place = byBackend ? 'by-backend' : id;
    const folder = store.renderedFolder(target.experiment.id, target.profile, place);
    const kept = !options.overwritePages && restsOnMore(view, folder, new Set(unshown.map(({ key }) => key)));
    const { files } = kept ? { files: {} } : await publish(view, folder);
    const alone = byBackend && sides.length === 1;
    pages.push({ view, folder, files, kept, alone, unshown: unshownSeeds(jobs, unshown) });
  }
  return pages;
}

/** Shows targets; below several of them, once more what each came to. */
export function printPages(pages: readonly Page[], { verbose }: Options): void {
  const terminal = terminalOf();
  for (const page of pages) {
    const options = { ...terminal, verbose, page: filesOf(page), remarks: remarksOf(page) };
    console.log(`\n${kindOf(page.view).text(page.view, options)}`);
  }
  if (pages.length < 2) return;
  const summaries = pages.map(({ view }) => kindOf(view).summary(view, terminal));
  const lines = summaries.flatMap(text => wrapped(text, { limit: terminal.width, indent: '  ' }));
  console.log(`\n${[paint('Summary', 'bold', terminal), ...lines].join('\n')}`);
}

/** The page that was written, and the endings of what lies beside it; null when another one was kept. */
function filesOf({ view: { name }, folder, files, kept }: Page): { path: string; others: string[] } | null {
  if (kept) return null;
  const endings = Object.keys(files).map(file => file.slice(name.length + 1));
  return { path: shortPath(join(folder, `${name}.md`)), others: endings.filter(ending => ending !== 'md') };
}

function remarksOf({ folder, kept, alone, unshown }: Page): string[] {
  const keeps = `The page in ${shortPath(folder)} rests on more runs and stays as it is; --overwrite-pages replaces it with this one.`;
  const only = 'No other backend has finished runs of it in this store: --backend <name> makes some.';
  return [...(unshown ? [moreSeedsText(unshown)] : []), ...(alone ? [only] : []), ...(kept ? [keeps] : [])];
}

function moreSeedsText({ seeds, all }: NonNullable<Page['unshown']>): string {
  return `${seeds} more ${seeds === 1 ? 'seed is' : 'seeds are'} recorded (--seeds ${all} shows them).`;
}

/** What gets one page again: nothing that concerns other targets, and of what is computed only whose it is. */
function pageCommand(target: Target, jobs: readonly PlannedJob[], options: Options): string {
  const { rows: _, all: __, seeds: ___, profile: ____, by, ...same } = options;
  const { experiment, weights } = same;
  if (target.kind === 'architecture')
    return commandOf([target.name], { ...(experiment !== undefined && { experiment }) }, storeOf(options));
  // Released weights have the profile that they were trained under, and no seeds.
  const seeds = weights === undefined ? seedsBesideDefault(target, jobs) : null;
  const beside = by !== undefined && target.kind === 'table' ? { by } : {};
  const own = {
    ...beside,
    ...(weights === undefined && { profile: target.profile }),
    ...(seeds && { seeds }),
  };
  return commandOf([target.name], { ...same, ...own }, storeOf(options));
}

/** The seeds of a page, unless all are those of the profile. */
function seedsBesideDefault(target: Target, jobs: readonly PlannedJob[]): number[] | null {
  const shown = networksOf(target)
    .filter(({ skipped }) => !skipped)
    .map(({ name, seeds }) => ({
      seeds,
      jobs: jobs.filter(({ names }) => names[target.name] === name),
    }));
  const usual = shown.every(({ seeds, jobs }) => {
    const own = seedsIn(jobs);
    return own.length === seeds && own.at(-1) === seeds;
  });
  // Not those of jobs that networks need: an ensemble takes in detectors of other seeds than its own.
  return usual ? null : seedsIn(shown.flatMap(({ jobs }) => jobs));
}

function unshownSeeds(jobs: readonly PlannedJob[], unshown: readonly PlannedJob[]): Page['unshown'] {
  if (unshown.length === 0) return null;
  return { seeds: seedsIn(unshown).length, all: seedsText(seedsIn([...jobs, ...unshown])) };
}

function seedsIn(jobs: readonly PlannedJob[]): number[] {
  const seeds = jobs.flatMap(({ identity }) => (identity.kind === 'train' ? identity.seed : []));
  return [...new Set(seeds)].sort((a, b) => a - b);
}
