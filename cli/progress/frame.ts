import { paint, type Terminal } from '../../paper-tables/terminal.ts';
import { displayWidth, padded, wrapped } from '../../paper-tables/text.ts';
import { duration, jobName } from '../format.ts';
import { type State, stateMarks } from '../states.ts';
import type { Estimate, RunProgress } from './estimate.ts';
import {
  endText,
  etaText,
  resultText,
  shareText,
  standing,
  stoppingText,
  unitsText,
  valueTexts,
} from './words.ts';

/** A terminal at a moment. */
export interface Screen extends Terminal {
  /** Lines. */
  height: number;
  /** Number of the picture: the spinner turns with it. */
  tick: number;
  /** Whether every run is being stopped. */
  stopping: boolean;
}

/** The runs of an execution below each other, no line wider than the screen, and the whole below them. */
export function frame(estimate: Estimate, screen: Screen): string[] {
  const below = screen.stopping
    ? wrapped(stoppingText, { limit: screen.width })
    : estimate.runs.length > 1
      ? [asManyAsFit(wholeParts(estimate), screen.width)]
      : [];
  return [...runLines(estimate, screen, screen.height - 1 - below.length), ...below];
}

/** What stays when all is over. */
export function lastFrame(estimate: Estimate, terminal: Terminal, interrupted: boolean): string[] {
  const screen = { ...terminal, height: 0, tick: 0, stopping: true };
  const end = endText(estimate, interrupted);
  return [...runLines(estimate, screen, Number.POSITIVE_INFINITY), ...(end ? endLines(end, terminal) : [])];
}

function endLines({ state, text }: { state: State; text: string }, terminal: Terminal): string[] {
  const { mark, style } = stateMarks[state];
  const lines = wrapped(`${mark} ${text}`, { limit: terminal.width, indent: '  ' });
  return lines.map(line => paint(line, style, terminal));
}

const spinner = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** Below this width names, times and bars are shorter, so that there is room for what was measured. */
const briefBelow = 76;

/** Columns of a bar, where there is room for one. */
const barWidths = { full: 12, brief: 8 };

/** Lines that are shown of what was said last of a run. */
const mostSaid = 4;

/** Runs in their order; where they do not all fit, those that run, and the others counted. */
function runLines(estimate: Estimate, screen: Screen, room: number): string[] {
  const { runs } = estimate;
  const isBrief = screen.width < briefBelow;
  const name = ({ job }: RunProgress) => (isBrief ? briefName(job) : jobName(job));
  const eta = (run: RunProgress) => (etaText(run, estimate) ?? '…').replace(isBrief ? ' left' : '', '');
  const widths = {
    name: Math.min(Math.max(...runs.map(run => displayWidth(name(run)))), Math.floor(screen.width / 2)),
    eta: Math.max(...runs.map(run => displayWidth(eta(run)))),
  };
  const blocks = runs.map(run => {
    const head = `${markOf(run, screen)} ${padded(cut(name(run), widths.name), widths.name, 'left')}`;
    const row = { width: screen.width - widths.name - 4, eta: padded(eta(run), widths.eta, 'left'), isBrief };
    const text = run.state === 'running' ? runningText(run, row) : restingText(run, row, screen);
    return [`${head}  ${text}`.trimEnd(), ...saidLines(run, screen)];
  });
  const all = blocks.flat();
  if (all.length <= room) return all;
  const shown = new Set<RunProgress>();
  let taken = 1;
  for (const run of byUrgency(runs)) {
    const lines = blocks[runs.indexOf(run)]!.length;
    if (taken + lines > room) break;
    taken += lines;
    shown.add(run);
  }
  const hidden = runs.filter(run => !shown.has(run));
  return [
    ...blocks.filter((_, i) => shown.has(runs[i]!)).flat(),
    ...wrapped(`and ${countText(hidden)}`, { limit: screen.width }).slice(0, 1),
  ];
}

/** `ResNet-20 s1`. */
function briefName(job: RunProgress['job']): string {
  return jobName(job).replace(', seed ', ' s').replace(' weights', '');
}

function markOf({ state }: RunProgress, screen: Screen): string {
  const { mark, style } = stateMarks[state];
  const turning = state === 'running' ? spinner[screen.tick % spinner.length]! : mark;
  return paint(turning, style, screen);
}

/** What stands beside the name of a run, and how much room there is for it. */
interface Row {
  width: number;
  eta: string;
  isBrief: boolean;
}

function restingText(run: RunProgress, { width }: Row, screen: Screen): string {
  const text = run.record ? resultText(run.record) : standing(run);
  const fitting = asManyAsFit(text.split(', '), width, ', ');
  return run.state === 'not started' ? paint(fitting, 'dim', screen) : fitting;
}

function runningText(run: RunProgress, { width, eta, isBrief }: Row): string {
  const parts = [eta, shareText(run).padStart(4), ...valueTexts(run), unitsText(run)];
  const bar = barText(run.done / run.total, isBrief ? barWidths.brief : barWidths.full);
  const least = displayWidth([bar, ...parts.slice(0, 2)].join('  '));
  return asManyAsFit(least <= width ? [bar, ...parts] : parts, width);
}

/** What was said of a run that does not run as it should. */
function saidLines({ said, state }: RunProgress, screen: Screen): string[] {
  if (state === 'running' || state === 'finished') return [];
  const limit = screen.width - 4;
  const lines = said.flatMap(text => wrapped(text, { limit })).slice(0, mostSaid);
  return lines.map(line => `    ${cut(line, limit)}`);
}

function wholeParts(estimate: Estimate): string[] {
  const { finished, all } = estimate.counts;
  const share = `${Math.floor(100 * estimate.share)}%`.padStart(4);
  return [
    `about ${duration(estimate.seconds)} left`,
    barText(estimate.share, barWidths.full),
    share,
    `${finished} of ${all} finished`,
  ];
}

/** `███▌░░░░`, to an eighth of a column. */
function barText(share: number, width: number): string {
  const eighths = Math.max(0, Math.min(8 * width, Math.floor(share * 8 * width)));
  const full = '█'.repeat(Math.floor(eighths / 8)) + ['', ...'▏▎▍▌▋▊▉'][eighths % 8]!;
  return full + '░'.repeat(width - full.length);
}

/** The first ones of several texts beside each other, as many as there is room for; of the first what fits. */
function asManyAsFit([first = '', ...others]: readonly string[], width: number, gap = '  '): string {
  let line = cut(first, width);
  for (const text of others) {
    const longer = `${line}${gap}${text}`;
    if (displayWidth(longer) > width) break;
    line = longer;
  }
  return line;
}

/** A text that is too wide, without its last words. */
function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const [whole] = wrapped(text, { limit: width - 1 });
  return displayWidth(whole!) < width ? `${whole}…` : `${[...text].slice(0, width - 1).join('')}…`;
}

function byUrgency(runs: readonly RunProgress[]): RunProgress[] {
  const order: readonly State[] = ['running', 'failed', 'waiting', 'stopped', 'not started', 'finished'];
  return [...runs].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

function countText(runs: readonly RunProgress[]): string {
  const counts = new Map<State, number>();
  for (const { state } of runs) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, number]) => `${number} ${state}`).join(', ');
}
