import { defaultBackend } from '../backends/registry.ts';
import { judgeClaims } from '../harness/aggregate/claims/judge.ts';
import { overImages } from '../harness/aggregate/claims/over-images.ts';
import type { ClaimView } from '../harness/aggregate/claims/types.ts';
import { type EvidenceJob, evidenceOf, runsIn } from '../harness/aggregate/evidence.ts';
import { evidenceFor, evidenceIn, evidenceJob } from '../harness/aggregate/evidence-store.ts';
import type { View } from '../harness/aggregate/types.ts';
import { UserError } from '../harness/errors.ts';
import { loadExperiment } from '../harness/manifest/load.ts';
import type { Experiment, Target } from '../harness/manifest/types.ts';
import { commandOf } from '../harness/plan/command.ts';
import { prepare } from '../harness/plan/prepare.ts';
import { openStore, type Store, type Unusable } from '../harness/record/store.ts';
import type { JobRecord } from '../harness/record/types.ts';
import { type History, historiesOf } from './histories.ts';

/** Everything that the pages of a site show, before anything is laid out. */
export interface Site {
  experiment: Experiment;
  /** How commands name it: not at all where it is the default one. */
  from: { experiment?: string };
  /** One for each profile and backend that has finished runs, the faithful profile first. */
  groups: Group[];
  /** What follows from specifications alone: the same under every profile. */
  computed: Shown[];
  records: JobRecord[];
  /** Where each run is shown: `mini/table6.html`, `Table 6, ResNet-20`. */
  uses: ReadonlyMap<string, Use[]>;
  unusable: Unusable[];
  histories: History[];
}

/** The tables and figures of a profile, as one backend has run them. */
export interface Group {
  profile: string;
  backend: string;
  faithful: boolean;
  /** Folder of its pages. */
  folder: string;
  targets: Shown[];
  /** All claims of the paper, and the protocols' departures under this profile. */
  claims: ClaimView[];
}

/** A table or figure, and the jobs that it rests on. */
export interface Shown {
  target: Target;
  view: View;
  jobs: EvidenceJob[];
  beside: EvidenceJob[];
}

/** A place where a run is shown. */
export interface Use {
  page: string;
  text: string;
}

/** What a site is made of. */
export interface SiteOptions {
  /** Store folder. */
  store: string;
  /** Id or folder; the default one when absent. */
  experiment?: string;
  data?: string;
}

/** Reads a store: what it has of an experiment, by profile and backend. Starts nothing. */
export async function siteOf(options: SiteOptions): Promise<Site> {
  const store = openStore(options.store);
  const experiment = await loadExperiment(options.experiment);
  const { records, unusable } = store.list();
  const own = records.filter(({ asked }) => asked?.experiment === experiment.id);
  if (own.length === 0)
    throw new UserError(
      `${options.store} has no finished runs of ${experiment.id}, so there is nothing to show.`,
      {
        fix: '--store results, or npm run reproduce -- --all',
      },
    );
  const pairs = [
    ...new Set(own.map(({ asked, identity }) => JSON.stringify([asked!.profile, identity.backend]))),
  ];
  const groups: Group[] = [];
  const computed = new Map<string, Shown>();
  for (const pair of pairs) {
    const [profile, backend] = JSON.parse(pair) as [string, string];
    const { targets, ...group } = await groupOf(profile, backend, experiment, store, options);
    for (const shown of targets.filter(({ target }) => target.kind === 'architecture'))
      computed.set(shown.target.name, shown);
    groups.push({ ...group, targets: targets.filter(({ view }) => view.runs.length > 0) });
  }
  groups.sort((a, b) => Number(b.faithful) - Number(a.faithful) || (a.folder < b.folder ? -1 : 1));
  const from = options.experiment === undefined ? {} : { experiment: options.experiment };
  return {
    experiment,
    from,
    groups,
    computed: [...computed.values()],
    records: sorted(own),
    uses: usesOf(groups),
    unusable,
    histories: historiesOf(store.folder, experiment.id),
  };
}

/** As much of a key as names files: a site with two such keys is not built. */
export function shortName(key: string): string {
  return key.slice(0, 16);
}

async function groupOf(
  profile: string,
  backend: string,
  { faithful }: Experiment,
  store: Store,
  { experiment, data }: SiteOptions,
): Promise<Group> {
  const from = experiment === undefined ? {} : { experiment };
  const common = {
    profile,
    backend,
    store: store.folder,
    force: false,
    ...from,
    ...(data !== undefined && { data }),
  };
  const prepared = await prepare([], { ...common, all: true });
  const { targets, shown, beside } = prepared;
  const finished = shown.jobs.filter(({ state }) => state.is === 'finished');
  const evidence = evidenceIn(store);
  const views = targets.map((target): Shown => {
    const [own, others] = [evidenceFor(target.name, finished), evidenceFor(target.name, beside)];
    const isComputed = target.kind === 'architecture';
    const seeds = [...new Set(own.flatMap(({ seed }) => seed ?? []))].sort((a, b) => a - b);
    const shownSeeds = seeds.length > 0 ? { seeds } : {};
    const command = commandOf(
      [target.name],
      isComputed ? from : { ...from, profile, backend, ...shownSeeds },
    );
    const view = evidenceOf(target, own, evidence, { command, beside: others });
    return { target, view, jobs: own, beside: others };
  });
  const argument = targets.flatMap(target => (target.kind === 'architecture' ? [] : target.argument))[0];
  const runs = runsIn([...finished, ...beside].map(evidenceJob), evidence);
  return {
    ...{ profile, backend, faithful: profile === faithful },
    folder: backend === defaultBackend ? profile : `${profile}-${backend}`,
    targets: views,
    claims: argument ? overImages(judgeClaims(argument, runs), argument, runs) : [],
  };
}

/** By network, seed and profile, in the order in which people count. */
function sorted(records: readonly JobRecord[]): JobRecord[] {
  const place = ({ network, identity, asked }: JobRecord) =>
    [network, asked!.profile, identity.backend, identity.kind === 'train' ? identity.seed : 0].join(' ');
  const { compare } = new Intl.Collator('en', { numeric: true });
  return records.toSorted((a, b) => compare(place(a), place(b)));
}

function usesOf(groups: readonly Group[]): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const { folder, profile, targets } of groups) {
    for (const { view } of targets) {
      for (const { key, network } of view.runs) {
        const use = { page: `${folder}/${view.name}.html`, text: `${view.heading}, ${network} (${profile})` };
        uses.set(key, [...(uses.get(key) ?? []), use]);
      }
    }
  }
  return uses;
}

/** Of every table and figure that runs are of the page that rests on most of them, with its folder. */
export function fullestOf({ groups }: Site): { folder: string; shown: Shown }[] {
  const fullest = new Map<string, { folder: string; shown: Shown }>();
  for (const { folder, targets } of groups) {
    for (const shown of targets) {
      const { name, runs } = shown.view;
      if (runs.length > (fullest.get(name)?.shown.view.runs.length ?? 0))
        fullest.set(name, { folder, shown });
    }
  }
  return [...fullest.values()];
}
