import type {
  Absence,
  ClaimView,
  CodeBasis,
  CodeView,
  DeviationView,
  MachineView,
  TargetView,
  UnusableRecord,
} from '../harness/aggregate/types.ts';
import { count, inUnits, percent, short, signed } from './numbers.ts';

/** What stands at a number that is not of a training of ours; † is the paper's own, in Table 4. */
export const evaluatedMark = '‡';

/** What the mark means, below a page that has it. */
export const evaluatedLegend = `${evaluatedMark}: from weights that others trained; no seeds, SD or verdict.`;

/** How a claim's verdict is reached. */
export const claimRule =
  'A claim is confirmed when the whole 95% interval of the difference lies above the margin, contradicted when it lies below 0, and inconclusive otherwise. The interval is Welch’s over seeds; with one seed on a side it rests on an SD assumed beforehand.';

/** What a value or a curve under a profile that is not the paper's own protocol can and cannot say. */
export function scaledDownLegend({ profile, faithful }: TargetView, what: 'value' | 'curve'): string[] {
  if (faithful) return [];
  return [
    `scaled-down: a ${what} under profile ${profile}, not the paper’s protocol; it can support or contradict a claim but does not reproduce the ${what}.`,
  ];
}

/** Why there is no value, or no curve. */
export function absenceText(absence: Absence): string {
  switch (absence.kind) {
    case 'skipped':
    case 'no ensemble':
      return absence.reason;
    case 'not finished':
      return 'no finished run';
    case 'members not finished':
      return `no finished run of ${absence.networks.join(', ')}`;
    case 'no common seed':
      return `no seed that all of ${absence.networks.join(', ')} have finished`;
    case 'not measured':
      return `its records hold no ${absence.measure}`;
    case 'no curve':
      return `its ${count(absence.iterations, 'iteration')} recorded fewer than two points`;
    case 'by others':
      return 'published by others';
    case 'no network':
      return 'nothing in this experiment measures the row';
  }
}

/** What was measured about a claim: the difference, its interval, the margin and where that comes from. */
export function measuredText(claim: ClaimView): string {
  const { difference, margin, basis, assumedSd, missing, unit } = claim;
  const source = basis === null ? '' : ` (${basis})`;
  const threshold =
    margin === null ? 'no margin was fixed for this profile' : `margin ${inUnits(margin, unit)}${source}`;
  if (missing.length > 0) return `no finished run of ${missing.join(', ')}; ${threshold}`;
  if (!difference) return `no interval from single seeds; ${threshold}`;
  const { value, low, high, level, n } = difference;
  const interval = `${percent(level)} interval ${signed(low)} to ${signed(high)}`;
  const spread = assumedSd === null ? '' : `, assuming an SD of ${assumedSd}`;
  const points = unit === '%' ? 'points' : unit;
  return `difference ${signed(value)} ${points}, ${interval}, seeds: ${n[0]} and ${n[1]}${spread}; ${threshold}`;
}

/** A deviation, with the networks that it is about where the sentence does not name them. */
export function deviationText({ text, networks, evaluated }: DeviationView): string {
  const named = networks.every(name => text.includes(name)) ? '' : `${networks.join(', ')}: `;
  return `${evaluated ? `${evaluatedMark} ` : ''}${named}${text}`;
}

/** A machine with its engine and the number of jobs. */
export function machineText(machine: MachineView): string {
  const { cpu, cores, memoryGiB, platform, node, engine, device, variant, hardware, kind, jobs } = machine;
  const host = `${cpu}, ${count(cores, 'core')}, ${memoryGiB} GiB, ${platform}`;
  const number = count(jobs, kind === 'train' ? 'run' : 'evaluation');
  return `${host}; Node ${node}; ${engine} on ${device}, ${variant}, ${hardware} (${number})`;
}

/** A state of the code and the number of jobs. */
export function codeText({ commit, unknown, dirty, diffSha256, sources, jobs }: CodeView): string {
  const at =
    commit === null ? `no commit known (${unknown ?? 'no reason recorded'})` : `commit ${short(commit)}`;
  const diff = diffSha256 === null ? '' : ` (diff ${short(diffSha256)})`;
  const digest = sources === null || (commit !== null && !dirty) ? '' : `, sources ${short(sources)}`;
  return `${at}${dirty ? ` with uncommitted changes${diff}` : ''}${digest} (${count(jobs, 'run')})`;
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
