import type {
  Bisection,
  BisectResult,
  Finding,
  RunFacts,
  SideName,
  Standing,
} from '../harness/compare/finding.ts';
import { paint, type Terminal } from '../paper-tables/terminal.ts';
import { wrapped } from '../paper-tables/text.ts';
import { count, facts, shortKey, table } from './format.ts';

/** What came of two runs, for people; the result last. */
export function bisectText(result: BisectResult, terminal: Terminal): string {
  const prose = (text: string) =>
    wrapped(text, { limit: Math.min(terminal.width, 110), indent: '  ' }).join('\n');
  const { runs, settings, bisection } = result;
  const blocks = [
    facts([['A', runText(runs.A)] as const, ['B', runText(runs.B)] as const], terminal.width),
    ...(settings.length > 0 ? [settingsText(settings, terminal)] : []),
    ...(bisection?.finding ? tensorTable(bisection.finding, terminal) : []),
    ...sentences(result).map(prose),
  ];
  const last = blocks.length - 1;
  return blocks.map((block, i) => (i === last ? paint(block, 'bold', terminal) : block)).join('\n\n');
}

function runText({ key, network, seed, engine, machine, commit }: RunFacts): string {
  return `${shortKey(key)}: ${network}, seed ${seed}; ${engine}; ${machine}; commit ${commit?.slice(0, 10) ?? 'unknown'}`;
}

function settingsText(settings: BisectResult['settings'], { width }: Terminal): string {
  const rows = settings.map(({ path, A, B }) => [path, `${A} in A, ${B} in B`] as const);
  return `They were asked for different things:\n${facts(rows, width)}`;
}

function sentences(result: BisectResult): string[] {
  const { same, standings, bisection } = result;
  if (same) return ['The runs end in the same bytes: there is no difference to be found.'];
  if (standings) return recordedSentences(result, standings);
  return bisectionSentences(bisection!);
}

function recordedSentences({ traced, runs }: BisectResult, standings: Record<SideName, Standing>): string[] {
  const where = traced
    ? [
        `By their traces the runs differ after step ${traced.step} for the first time, in ${tensorsText(traced.tensors, traced.of)}.`,
      ]
    : [
        runs.A.traced && runs.B.traced
          ? 'All that both traces have is the same: the runs part behind them.'
          : 'Not both runs have a trace (npm run reproduce -- --trace leaves one), so that a difference lies in a window of steps.',
      ];
  const each = (['A', 'B'] as const).map(side => standingText(side, standings[side]));
  return [...where, ...each, conclusion(standings)];
}

function standingText(side: SideName, { agreesTo, departsBy, by, tensors, of }: Standing): string {
  if (departsBy === null)
    return `${side} is what is computed again here, up to step ${agreesTo}, the last one that was compared.`;
  if (by === 'trace')
    return `${side} is what is computed again here up to step ${departsBy - 1}; step ${departsBy} differs in ${tensorsText(tensors, of)}.`;
  const window = `between steps ${agreesTo + 1} and ${departsBy}`;
  return `${side} leaves what is computed again here ${window} (told by its ${by}).`;
}

function conclusion({ A, B }: Record<SideName, Standing>): string {
  if (A.departsBy === null && B.departsBy === null)
    return 'Up to there both are what this code computes: they part later.';
  if (A.departsBy !== null && B.departsBy !== null)
    return 'Neither is what this code computes on this machine: other code, another engine or other hardware computed them.';
  const [odd, standing] = A.departsBy === null ? ['B', B] : ['A', A];
  const only =
    standing.by === 'trace' && standing.tensors.length === 1
      ? ' A single tensor changed, and no other with it: no step does that. Suspect memory or processor.'
      : '';
  return `${odd} is the odd one: step ${standing.departsBy}${standing.by === 'trace' ? '' : ' or before'}.${only}`;
}

/** `conv1.weight alone`, `conv1.bn.mean and 163 more of 164 tensors`. */
function tensorsText([first, ...others]: readonly string[], of: number): string {
  if (first === undefined) return 'no tensor of the state';
  return others.length === 0
    ? `${first} alone, of ${of} tensors`
    : `${first} and ${others.length} more of ${of} tensors`;
}

function bisectionSentences({ finding, steps, judged }: Bisection): string[] {
  const taken = count(steps, 'step');
  if (!finding)
    return [
      judged === 'bits'
        ? `Computed again, both go through ${taken} in the same bytes: what set them apart is not in the settings, the code or the engine that are here now.`
        : `In ${taken} nothing is further apart than rounding explains.`,
    ];
  const { step, cause, value, tensors, of, inputs, disturbed } = finding;
  const names = tensors.map(({ name }) => name);
  const at = step === 0 ? 'They begin differently' : `Step ${step} is the first that differs`;
  switch (cause) {
    case 'start':
      return [`${at}: their initial states do, in ${tensorsText(names, of)}.`];
    case 'input':
      return [`${at}: it was given another ${inputs.join(', another ')}.`];
    case 'operator':
      return [
        `${at}. From one state, its first value that does is ${value!.output} of ${value!.node}: operator ${value!.operator}.`,
      ];
    case 'update':
      return [
        `${at}. From one state all values of its graph are alike; the optimiser's update is not: ${tensorsText(names, of)}.`,
      ];
    case 'step':
      return [
        names.length > 0
          ? `${at}: from one state it gives another one, first in ${tensorsText(names, of)}. One of the backends cannot run single operators, so that its values cannot be looked into.`
          : `At step ${step} the losses are further apart than rounding explains, and yet that step alone, from one state, is as it should be: the distance has grown over several steps.`,
      ];
    case 'fault':
      return [
        `${at}, in ${tensorsText(names, of)}.`,
        `Computed again from the same state, it gives both sides the same: ${disturbed === null ? 'both were' : `${disturbed} was`} disturbed. Suspect memory or processor, not the code.`,
      ];
  }
}

/** The first tensors of the state that differ. */
function tensorTable({ tensors, value, of }: Finding, { width }: Terminal): string[] {
  const rows = [
    ...(value ? [{ name: `${value.output} of ${value.node} (${value.operator})`, ...value }] : []),
    ...tensors.slice(0, 8),
  ];
  if (rows.length === 0) return [];
  const more = tensors.length > 8 ? `\n${tensors.length - 8} more of ${of} tensors` : '';
  const fields = [
    { label: 'what differs', text: ({ name }: (typeof rows)[number]) => name },
    {
      label: 'numbers',
      right: true as const,
      text: (each: (typeof rows)[number]) => `${each.numbers} of ${each.of}`,
    },
    { label: 'bits', right: true as const, text: ({ bits }: (typeof rows)[number]) => String(bits) },
    {
      label: 'distance',
      right: true as const,
      text: ({ distance }: (typeof rows)[number]) => distance?.toExponential(1) ?? 'nan',
    },
  ];
  return [`${table(rows, fields, width)}${more}`];
}
