import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBackend } from '../backends/registry.ts';
import { flag, npmRun } from '../harness/command.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import { prepare } from '../harness/plan/prepare.ts';
import { writeAtomic, writeError } from '../harness/record/files.ts';
import { writeBaseline } from '../harness/regress/baseline.ts';
import { commitNamed } from '../harness/regress/commit.ts';
import { runNight } from '../harness/regress/night.ts';
import { inFolderOf, newBaseline, type RegressOptions, regress } from '../harness/regress/regress.ts';
import type { MachineClass } from '../harness/regress/types.ts';
import { jsonText } from '../harness/text.ts';
import { printable } from '../paper-tables/printable.ts';
import { baselineText } from '../paper-tables/regression/baseline.ts';
import { storyJunit } from '../paper-tables/regression/junit.ts';
import { storyMarkdown } from '../paper-tables/regression/markdown.ts';
import { nightStory } from '../paper-tables/regression/night.ts';
import { regressionStory } from '../paper-tables/regression/since-baseline.ts';
import type { Story } from '../paper-tables/regression/story.ts';
import { storyText } from '../paper-tables/regression/text.ts';
import { shortPath } from './format.ts';
import { type Options, optionTable } from './options.ts';
import { placesOf } from './places.ts';
import { remarkFor, terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run regress [targets...]`: whether a result has moved since the baseline, and where. */
export const regressVerb: Verb = {
  arguments: '[targets...]',
  description:
    'Trains seed 1 of every network under the profile smoke and compares it with the baseline of this class of machine. Equal bytes need no test. Where bytes differ, it names the first step and tensor that do, runs the code of the baseline’s commit again here, so that a changed machine is told from changed code, and tests further seeds: a result has moved when five seeds differ from ten of the baseline, at a false discovery rate of 20% over all that changed, and five more confirm it at 0.5%. With --night it trains one new seed of every network and sets it against all nights before.',
  options: [
    ...(['targets', 'experiment', 'profile', 'rows', 'since', 'update', 'night', 'baselines'] as const),
    ...(['backend', 'device', 'variant', 'jobs', 'store', 'data', 'junit', 'summary', 'json'] as const),
  ],
  exits: {
    pass: 'nothing moved',
    differs: 'a result moved, and further seeds confirm it',
    inconclusive:
      'bytes changed and no result is shown to have moved, the machine changed, or there is no baseline for it',
    failed: 'a run failed, or data or backend are missing',
    interrupted: 'interrupted',
  },
  environment: [
    ...([
      'RESIDUALS_CIFAR10',
      'RESIDUALS_IMAGENET',
      'RESIDUALS_VOC',
      'RESIDUALS_COCO',
      'RESIDUALS_IMAGENET_DET',
      'RESIDUALS_PYTHON',
      'RESIDUALS_CACHE',
    ] as const),
    ...(['GITHUB_STEP_SUMMARY', 'NO_COLOR', 'COLUMNS'] as const),
  ],
  files: [
    'results/baselines/<experiment>/<profile>/<backend>/',
    '<store>/nights/<experiment>/<profile>/<backend>/',
    '<store>/regress/',
  ],
  examples: [
    ['npm run regress', 'all networks for a few steps each, about a minute'],
    ['npm run regress table6 -- --since HEAD~5', 'against the code of an earlier commit, which is run now'],
    ['npm run regress -- --night --junit night.xml', 'what a nightly workflow runs'],
    ['npm run regress -- --update', 'makes the results of this commit the baseline, seeds 1 to 10'],
  ],
  async run(words, options) {
    const names = [...words, ...(options.targets ?? [])];
    expectOneMode(options);
    const common = await whatToRun(names, options);
    const { store } = options;
    if (options.update) {
      const { file, before, baseline } = await inFolderOf(
        store,
        (folder, signal) => newBaseline({ ...common, folder, signal }),
        () => false,
      );
      writeBaseline(file, baseline);
      if (options.json) console.log(jsonText({ file, commit: baseline.commit }));
      else console.log(baselineText(before, baseline, shortPath(file), terminalOf()));
      return exitCodes.pass;
    }
    if (options.night) {
      const nights = join(store, 'nights');
      const found = await inFolderOf(
        store,
        (folder, signal) => runNight({ ...common, folder, signal, nights }),
        ({ state }) => state.alarms.length > 0,
      );
      return tell(nightStory(printable(found), commandOf(names, options)), found, options);
    }
    const since = options.since === undefined ? {} : { since: await commitNamed(options.since) };
    const found = await inFolderOf(
      store,
      (folder, signal) => regress({ ...common, ...since, folder, signal }),
      ({ changes }) => changes.length > 0,
    );
    const update = commandOf(names, { ...withoutSince(options), update: true });
    const regression = { ...found, commands: { again: commandOf(names, options), update } };
    return tell(regressionStory(printable(regression)), regression, options);
  },
};

/** Prints a story in every form that is asked for; the exit code. */
function tell(story: Story, found: object, { json, junit, summary }: Options): number {
  if (json) console.log(jsonText({ ...found, story }));
  else console.log(`\n${storyText(story, terminalOf())}`);
  if (junit !== undefined) writeAtomic(junit, [storyJunit(story)]);
  const steps = process.env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined) writeAtomic(summary, [storyMarkdown(story)]);
  else if (steps) {
    try {
      appendFileSync(steps, `${storyMarkdown(story)}\n`); // steps of a job share the file
    } catch (error) {
      throw writeError(error, steps);
    }
  }
  return { same: exitCodes.pass, moved: exitCodes.differs, open: exitCodes.inconclusive }[story.outcome];
}

function expectOneMode({ since, update, night }: Options): void {
  const given = [
    ...(since === undefined ? [] : ['--since']),
    ...(update ? ['--update'] : []),
    ...(night ? ['--night'] : []),
  ];
  if (given.length > 1)
    throw new UserError(`${given.join(' and ')} are given; expected at most one of them.`, {
      fix: npmRun('regress', [], [given[0]!]),
    });
}

async function whatToRun(
  names: readonly string[],
  options: Options,
): Promise<Omit<RegressOptions, 'since' | 'folder' | 'signal'>> {
  const { experiment, profile = 'smoke', rows, backend, device, variant, jobs, data } = options;
  const { targets, plan } = await prepare(names, {
    ...options,
    profile,
    all: names.length === 0,
    seeds: [1],
  });
  const [first] = targets;
  const shown = new Map<string, string[]>();
  for (const job of plan.jobs) shown.set(job.network, [...(shown.get(job.network) ?? []), ...job.targets]);
  return {
    request: {
      ...{ names, profile, backend },
      ...(experiment !== undefined && { experiment }),
      ...(rows && { rows }),
      ...(device !== undefined && { device }),
      ...(variant !== undefined && { variant }),
      ...(jobs !== undefined && { jobs }),
      ...(data !== undefined && { data }),
    },
    experiment: first!.experiment.id,
    profile: first!.profile,
    machine: await machineHere(options),
    targets: new Map([...shown].map(([network, list]) => [network, [...new Set(list)]])),
    baselines: options.baselines,
    onProgress: remarkFor(options),
  };
}

async function machineHere({ backend: word, device, variant }: Options): Promise<MachineClass> {
  const found = (await findBackend(word))!;
  const probe = await found.backend.probe(device);
  if (!probe.available)
    throw new UserError(`The backend ${found.name} cannot run here: ${probe.missing}.`, {
      fix: probe.fix,
      exitCode: exitCodes.failed,
    });
  return {
    ...{ backend: found.name, numerics: found.backend.numerics },
    ...{ device: device ?? probe.device, variant: variant ?? probe.variant, hardware: probe.hardware },
  };
}

function withoutSince({ since: _, ...options }: Options): Options {
  return options;
}

/** The command that does the same again. */
function commandOf(names: readonly string[], options: Options): string {
  const { experiment, profile, rows, since, night, update, backend, device, variant, baselines } = options;
  return npmRun('regress', names, [
    ...(night ? ['--night'] : []),
    ...(update ? ['--update'] : []),
    ...flag('since', since),
    ...flag('experiment', experiment),
    ...flag('profile', profile),
    ...flag('rows', rows?.join(',')),
    ...flag('backend', backend === optionTable.backend.preset ? undefined : backend),
    ...flag('device', device),
    ...flag('variant', variant),
    ...flag('baselines', baselines === optionTable.baselines.preset ? undefined : baselines),
    ...placesOf(options),
  ]);
}
