import { type ComparedTraining, exact, type Followed } from '../../harness/compare/types.ts';
import { nothing } from '../numbers.ts';
import { sparkline } from '../sparkline.ts';
import { paint, type Style, type Terminal } from '../terminal.ts';
import { type Column, fitted, wrapped } from '../text.ts';
import {
  absent,
  followed,
  placeText,
  ratioText,
  roundSteps,
  rules,
  small,
  titleOf,
  verdictSentences,
  verdictText,
} from './wording.ts';

/** A comparison for a terminal, the result last. */
export function comparisonText(training: ComparedTraining, terminal: Terminal): string {
  const prose = (text: string) => wrapped(text, { limit: Math.min(terminal.width, 110), indent: '  ' });
  const engines = followed(training);
  const blocks = [
    [paint(titleOf(training), 'bold', terminal), ...prose(headingOf(training))],
    ...(engines.length > 0 ? [courses(training, terminal), stepTable(training, terminal)] : []),
    summaryTable(training, terminal),
    ...(engines.length > 0
      ? [
          rules(training)
            .flatMap(prose)
            .map(line => paint(line, 'dim', terminal)),
        ]
      : []),
    verdictSentences(training).flatMap(prose),
    ...absent(training).flatMap(({ backend, fix }) => (fix ? [[`  fix ${backend}: ${fix}`]] : [])),
  ];
  return blocks.map(lines => lines.join('\n')).join('\n\n');
}

function headingOf({ steps, exactSteps, exactSeconds, batch, threads }: ComparedTraining): string {
  const reference =
    exactSteps > 0 && exactSeconds > 0
      ? `; the first ${exactSteps} also in ${exact} (${exactSeconds.toFixed(1)} s a step)`
      : '';
  return `${steps} steps of ${batch} images, ${threads} thread${threads === 1 ? '' : 's'}${reference}`;
}

/** The course of each engine's losses, and where they begin and end. */
function courses(training: ComparedTraining, { width }: Terminal): string[] {
  const rows = followed(training).map(({ backend, losses }) => {
    const finite = losses.filter(loss => loss !== null);
    const ends = [losses[0], losses.at(-1)].map(loss => lossText(loss ?? null));
    return [backend, finite.length > 0 ? sparkline(finite, 24) : '', ends.join(' → ')];
  });
  const columns = ['', 'loss', ''].map((label, i): Column => {
    return { label, align: 'left', cells: rows.map(row => row[i]!) };
  });
  return fitted([{ names: [columns[0]!], groups: [columns.slice(1)] }], width, { rule: false });
}

/** 1, 2, 3, 5, 10, 20, 50 ..., the last step in float64, the last of all, and departures. */
function shownSteps(training: ComparedTraining): number[] {
  const { steps, exactSteps } = training;
  const departures = followed(training).flatMap(({ departs }) => (departs ? [departs.step] : []));
  const all = new Set([...roundSteps(steps), exactSteps, steps, ...departures]);
  return [...all].sort((a, b) => a - b);
}

function stepTable(training: ComparedTraining, terminal: Terminal): string[] {
  const shown = shownSteps(training);
  const right = (label: string, text: (step: number) => string): Column => {
    return { label, align: 'right', cells: shown.map(text) };
  };
  const names = [
    right('step', String),
    right(exact, step => (step > training.exactSteps ? nothing : lossText(training.exact[step - 1] ?? null))),
  ];
  const groups = followed(training).map(({ backend, losses, steps }) => {
    const at = (text: (verdict: NonNullable<Followed['steps'][number]>) => string) => (step: number) => {
      const verdict = steps[step - 1];
      return verdict ? text(verdict) : nothing;
    };
    return [
      right(backend, step => lossText(losses[step - 1] ?? null)),
      right(
        'off',
        at(({ deviation }) => small(deviation)),
      ),
      right(
        'gap',
        at(({ gap }) => small(gap)),
      ),
      right(
        'ratio',
        at(({ ratio }) => ratioText(ratio)),
      ),
    ];
  });
  return fitted([{ names, groups }], terminal.width);
}

const styles = {
  agrees: 'green',
  departs: 'red',
  missing: 'yellow',
  failed: 'red',
} as const satisfies Record<string, Style>;

const marks = { agrees: '✓', departs: '✕', missing: '–', failed: '✕' } as const;

function summaryTable(training: ComparedTraining, terminal: Terminal): string[] {
  const { engines } = training;
  const cells = engines.map(engine => {
    if (!('losses' in engine)) return [engine.backend, nothing, nothing, nothing, nothing];
    const { info, largest, statistics, seconds } = engine;
    return [
      engine.backend,
      `${ratioText(largest.ratio)} (${placeText(largest)})`,
      ratioText(statistics.ratio),
      `${seconds.toFixed(seconds < 1 ? 3 : 1)} s`,
      `${info.version}, ${info.device}, ${info.variant}`,
    ];
  });
  const column = (label: string, i: number, align: Column['align'] = 'left'): Column => {
    return { label, align, cells: cells.map(row => row[i]!) };
  };
  const verdict: Column = {
    label: 'verdict',
    align: 'left',
    cells: engines.map(engine =>
      paint(`${marks[engine.verdict]} ${verdictText(engine)}`, styles[engine.verdict], terminal),
    ),
  };
  const names = [column('backend', 0), verdict];
  const ratios = [column('largest ratio', 1), column('statistics', 2, 'right')];
  const step = column('time a step', 3, 'right');
  return fitted(
    [
      { names, groups: [[...ratios, step, column('engine', 4)]] },
      { names, groups: [[...ratios, step]] },
      { names, groups: [[ratios[0]!, step]] },
      { names, groups: [[ratios[0]!]] },
    ],
    terminal.width,
  );
}

function lossText(loss: number | null): string {
  return loss === null ? 'nan' : loss.toFixed(6);
}
