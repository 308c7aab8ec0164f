import type { CellChange, Change, LastGood, Regression } from '../../harness/regress/types.ts';
import { quoted } from '../../harness/text.ts';
import { shellWord } from '../../ml/shell.ts';
import { count, number, pText, short, signed } from '../numbers.ts';
import type { Story, StoryCase, StoryRow } from './story.ts';

/** What a comparison with a baseline has found, in words. */
export function regressionStory(found: Regression): Story {
  const { experiment, profile, changes, cells, verdict, lastGood, engine, commit, dirty } = found;
  const moved = cells.filter(cell => cell.verdict === 'moved');
  const code = `${commit === null ? 'code outside git' : short(commit)}${dirty ? ' with uncommitted changes' : ''}`;
  const engines =
    engine.before !== null && engine.before !== engine.now
      ? `${engine.now} (the baseline: ${engine.before})`
      : engine.now;
  return {
    title: `Regression: ${titles[verdict](moved, found)}`,
    headline: headlines[verdict](found),
    outcome: verdict === 'same' ? 'same' : verdict === 'moved' ? 'moved' : 'open',
    experiment,
    profile,
    rows: cells.filter(cell => cell.verdict !== 'not moved').map(rowOf),
    details: [
      ...changes.map(changeText),
      ...(found.unknown.length > 0 ? [`The baseline has nothing of ${found.unknown.join(', ')}.`] : []),
      ...(cells.length > 0 ? [testedText(cells)] : []),
      ...(lastGood ? [lastGoodText(lastGood)] : []),
      ...(verdict === 'moved' || verdict === 'changed' ? commitsText(found) : []),
    ],
    commands: commandsOf(found),
    machine: [code, engines, ...machineWords(found.machine)].join(', '),
    cases: [...cells.map(cell => caseOf(cell, found)), ...sameCases(found)],
  };
}

/** `cpu, blocked, avx512`. */
export function machineWords({ device, variant, hardware }: Regression['machine']): string[] {
  return [...new Set([device, variant, hardware])];
}

/** Networks that a baseline has results of. */
function compared({ networks, unknown }: Regression): number {
  return networks - unknown.length;
}

const titles: Record<Regression['verdict'], (moved: readonly CellChange[], found: Regression) => string> = {
  same: () => 'nothing moved',
  moved: moved => `${count(moved.length, 'result')} moved`,
  changed: () => 'other bytes, no result shown to have moved',
  machine: () => 'the machine changed, not the code',
  'no baseline': (_, { since }) =>
    since === null ? 'no baseline for this class of machine' : 'the baseline has none of these networks',
};

const headlines: Record<Regression['verdict'], (found: Regression) => string> = {
  same: found => `${count(compared(found), 'network')} ended in the same bytes as at ${short(found.since!)}.`,
  moved: found =>
    `${changed(found)} ended in other bytes than at ${short(found.since!)}, and further seeds confirm that results moved.`,
  changed: found => `${changed(found)} ended in other bytes than at ${short(found.since!)}.`,
  machine: found =>
    `${changed(found)} ended in other bytes than the baseline, and so does the code of ${short(found.since!)} when it is run here again.`,
  'no baseline': ({ file, since, networks }) =>
    since === null
      ? `There is no ${file}: nothing to compare with.`
      : `${count(networks, 'network')} ${networks > 1 ? 'were' : 'was'} run: nothing to compare with.`,
};

function changed(found: Regression): string {
  return `${found.changes.length} of ${count(compared(found), 'network')}`;
}

/** `plain-20 (table6, figure6): other bytes from step 1 on, first in conv1.bn.mean (40 of 164 tensors); ...`. */
function changeText({ network, targets, settings, differs, firstStep, tensors, of }: Change): string {
  const first = tensors.length > 0 ? `, first in ${tensors[0]} (${tensors.length} of ${of} tensors)` : '';
  const where =
    firstStep === null ? `other ${differs.join(', ')}` : `other bytes from step ${firstStep} on${first}`;
  const changed = settings.map(({ path, before, now }) => `${path} ${shown(before)} -> ${shown(now)}`);
  const why = changed.length > 0 ? `; its settings changed: ${changed.join(', ')}` : '';
  const isTraining = differs.includes('state');
  const only = isTraining || firstStep !== null ? '' : '; the training is the same, its evaluation is not';
  return `${network} (${targets.join(', ')}): ${where}${why}${only}.`;
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : quoted(value);
}

function rowOf(cell: CellChange): StoryRow {
  const { network, measure, before, now, interval, verdict, confirmation, decimals } = cell;
  const difference = signed(now.mean - before.mean, decimals);
  const range = interval ? ` (${signed(interval[0], decimals)} to ${signed(interval[1], decimals)})` : '';
  const seen = confirmation ? `, further seeds ${pText(confirmation.p)}` : '';
  return {
    network,
    measure,
    before: groupText(before, decimals),
    now: groupText(now, decimals),
    difference: `${difference}${range}`,
    verdict: `${verdict}${seen}`,
  };
}

function groupText({ mean, sd, n }: CellChange['before'], decimals: number): string {
  const text = number(mean, decimals);
  return n > 1 ? `${text} ± ${number(sd, decimals)}` : text;
}

function testedText(cells: readonly CellChange[]): string {
  const of = (verdict: CellChange['verdict']) => cells.filter(cell => cell.verdict === verdict).length;
  const { before, now } = cells[0]!;
  return `${count(cells.length, 'result')} of the changed networks were tested, ${now.n} seeds against ${before.n}: ${of('moved')} moved, ${of('not confirmed')} not confirmed by further seeds, ${of('not moved')} not moved, ${of('too few seeds')} with too few seeds.`;
}

function lastGoodText(lastGood: LastGood): string {
  const commit = short(lastGood.commit);
  switch (lastGood.is) {
    case 'as before':
      return `The code of ${commit}, run here again on ${lastGood.network}, ends in the bytes that it had: the code has changed, not the machine.`;
    case 'changed too':
      return `The code of ${commit}, run here again on ${lastGood.network}, ends in other bytes than it had: the machine, or what is installed on it, has changed.`;
    case 'not run':
      return `The code of ${commit} could not be run again, so that a changed machine is not told from changed code. ${lastGood.why}`;
  }
}

/** Commits that a reader looks through at a glance. */
const shownCommits = 5;

function commitsText({ commits, since }: Regression): string[] {
  if (commits.length === 0) return [];
  const more = commits.length > shownCommits ? `, and ${commits.length - shownCommits} more` : '';
  const listed = commits.slice(0, shownCommits).join('; ');
  return [`${count(commits.length, 'commit')} since ${short(since!)}: ${listed}${more}.`];
}

function commandsOf({ verdict, changes, since, commands }: Regression): Story['commands'] {
  const update = { says: 'make these results the baseline', command: commands.update };
  const again = { says: 'compare again', command: commands.again };
  if (verdict === 'same') return [];
  if (verdict === 'no baseline') return [update];
  const [first] = changes;
  const search = first && {
    says: 'find the commit',
    command: `git bisect start HEAD ${short(since!)} && git bisect run npm run regress -- --since ${short(since!)} --rows ${shellWord(first.network)}`,
  };
  return [again, ...(search && verdict !== 'machine' ? [search] : []), update];
}

function caseOf(cell: CellChange, { since, changes }: Regression): StoryCase {
  const { network, measure, verdict } = cell;
  const { before, now, difference } = rowOf(cell);
  const change = changes.find(each => each.network === network)!;
  const said = `${network} ${measure}: ${before} at ${short(since!)}, now ${now}, difference ${difference}; ${verdict}.`;
  const outcome = verdict === 'moved' ? 'failed' : verdict === 'too few seeds' ? 'skipped' : 'passed';
  return { network, name: measure, outcome, text: `${said}\n${changeText(change)}` };
}

/** What has no cell: networks whose bytes are the same, those that nothing is known of, and those that were not tested. */
function sameCases(found: Regression): StoryCase[] {
  const { changes, cells, unknown, since, verdict } = found;
  const tested = new Set(cells.map(({ network }) => network));
  const untested = changes.filter(({ network }) => !tested.has(network));
  const same = compared(found) - changes.length;
  const none = verdict === 'no baseline' && since === null;
  return [
    ...(same === 0 || none
      ? []
      : [
          {
            network: 'all others',
            name: 'bytes',
            outcome: 'passed',
            text: `${count(same, 'network')} ended in the same bytes as at ${short(since!)}.`,
          } as const,
        ]),
    ...untested.map(
      change =>
        ({ network: change.network, name: 'bytes', outcome: 'skipped', text: changeText(change) }) as const,
    ),
    ...unknown.map(
      network =>
        ({ network, name: 'bytes', outcome: 'skipped', text: 'The baseline has nothing of it.' }) as const,
    ),
    ...(none
      ? [
          {
            network: 'all',
            name: 'bytes',
            outcome: 'skipped',
            text: 'There is no baseline for this class of machine.',
          } as const,
        ]
      : []),
  ];
}
