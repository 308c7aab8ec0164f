import { join } from 'node:path';
import { evidenceOf } from '../harness/aggregate/evidence.ts';
import type { Target } from '../harness/manifest/types.ts';
import { commandOf } from '../harness/plan/command.ts';
import type { Prepared } from '../harness/plan/prepare.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { openStore } from '../harness/record/store.ts';
import { kindOf } from '../paper-tables/kinds.ts';
import { type Published, publish } from '../paper-tables/publish.ts';
import { paint } from '../paper-tables/terminal.ts';
import { wrapped } from '../paper-tables/text.ts';
import { shortPath } from './format.ts';
import type { Options } from './options.ts';
import { terminalOf } from './terminal.ts';

/** A target as it is shown, and where its files lie. */
export interface Page extends Published {
  folder: string;
}

/** Lays out the targets with all that is recorded of them, including rows that were not asked for this time. */
export async function publishPages({ targets, shown }: Prepared, options: Options): Promise<Page[]> {
  const store = openStore(options.store);
  const pages: Page[] = [];
  for (const target of targets) {
    const jobs = shown.jobs.filter(job => job.targets.includes(target.name)).map(evidenceJob);
    const view = await evidenceOf(target, jobs, store, { command: commandFor(target, options) });
    const folder = store.renderedFolder(target.experiment.id, target.profile, options.backend);
    pages.push({ folder, ...(await publish(view, folder)) });
  }
  return pages;
}

/** Shows targets; below several of them, once more what each came to. */
export function printPages(pages: readonly Page[], { verbose }: Options): void {
  const terminal = terminalOf();
  for (const { view, folder, files } of pages) {
    const page = { path: shortPath(join(folder, `${view.name}.md`)), others: othersOf(view.name, files) };
    console.log(`\n${kindOf(view).text(view, { ...terminal, verbose, page })}`);
  }
  if (pages.length < 2) return;
  const summaries = pages.map(({ view }) => kindOf(view).summary(view, terminal));
  const lines = summaries.flatMap(text => wrapped(text, { limit: terminal.width, indent: '  ' }));
  console.log(`\n${[paint('Summary', 'bold', terminal), ...lines].join('\n')}`);
}

/** What reproduces one target: nothing that concerns the others, and for what is computed only whose it is. */
function commandFor(target: Target, { rows: _, all: __, ...same }: Options): string {
  const { experiment } = same;
  const computed = target.kind === 'architecture';
  return commandOf([target.name], computed ? { ...(experiment !== undefined && { experiment }) } : same);
}

function evidenceJob({ key, network, identity }: PlannedJob) {
  return { key, network, kind: identity.kind, seed: identity.kind === 'train' ? identity.seed : null };
}

/** Endings of the files of a target besides its page: `tex`, `csv`. */
function othersOf(name: string, files: Page['files']): string[] {
  return Object.keys(files)
    .map(file => file.slice(name.length + 1))
    .filter(ending => ending !== 'md');
}
