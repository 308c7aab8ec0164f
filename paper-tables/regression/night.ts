import type { NightFound } from '../../harness/regress/night.ts';
import { type Alarm, everyCell } from '../../harness/regress/nights.ts';
import { count, number, pText, short, signed } from '../numbers.ts';
import { machineWords } from './since-baseline.ts';
import type { Story, StoryCase, StoryRow } from './story.ts';

/** What a night of fresh seeds has found, in words. `command`: what runs the next one. */
export function nightStory(found: NightFound, command: string): Story {
  const { experiment, profile, night, state, nights, dirty } = found;
  const alarms = state.alarms.filter(({ isMachine }) => !isMachine);
  const machines = state.alarms.filter(({ isMachine }) => isMachine);
  const cells = Object.keys(night.values).length;
  const title =
    alarms.length > 0
      ? `${count(alarms.length, 'result')} moved`
      : machines.length > 0
        ? 'the machine changed, not the code'
        : 'nothing moved';
  const judged = cells - state.short.length;
  const untold = state.short.length > 0 ? ` ${state.short.length} have too few nights yet.` : '';
  return {
    title: `Night ${night.night}: ${title}`,
    headline: `${count(judged, 'result')} of seed ${night.seed} set against the nights before.${untold}`,
    outcome: alarms.length > 0 ? 'moved' : machines.length > 0 ? 'open' : 'same',
    experiment,
    profile,
    rows: state.alarms.map(rowOf),
    details: [
      ...state.alarms.map(alarm => alarmText(alarm, nights)),
      ...state.unconfirmed.map(
        cell => `${cell} was far off tonight, and three further seeds are not: no alarm.`,
      ),
    ],
    commands: alarms.length > 0 ? [{ says: 'the next night', command }] : [],
    machine: [
      `${short(night.commit)}${dirty ? ' with uncommitted changes' : ''}`,
      night.engine,
      ...machineWords(found.machine),
    ].join(', '),
    cases: Object.keys(night.values).map(cell => caseOf(cell, found)),
  };
}

/** `ResNet-20 testError: +0.31 (8.62 -> 8.93), since between abc123 and def456 (nights 41 to 44); ...`. */
function alarmText(alarm: Alarm, nights: NightFound['nights']): string {
  const { cell, channel, p, between, isMachine, before, value } = alarm;
  const commitOf = (night: number) => short(nights.find(each => each.night === night)?.commit ?? '?');
  const moved = between
    ? `${signed(between.after - between.before)} (${number(between.before)} -> ${number(between.after)}), since between ${commitOf(Math.max(1, between.from - 1))} and ${commitOf(between.to)} (nights ${between.from} to ${between.to})`
    : `${signed(value - before.mean)} (${number(before.mean)} -> ${number(value)})`;
  const evidence =
    channel === 'fast'
      ? `far off tonight, and three further seeds too (${pText(p!)})`
      : `a small shift that has lasted, evidence ${amount(alarm.evidence)} of ${amount(alarm.threshold)}`;
  const who = isMachine ? '. The code of the night before gives it too: the machine has changed' : '';
  const what = cell === everyCell ? 'All results together, in standard deviations' : cell;
  return `${what}: ${moved}; ${evidence}${who}.`;
}

function rowOf({ cell, before, value, channel, isMachine }: Alarm): StoryRow {
  const at = cell.lastIndexOf(' ');
  return {
    network: cell.slice(0, at),
    measure: cell.slice(at + 1),
    before: `${number(before.mean)} ± ${number(before.sd)}`,
    now: number(value),
    difference: signed(value - before.mean),
    verdict: isMachine ? 'the machine' : `moved, ${channel} channel`,
  };
}

function caseOf(cell: string, { night, state, nights }: NightFound): StoryCase {
  const at = cell.lastIndexOf(' ');
  const common = { network: cell.slice(0, at), name: cell.slice(at + 1) };
  const alarm = state.alarms.find(each => each.cell === cell);
  if (alarm)
    return { ...common, outcome: alarm.isMachine ? 'skipped' : 'failed', text: alarmText(alarm, nights) };
  const value = `${number(night.values[cell]!)} with seed ${night.seed}`;
  if (state.short.includes(cell))
    return { ...common, outcome: 'skipped', text: `${value}; too few nights to judge it by.` };
  return { ...common, outcome: 'passed', text: `${value}; as the nights before.` };
}

function amount(value: number): string {
  return value < 1e4 ? value.toFixed(0) : value.toExponential(1).replace('e+', 'e');
}
