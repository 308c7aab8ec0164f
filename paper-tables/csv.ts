import type {
  AgreementView,
  ClaimEvidence,
  ClaimView,
  Measured,
  TargetView,
  TestView,
} from '../harness/aggregate/types.ts';
import { agreementId, differenceOf, obstacleText } from './claims.ts';
import { count, differenceUnit } from './numbers.ts';
import { verdicts } from './verdicts.ts';

/** A field of a CSV file: numbers stay numbers, nothing stands for what is absent. */
export type Field = string | number | null | undefined;

/**
 * A CSV file (RFC 4180 but for its line ends, which all readers take) with a header. It begins with a byte order mark:
 * without one spreadsheets take UTF-8 for an older encoding and garble × and ±, with one no reader goes wrong that
 * expects UTF-8 with a signature (`utf-8-sig` in Python).
 */
export function csv(header: readonly string[], records: readonly (readonly Field[])[]): string {
  const lines = [header, ...records].map(fields => header.map((_, i) => escapeCsv(fields[i])).join(','));
  return `\ufeff${lines.map(line => `${line}\n`).join('')}`;
}

/** A field as it is written. Numbers have the six digits that were recorded, counts all of theirs. */
export function escapeCsv(field: Field): string {
  if (field === null || field === undefined) return '';
  if (typeof field === 'number')
    return String(Number.isInteger(field) ? field : Number(field.toPrecision(6)));
  // A spreadsheet would compute what begins so.
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What the runs say about the claims, one value in a record. */
export function claimsCsv({ claims, agreements = [], profile }: TargetView): string {
  const header = ['claim', 'statistic', 'value', 'unit', 'text', 'run'];
  return csv(header, [
    ...claims.flatMap(claim => claimFacts(claim, profile).map(fact => [claim.id, ...fact])),
    ...agreements.flatMap((agreement, i) => agreementFacts(agreement).map(fact => [agreementId(i), ...fact])),
  ]);
}

/** The runs that a page rests on. */
export function runsCsv({ runs, experiment, profile }: TargetView): string {
  const header = ['experiment', 'profile', 'network', 'kind', 'seed', 'run'];
  return csv(
    header,
    runs.map(({ network, kind, seed, key }) => [experiment, profile, network, kind, seed, key]),
  );
}

/** Statistic, value, unit, text and run. */
type Fact = [statistic: string, value?: Field, unit?: Field, text?: Field, run?: Field];

function claimFacts({ tests, evidence, ...claim }: ClaimView, profile: string): Fact[] {
  const { statement, where, pages, kind, verdict, obstacle, runs } = claim;
  const text = (statistic: string, content: string): Fact => [statistic, null, null, content];
  return [
    ...[text('statement', statement), text('where', where), text('pages', pages.join(', '))],
    text('kind', kind),
    text('verdict', verdicts[verdict].word),
    ...(obstacle ? [text('reason', obstacleText(obstacle, profile))] : []),
    ...(evidence ? evidenceFacts(evidence) : []),
    ...tests.flatMap(testFacts),
    ...runs.map((key): Fact => ['run', null, null, null, key]),
  ];
}

function evidenceFacts({ confirm, contradict, negligible, adjusted, family, seeds }: ClaimEvidence): Fact[] {
  return [
    ['p that it holds', confirm],
    ['p that it does not', contradict],
    ['p that the difference is smaller than the margin', negligible],
    ['p adjusted', adjusted, null, `among ${count(family, 'claim')}`],
    ['seeds read', seeds, 'seeds'],
  ];
}

function testFacts({ id, quantity, unit, bound, measured }: TestView): Fact[] {
  const points = unit === '' ? '' : differenceUnit(unit);
  return [
    ['test', null, null, quantity === null ? id : `${id}: ${quantity}`],
    ...(bound ? [['bound', bound.value, points, bound.why] satisfies Fact] : []),
    ...measured.flatMap(each => measuredFacts(each, unit, points)),
  ];
}

function measuredFacts(measured: Measured, unit: string, points: string): Fact[] {
  if (measured.is === 'exact') return [['computed', null, null, measured.text]];
  const isMean = measured.is === 'mean';
  const isTurned = measured.is === 'difference' && measured.direction === 'higher';
  const of = isMean
    ? measured.network
    : measured.is === 'share'
      ? `${measured.worse} − ${measured.better}`
      : differenceOf(measured);
  const { value, interval, level, df, n } = measured;
  const own = measured.is === 'share' ? '%' : isMean ? unit : points;
  return [
    [measured.is, value, own, of],
    ...(interval ? intervalFacts(interval, level, df, own) : []),
    ...(isTurned ? n.toReversed() : n).map((seeds): Fact => ['seeds', seeds, 'seeds']),
  ];
}

function agreementFacts(agreement: AgreementView): Fact[] {
  const { row, quantity, first, other, seeds, verdict, difference, margin, resolution, unit, runs } =
    agreement;
  const points = differenceUnit(unit);
  const { value, interval, level, df } = difference;
  const text = (statistic: string, content: string): Fact => [statistic, null, null, content];
  return [
    ...[text('row', row), text('measure', quantity), text('first', first), text('other', other)],
    text('seeds', seeds.join(' ')),
    text('verdict', verdicts[verdict].word),
    ...(margin ? [['margin', margin.value, points, margin.why] satisfies Fact] : []),
    ...(resolution ? [['resolution', resolution.value, points, resolution.why] satisfies Fact] : []),
    ['difference', value, points],
    ...(interval ? intervalFacts(interval, level, df, points) : []),
    ...runs.map((key): Fact => ['run', null, null, null, key]),
  ];
}

function intervalFacts(
  [low, high]: readonly [number, number],
  level: number,
  df: number | null,
  unit: string,
): Fact[] {
  return [
    ['interval low', low, unit],
    ['interval high', high, unit],
    ['interval level', level],
    ['degrees of freedom', df],
  ];
}
