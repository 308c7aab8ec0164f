import { UserError } from '../harness/errors.ts';
import { openStore } from '../harness/record/store.ts';
import type { CodeState, JobRecord } from '../harness/record/types.ts';
import { taskOf } from '../harness/tasks/registry.ts';
import type { CurvePoint, Line } from '../harness/tasks/task.ts';
import { columns, count, duration, facts, jobName, quantity, shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run show <run>`: one record, for people. */
export const show: Verb = {
  arguments: '<run>',
  description:
    'Shows a finished run: what it was, its measures and curves, the digests of data and state, where and with what it was computed. The run is named by its key or the beginning of it, as `npm run ls` lists them.',
  options: ['store', 'json'],
  examples: [
    ['npm run show 4f0c2a91b7', 'the run whose key begins so'],
    ['npm run --silent show 4f0c2a91b7 -- --json', 'record.json as it is'],
  ],
  async run([prefix = ''], options) {
    const store = openStore(options.store);
    const key = store.find(prefix);
    const record = store.record(key);
    if (!record) {
      throw new UserError(
        `The run ${key} in ${shortPath(options.store)} is not finished: it has no record yet.`,
        { fix: 'npm run status' },
      );
    }
    console.log(options.json ? JSON.stringify(record, null, 2) : asText(record, store.jobFolder(key)));
    return 0;
  },
};

type Fact = readonly [string, string];

function asText(record: JobRecord, folder: string): string {
  const { key, identity, result, provenance } = record;
  const { inputs, backend, numerics } = identity;
  const { session } = provenance;
  return [
    jobName(record),
    '',
    facts([
      ['key', key],
      ...specFacts(record),
      ['data', inputs.data],
      ...('weights' in inputs ? [['weights', inputs.weights] as const] : []),
      ['backend', `${backend}, numerics ${numerics}`],
    ]),
    '',
    facts(measures(record)),
    ...curves(record).flatMap(text => ['', text]),
    '',
    facts([
      ...Object.entries(result.digests),
      ...Object.entries(result.artefacts),
      ['determinism', `${result.determinism.tier}: ${result.determinism.evidence}`],
    ]),
    '',
    facts([
      [
        'computed',
        `${provenance.startedAt} to ${provenance.finishedAt}, ${duration(provenance.seconds)}, resumed ${count(provenance.resumed, 'time')}`,
      ],
      [
        'machine',
        `${provenance.cpu}, ${count(provenance.cores, 'core')}, ${provenance.memoryGiB} GiB, ${provenance.platform}`,
      ],
      [
        'engine',
        `${session.version}, ${session.device}, ${session.variant}, ${session.hardware}, ${count(session.threads, 'thread')}, Node ${provenance.node}`,
      ],
      [
        'speed',
        `${provenance.unitMilliseconds.toFixed(1)} ms a ${identity.kind === 'train' ? 'step' : 'image'}, peak memory ${Math.round(provenance.peakMemoryMiB)} MiB`,
      ],
      ...provenance.code.flatMap(codeFacts),
      ['command', provenance.command],
      ['record', `${shortPath(folder)}/record.json`],
    ]),
  ].join('\n');
}

function specFacts({ identity }: JobRecord): Fact[] {
  const { network } = identity.spec;
  const { size, test } = taskOf(identity.task).imagesOf(identity.spec);
  const known: Fact[] = [
    [
      'network',
      `${network.block} blocks ${network.blocks.join(', ')}, widths ${network.widths.join('/')}, shortcut ${network.shortcut}`,
    ],
    ['images', `${identity.spec.data.set}, ${size}x${size}, ${test} test images`],
  ];
  if (identity.kind !== 'train') return known;
  const { schedule, optimiser } = identity.spec;
  const drops = schedule.drops.join(', ') || 'no iteration';
  const text = `${schedule.iterations} iterations, batch ${optimiser.batch}, rate ${schedule.rate} divided by ${schedule.divisor} at ${drops}`;
  return [...known, ['schedule', text]];
}

function measures({ identity, result }: JobRecord): Fact[] {
  const known = taskOf(identity.task).measures;
  return [
    ...Object.entries(result.measures).map(([name, value]) => {
      const { name: text, unit, decimals } = known[name]!;
      return [text, quantity(value, unit, decimals)] as const;
    }),
    ...Object.entries(result.facts).map(([name, value]) => [name, String(value)] as const),
  ];
}

/** Curves over iterations as one table, of the others their range. */
function curves({ identity, result }: JobRecord): string[] {
  const lines = Object.values(taskOf(identity.task).lines).filter(({ sorted }) => !sorted);
  const present = lines.filter(({ curve }) => (result.curves[curve] ?? []).length > 0);
  const iterations = present.filter(({ over }) => over === 'iterations');
  const others = present.filter(({ over }) => over !== 'iterations');
  return [
    ...(iterations.length > 0 ? [table(iterations, result.curves)] : []),
    ...others.map(line => range(line, result.curves[line.curve]!)),
  ];
}

/** At most a dozen points of the curves, the last one among them. */
function table(lines: readonly Line[], all: JobRecord['result']['curves']): string {
  const ats = [...new Set(lines.flatMap(({ curve }) => all[curve]!.map(({ at }) => at)))].sort(
    (a, b) => a - b,
  );
  const step = Math.ceil(ats.length / 12);
  const shown = ats.filter((_, i) => (ats.length - 1 - i) % step === 0);
  const rows = shown.map(at => [
    String(at),
    ...lines.map(({ curve, value, unit }) => {
      const point = all[curve]!.find(each => each.at === at);
      return quantity(point?.[value], unit);
    }),
  ]);
  return columns(['iteration', ...lines.map(({ name }) => name)], rows, [0, ...lines.map((_, i) => i + 1)]);
}

function range({ name, value, over }: Line, points: readonly CurvePoint[]): string {
  const values = points.map(point => point[value]!);
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return `${name}, ${values.length} ${over}: ${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}, mean ${mean.toFixed(3)}`;
}

function codeFacts({ commit, unknown, dirty, diffSha256, sources, lockfileSha256 }: CodeState): Fact[] {
  const changes = dirty ? `, with changes (diff ${diffSha256})` : '';
  return [
    ['code', commit === null ? `unknown: ${unknown}` : `${commit}${changes}`],
    ['sources', sources ?? 'not recorded'],
    ['lockfile', lockfileSha256],
  ];
}
