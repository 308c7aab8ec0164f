import type { CodeState, JobRecord } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import type { CurvePoint, Line } from '../harness/tasks/task.ts';
import { type NetworkSpec, networkName } from '../ml/nets/spec.ts';
import { commandLines } from '../paper-tables/page-text.ts';
import { printable } from '../paper-tables/printable.ts';
import { sparkline } from '../paper-tables/sparkline.ts';
import { paint, type Terminal } from '../paper-tables/terminal.ts';
import { displayWidth } from '../paper-tables/text.ts';
import {
  count,
  duration,
  facts,
  jobName,
  memory,
  moment,
  quantity,
  shortKey,
  shortPath,
  table,
} from './format.ts';
import type { Showing } from './shown.ts';

/** A record for people. */
export function recordText(
  foreign: JobRecord,
  folder: string,
  showings: readonly Showing[],
  terminal: Terminal,
): string {
  const record = printable(foreign);
  const { result, provenance } = record;
  const blocks = [
    identityFacts(record),
    showingFacts(showings),
    measureFacts(record),
    curveFacts(record),
    [
      ...Object.entries(result.digests).map(([name, digest]) => [inWords(name), digest] as const),
      ...Object.entries(result.artefacts),
      ['determinism', `${result.determinism.tier}: ${result.determinism.evidence}`] as const,
    ],
    [
      ...machineFacts(record),
      ...provenance.code.flatMap(codeFacts),
      ['record', `${shortPath(folder)}/record.json`] as const,
    ],
  ];
  const texts = blocks
    .filter(rows => rows.length > 0)
    .map(rows => facts(abridged(rows, terminal.width), terminal.width));
  const points = pointTable(record, terminal.width);
  if (points !== null) texts.splice(texts.length - 2, 0, points);
  const command = commandLines(provenance.command, terminal, 'command   ');
  return `${[paint(jobName(record), 'bold', terminal), ...texts].join('\n\n')}\n${command.join('\n')}`;
}

/** Records of one training by several backends: what each measured, and by what. */
export function besideText(foreign: readonly JobRecord[], terminal: Terminal): string {
  const records = printable([...foreign]);
  const [first] = records as [JobRecord];
  const known = taskOf(first.identity.task).measures;
  const measures = Object.keys(first.result.measures).map((name, i) => {
    const { name: label, unit, decimals } = known[name]!;
    const text = ({ result }: JobRecord) => quantity(result.measures[name], unit, decimals);
    return { label, right: true as const, text, drop: 10 - i };
  });
  const rows = table(
    records,
    [
      { label: 'backend', text: ({ identity }) => identity.backend },
      { label: 'run', text: ({ key }) => shortKey(key) },
      ...measures,
      { label: 'determinism', text: ({ result }) => result.determinism.tier, drop: 2 },
      { label: 'engine', text: ({ provenance: { session } }) => session.version, drop: 1 },
    ],
    terminal.width,
  );
  return `${paint(jobName(first), 'bold', terminal)}\n\n${rows}`;
}

type Fact = readonly [string, string];

function identityFacts({ key, asked, identity }: JobRecord): Fact[] {
  const { inputs, backend, numerics } = identity;
  return [
    ['key', key],
    ...(asked ? [['profile', `${asked.profile} of ${asked.experiment}`] as const] : []),
    ...specFacts(identity),
    ['data', inputs.data],
    ...('weights' in inputs ? [['weights', inputs.weights] as const] : []),
    ['backend', `${backend}, numerics ${numerics}`],
  ];
}

function specFacts(identity: JobRecord['identity']): Fact[] {
  const { network } = identity.spec;
  const { size, test } = taskOf(identity.task).imagesOf(identity.spec);
  const known: Fact[] = [
    ['network', networkText(network)],
    ['images', `${identity.spec.data.set}, ${size}x${size}, ${count(test, 'test image')}`],
  ];
  if (identity.kind !== 'train') return known;
  const { schedule, optimiser } = identity.spec;
  const rate = `learning rate ${schedule.rate}${schedule.drops.length > 0 ? ` divided by ${schedule.divisor} at ${schedule.drops.join(', ')}` : ', constant'}`;
  const text = `${count(schedule.iterations, 'iteration')}, batch ${optimiser.batch}, ${rate}`;
  return [...known, ['schedule', text]];
}

function networkText(network: NetworkSpec): string {
  if (network.family === 'vgg') {
    const { filters, hidden, dropout } = network;
    return `${networkName(network)}, filters ${filters.join('/')}, fully connected ${hidden}, dropout ${dropout}`;
  }
  const { block, blocks, widths, shortcut } = network;
  return `${block} blocks ${blocks.join(', ')}, widths ${widths.join('/')}, shortcut ${shortcut}`;
}

/** Where the run is shown, and the claims that rest on it. */
function showingFacts(showings: readonly Showing[]): Fact[] {
  const targets = showings.map(({ target, places }) => `${target} (${places.join(', ')})`);
  const claims = [...new Set(showings.flatMap(({ claims }) => claims))];
  return [
    ...(targets.length > 0 ? [['shown in', targets.join(', ')] as const] : []),
    ...claims.map(statement => ['claim', statement] as const),
  ];
}

function measureFacts({ identity, result }: JobRecord): Fact[] {
  const known = taskOf(identity.task).measures;
  return [
    ...Object.entries(result.measures).map(([name, value]) => {
      const { name: text, unit, decimals } = known[name]!;
      return [text, quantity(value, unit, decimals)] as const;
    }),
    ...Object.entries(result.facts).map(([name, value]) => [inWords(name), String(value)] as const),
  ];
}

/** The course of each curve and where it begins and ends; of those over layers their range. */
function curveFacts(record: JobRecord): Fact[] {
  return linesOf(record).map(({ name, value, unit, over, curve }) => {
    const points = record.result.curves[curve]!;
    const values = points.map(point => point[value]!);
    const course = sparkline(values, 24);
    const ends = [values[0], values.at(-1)].map(each => quantity(each, unit));
    if (over === 'iterations') return [name, `${course} ${ends.join(' → ')}`];
    const range = [Math.min(...values), Math.max(...values)].map(each => each.toFixed(3)).join(' to ');
    return [name, `${course} ${range} over ${count(points.length, over.replace(/s$/, ''))}`];
  });
}

/** At most a dozen points of the curves over iterations, the last one among them; null without any. */
function pointTable(record: JobRecord, width: number): string | null {
  const lines = linesOf(record).filter(({ over }) => over === 'iterations');
  if (lines.length === 0) return null;
  const pointsOf = ({ curve }: Line): readonly CurvePoint[] => record.result.curves[curve]!;
  const ats = [...new Set(lines.flatMap(line => pointsOf(line).map(({ at }) => at)))].sort((a, b) => a - b);
  const step = Math.ceil(ats.length / 12);
  const shown = ats.filter((_, i) => (ats.length - 1 - i) % step === 0);
  const columns = lines.map(line => ({
    label: line.name,
    right: true as const,
    text: (at: number) => quantity(pointsOf(line).find(point => point.at === at)?.[line.value], line.unit),
  }));
  return table(shown, [{ label: 'iteration', right: true, text: String }, ...columns], width);
}

function linesOf({ identity, result }: JobRecord): Line[] {
  const lines = Object.values(taskOf(identity.task).lines).filter(({ sorted }) => !sorted);
  return lines.filter(({ curve }) => (result.curves[curve] ?? []).length > 0);
}

function machineFacts({ identity, provenance }: JobRecord): Fact[] {
  const { startedAt, finishedAt, seconds, resumed, session, node } = provenance;
  const again = resumed > 0 ? `, resumed ${count(resumed, 'time')}` : '';
  const unit = identity.kind === 'train' ? 'step' : 'image';
  return [
    ['computed', `${moment(startedAt)} to ${moment(finishedAt)}, ${duration(seconds)} of computing${again}`],
    [
      'machine',
      `${provenance.cpu}, ${count(provenance.cores, 'core')}, ${provenance.memoryGiB} GiB, ${provenance.platform}`,
    ],
    [
      'engine',
      `${session.version}, ${session.device}, ${session.variant}, ${session.hardware}, ${count(session.threads, 'thread')}, Node ${node}`,
    ],
    [
      'speed',
      `${provenance.unitMilliseconds.toFixed(1)} ms per ${unit}, peak memory ${memory(provenance.peakMemoryMiB)}`,
    ],
  ];
}

function codeFacts({ commit, unknown, dirty, diffSha256, sources, lockfileSha256 }: CodeState): Fact[] {
  const changes = dirty ? `with uncommitted changes (diff ${diffSha256})` : 'clean';
  return [
    ['code', commit === null ? `commit unknown: ${unknown}` : `commit ${commit}, ${changes}`],
    ['sources', sources ?? 'not recorded'],
    ['lockfile', lockfileSha256],
  ];
}

/** `firstSteps` as `first steps`. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
}

/** Facts whose digests are cut where there is no room for them: `record.json` has them whole, and a shell finds the folder. */
function abridged(rows: readonly Fact[], width: number): Fact[] {
  const room = width - Math.max(...rows.map(([name]) => displayWidth(name))) - 2;
  return rows.map(([name, text]) => {
    const isWide = text.split(' ').some(word => displayWidth(word) > room);
    return [name, isWide ? text.replace(/\b[0-9a-f]{40,64}\b/g, cut) : text];
  });
}

function cut(digest: string, place: number, text: string): string {
  return text[place - 1] === '/' ? `${shortKey(digest)}*` : `${digest.slice(0, 16)}…`;
}
