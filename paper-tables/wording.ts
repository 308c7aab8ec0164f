import type {
  Absence,
  CodeBasis,
  CodeView,
  DesignView,
  DeviationView,
  MachineView,
  TargetView,
  UnusableRecord,
} from '../harness/aggregate/types.ts';
import { count, short } from './numbers.ts';
import { markedWord } from './verdicts.ts';

/** What stands at a number that is not of a training of ours; † is the paper's own, in Table 4. */
export const evaluatedMark = '‡';

/** What the mark means, below a page that has it. */
export const evaluatedLegend = `${evaluatedMark}: from weights that others trained; no seeds, SD or verdict.`;

/** What a value or a curve under a profile that is not the paper's own protocol can and cannot say. */
export function scaledDownLegend({ profile, faithful }: TargetView, what: 'value' | 'curve'): string[] {
  if (faithful) return [];
  return [
    `${markedWord('scaled-down')}: run under profile ${profile}, not the paper’s protocol; tests claims only, and is not comparable with the published ${what}.`,
  ];
}

/** Why there is no value, or no curve. */
export function absenceText(absence: Absence): string {
  switch (absence.kind) {
    case 'skipped':
    case 'no ensemble':
      return absence.reason;
    case 'token':
      return `${absence.network} is a token run: ${absence.reason}`;
    case 'not finished':
      return 'no finished run';
    case 'members not finished':
      return `no finished run of ${absence.networks.join(', ')}`;
    case 'no common seed':
      return `no seed is finished for all of ${absence.networks.join(', ')}`;
    case 'not measured':
      return `the records have no ${absence.measure}`;
    case 'no curve':
      return `${count(absence.iterations, 'iteration')} recorded fewer than two points`;
    case 'by others':
      return 'quoted by the paper';
    case 'on a server':
      return `a server alone knows the annotations of the ${absence.images} images`;
    case 'no network':
      return 'not implemented here';
  }
}

/** A deviation, with the networks that it is about where the sentence does not name them. */
export function deviationText(deviation: DeviationView): string {
  if (deviation.kind === 'seeds') {
    const { network, seeds, paper } = deviation;
    return `${network} has ${count(seeds, 'seed')}; the paper trains it ${paper} times.`;
  }
  const { kind, text, networks } = deviation;
  const named = networks.every(name => text.includes(name)) ? '' : `${networks.join(', ')}: `;
  return `${kind === 'evaluation' ? `${evaluatedMark} ` : ''}${named}${text}`;
}

/** A machine with its engine and the number of jobs. */
export function machineText(machine: MachineView): string {
  const { cpu, cores, memoryGiB, platform, node, engine, device, variant, hardware, kind, jobs } = machine;
  const host = `${cpu}, ${count(cores, 'core')}, ${memoryGiB} GiB, ${platform}`;
  const number = count(jobs, kind === 'train' ? 'run' : 'evaluation');
  return `${host}; Node ${node}; ${engine} on ${device}, ${variant}, ${hardware} (${number})`;
}

/** The states of the code with their numbers of jobs, after a warning where they are different programs. */
export function codeTexts(code: readonly CodeView[]): string[] {
  // Commits may differ in what computes nothing; older records do not tell.
  const versions = new Set(
    code.map(({ sources, commit, diffSha256 }) => sources ?? `${commit} ${diffSha256}`),
  );
  const several = `Runs of ${versions.size} different versions of the code are shown together:`;
  return [...(versions.size > 1 ? [several] : []), ...code.map(codeText)];
}

function codeText({ commit, unknown, dirty, diffSha256, sources, jobs }: CodeView): string {
  const at =
    commit === null ? `no commit known (${unknown ?? 'no reason recorded'})` : `commit ${short(commit)}`;
  const diff = diffSha256 === null ? '' : ` (diff ${short(diffSha256)})`;
  const digest = sources === null || (commit !== null && !dirty) ? '' : `, sources ${short(sources)}`;
  return `${at}${dirty ? ` with uncommitted changes${diff}` : ''}${digest} (${count(jobs, 'run')})`;
}

/** Whether thresholds came before runs. */
export function designText(design: DesignView): string {
  switch (design.kind) {
    case 'first':
      return `Margins, bounds of claims and numbers of seeds were fixed before the first of these runs (design ${short(design.digest)} in design.json of the store).`;
    case 'changed':
      return `Margins, bounds of claims or numbers of seeds were changed after the first of these runs: ${design.network} was begun on ${design.startedAt.slice(0, 10)} under the design ${short(design.then)}, and verdicts follow ${short(design.now)} (design.json of the store).`;
    case 'unknown':
      return 'Whether margins, bounds of claims and numbers of seeds were fixed before the first of these runs is not recorded: it is older than the record of designs.';
  }
}

/** What is doubtful about the code behind several runs; null when nothing is. */
export function codeBasisText({ states, uncommitted }: CodeBasis, runs: number): string | null {
  const doubts = [
    ...(states > 1 ? [`computed by ${states} different versions of the code`] : []),
    ...(uncommitted > 0 ? [`${uncommitted} of ${count(runs, 'run')} computed by uncommitted code`] : []),
  ];
  return doubts.length === 0 ? null : doubts.join('; ');
}

/** A record that was left out. */
export function unusableText({ key, network, problem, fix }: UnusableRecord): string {
  return `${network}, record ${short(key)}: ${problem} Fix: ${fix}`;
}
