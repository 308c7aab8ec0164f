import { type ConformanceReport, measured, type RungResult } from '../backends/conformance/report.ts';
import { displayWidth, wrapped } from '../paper-tables/text.ts';

const width = 80;

const headings = ['rung', 'result', 'cases', 'deviation', 'allowed', 'time', 'peak'];

/** A report as a terminal shows it. */
export function conformanceText(report: ConformanceReport): string {
  const blocks = [
    lines(conformanceHeading(report)),
    tableOf(report),
    ...report.rungs.filter(({ status }) => status === 'departs').map(departure),
    ...(hasNoOperators(report) ? [lines(noOperators)] : []),
    lines(conformanceNote),
    lines(verdict(report)),
  ];
  return blocks.join('\n\n');
}

/** What was put through the suite, and how. */
export function conformanceHeading(report: ConformanceReport): string {
  const { backend, version, device, variant, hardware, rounding, threads, steps, data } = report;
  const where = `device ${device}, variant ${variant}, hardware ${hardware}, ${threads} thread${threads === 1 ? '' : 's'}`;
  const allowed = rounding === 1 ? '' : `, which may round ${rounding} times as much as float32 on a CPU`;
  return `${backend} (${version}), ${where}${allowed}, against the reference; the longest training: ${steps} steps on ${data}`;
}

/** How the columns are to be read. */
export const conformanceNote =
  'deviation: of what is rounded, the comparison that comes nearest to what is allowed, or exceeds it most; 1 ULP is a relative L2 error of 2^-23. time: inside the backend. peak: memory of this process.';

/** Why two rungs may be missing. */
export const noOperators =
  'operators, gradients: not run, as the backend has no runGraph, with which single operators can be run (backends/contract.ts).';

/** Whether the backend could not be asked for single operators. */
export function hasNoOperators({ rungs }: ConformanceReport): boolean {
  return rungs[0]!.status === 'not run';
}

/** The outcome in a sentence. */
export function verdict({ rungs }: ConformanceReport): string {
  const run = rungs.filter(({ status }) => status !== 'not run');
  const departing = run.filter(({ status }) => status === 'departs');
  if (departing.length === 0) return `All ${run.length} rungs that were run agree with the reference.`;
  return `${departing.length} of ${run.length} rungs depart from the reference. Begin with the lowest: ${departing[0]!.rung}.`;
}

/** The cells of a rung. */
export function row({
  rung,
  status,
  cases,
  agreed,
  largest,
  backendSeconds,
  peakBytes,
}: RungResult): string[] {
  if (status === 'not run') return [rung, status, '-', '-', '-', '-', '-'];
  const comparison = largest?.comparison;
  return [
    rung,
    status,
    `${agreed}/${cases}`,
    comparison ? measured(comparison) : '-',
    comparison ? measured({ kind: 'rounding', error: comparison.tolerance }) : 'the bits',
    `${backendSeconds.toFixed(backendSeconds < 10 ? 2 : 0)} s`,
    `${Math.round(peakBytes / 2 ** 20)} MiB`,
  ];
}

/** What departs first on a rung, in the words of a sentence each. */
export function departureSentences({ first }: RungResult): string[] {
  const { comparison, error, wrong } = first!;
  const said = comparison
    ? `${comparison.what}: ${measured(comparison)}, allowed ${comparison.kind === 'rounding' ? measured({ kind: 'rounding', error: comparison.tolerance }) : 'none'}`
    : `it could not be completed: ${error}`;
  return [said, ...(wrong === null ? [] : [`Wrong readings: ${wrong}.`])];
}

function departure(rung: RungResult): string {
  const sentences = [rung.first!.case, ...departureSentences(rung)];
  return [`${rung.rung} departs first in`, ...sentences.map(each => lines(each, '    '))].join('\n');
}

function lines(text: string, margin = ''): string {
  return wrapped(text, { limit: width - margin.length, indent: margin && '  ' })
    .map(line => margin + line)
    .join('\n');
}

/** Rungs below their headings; numbers end together. */
function tableOf({ rungs }: ConformanceReport): string {
  const rows = [headings, ...rungs.map(row)];
  const widths = headings.map((_, i) => Math.max(...rows.map(cells => displayWidth(cells[i]!))));
  return rows
    .map(cells =>
      cells
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
