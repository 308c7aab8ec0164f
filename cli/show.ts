import { UserError } from '../harness/errors.ts';
import { imagesOf } from '../harness/manifest/images.ts';
import { openStore } from '../harness/record/store.ts';
import type { CurvePoint, RunRecord } from '../harness/record/types.ts';
import { columns, duration, percent, shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run show <run>`: one record, for people. */
export const show: Verb = {
  arguments: '<run>',
  description: `Shows a finished run: what it was, its results and curves, the digests of data and state, where and with
what it was computed. The run is named by its key or the beginning of it, as \`npm run ls\` lists them.`,
  options: ['store', 'json'],
  examples: [
    ['npm run show 4f0c2a91b7', 'the run whose key begins so'],
    ['npm run show 4f0c2a91b7 --json', 'record.json as it is'],
  ],
  async run([prefix = ''], options) {
    const store = openStore(options.store);
    const key = store.findRun(prefix);
    const record = await store.readRecord(key);
    if (!record) {
      throw new UserError(
        `The run ${key} in ${shortPath(options.store)} is not finished: it has no record yet.`,
        {
          fix: 'npm run status',
        },
      );
    }
    console.log(options.json ? JSON.stringify(record, null, 2) : asText(record, store.runFolder(key)));
    return 0;
  },
};

function asText({ key, network, identity, result, provenance }: RunRecord, folder: string): string {
  const { spec, seed, backend, numerics } = identity;
  const { session, git } = provenance;
  const { schedule, data, network: net } = spec;
  const images = imagesOf(data);
  const warmUp = result.warmupEnded === null ? [] : [['warm-up ended', `iteration ${result.warmupEnded}`]];
  const code = git
    ? `${git.commit}${git.dirty ? `, with changes (diff ${git.diffSha256})` : ''}`
    : 'not under git';
  return [
    `${network}, seed ${seed}`,
    '',
    facts([
      ['key', key],
      [
        'network',
        `${net.family}, ${'n' in net ? `n = ${net.n}` : `${net.block} blocks ${net.blocks.join(', ')}`}, widths ${net.widths.join('/')}, shortcut ${net.shortcut}`,
      ],
      [
        'data',
        `${data.set}, ${images.size}x${images.size}, ${images.train} training and ${images.test} test images`,
      ],
      [
        'schedule',
        `${schedule.iterations} iterations, batch ${spec.optimiser.batch}, rate ${schedule.rate} divided by ${schedule.divisor} at ${schedule.drops.join(', ') || 'no iteration'}`,
      ],
      ['backend', `${backend}, numerics ${numerics}`],
    ]),
    '',
    facts([
      ['test error', `${percent(result.testError)}, loss ${result.testLoss.toFixed(4)}`],
      ['training error', `${percent(result.trainError)}, loss ${result.trainLoss.toFixed(4)}`],
      ...warmUp,
      ...tests(result),
    ]),
    '',
    curve(result.curve),
    ...(result.responses ? ['', responses(result.responses)] : []),
    '',
    facts([
      ['data', result.digests.data],
      ['state', result.digests.state],
      ['first steps', result.digests.firstSteps],
      ['determinism', `${result.determinism.tier}: ${result.determinism.evidence}`],
    ]),
    '',
    facts([
      [
        'computed',
        `${provenance.startedAt} to ${provenance.finishedAt}, ${duration(provenance.seconds)}, resumed ${provenance.resumed} times`,
      ],
      [
        'machine',
        `${provenance.cpu}, ${provenance.cores} cores, ${provenance.memoryGiB} GiB, ${provenance.platform}`,
      ],
      [
        'engine',
        `${session.version}, ${session.lowering}, ${session.instructionSet}, ${session.threads} threads, Node ${provenance.node}`,
      ],
      [
        'speed',
        `${provenance.stepMilliseconds.toFixed(1)} ms a step, peak memory ${Math.round(provenance.peakMemoryMiB)} MiB`,
      ],
      ['code', code],
      ['lockfile', provenance.lockfileSha256],
      ['command', provenance.command],
      ['record', `${shortPath(folder)}/record.json`],
    ]),
  ].join('\n');
}

function tests({ tests = {} }: RunRecord['result']): string[][] {
  return Object.entries(tests).map(([name, { top1, top5 }]) => [
    name,
    `top-1 error ${percent(top1)}, top-5 error ${percent(top5)}`,
  ]);
}

function facts(rows: readonly (readonly string[])[]): string {
  return columns(rows);
}

/** At most a dozen points of the curves, the last one among them. */
function curve({ train, test }: RunRecord['result']['curve']): string {
  const iterations = [...new Set([...train, ...test].map(point => point.iteration))].sort((a, b) => a - b);
  const step = Math.ceil(iterations.length / 12);
  const shown = iterations.filter((_, i) => (iterations.length - 1 - i) % step === 0);
  const at = (points: readonly CurvePoint[], iteration: number) => {
    const point = points.find(point => point.iteration === iteration);
    return percent(point?.error ?? null);
  };
  const rows = shown.map(iteration => [String(iteration), at(train, iteration), at(test, iteration)]);
  return columns([['iteration', 'training error', 'test error'], ...rows], [0, 1, 2]);
}

function responses(layers: NonNullable<RunRecord['result']['responses']>): string {
  const stds = layers.map(({ std }) => std);
  const mean = stds.reduce((sum, std) => sum + std, 0) / stds.length;
  return `responses of ${layers.length} layers: standard deviation ${Math.min(...stds).toFixed(3)} to ${Math.max(...stds).toFixed(3)}, mean ${mean.toFixed(3)}`;
}
