import type { SessionInfo } from '../backends/contract.ts';
import { UserError } from '../harness/errors.ts';
import { imagesOf } from '../harness/tasks/classification/images.ts';
import { type EvaluationRecord, evaluationKeys, readEvaluation } from '../harness/record/evaluations.ts';
import type { HostFacts } from '../harness/record/provenance.ts';
import { openStore } from '../harness/record/store.ts';
import type { CurvePoint, RunRecord } from '../harness/record/types.ts';
import { columns, duration, percent, shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run show <run>`: one record, for people. */
export const show: Verb = {
  arguments: '<run>',
  description: `Shows a finished run: what it was, its results and curves, the digests of data and state, where and with
what it was computed. The run, or the evaluation of released weights, is named by its key or the beginning of it, as
\`npm run ls\` lists them.`,
  options: ['store', 'json'],
  examples: [
    ['npm run show 4f0c2a91b7', 'the run whose key begins so'],
    ['npm run show 4f0c2a91b7 --json', 'record.json as it is'],
  ],
  async run([prefix = ''], options) {
    const evaluation = findEvaluation(options.store, prefix);
    if (evaluation) {
      console.log(options.json ? JSON.stringify(evaluation, null, 2) : evaluationText(evaluation));
      return 0;
    }
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

/** The finished evaluation whose key alone begins so. */
function findEvaluation(store: string, prefix: string): EvaluationRecord | null {
  const found = prefix === '' ? [] : evaluationKeys(store).filter(key => key.startsWith(prefix));
  return found.length === 1 ? readEvaluation(store, found[0]!) : null;
}

function evaluationText({ key, network, identity, result, provenance }: EvaluationRecord): string {
  const { weights, spec, backend, numerics, data } = identity;
  const { single, images, scores } = result;
  const { session, finishedAt, seconds, command } = provenance;
  return [
    `${network}, released weights`,
    '',
    facts([
      ['key', key],
      ['weights', weights],
      ['data', `${images} images, list ${data}`],
      ['mean', spec.mean.join(', ')],
      ['backend', `${backend}, numerics ${numerics}`],
    ]),
    '',
    facts([
      ['centre crop', `top-1 error ${percent(single.top1)}, top-5 error ${percent(single.top5)}`],
      ...tests(result),
      ['scores', scores],
    ]),
    '',
    facts([
      ['finished', `${finishedAt}, ${duration(seconds)}`],
      ['machine', machineOf(provenance)],
      ['engine', engineOf(session, provenance)],
      ['code', codeOf(provenance)],
      ['command', command],
    ]),
  ].join('\n');
}

function machineOf({ cpu, cores, memoryGiB, platform }: HostFacts): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}`;
}

function engineOf(session: SessionInfo, { node }: HostFacts): string {
  const { version, lowering, instructionSet, threads } = session;
  return `${version}, ${lowering}, ${instructionSet}, ${threads} threads, Node ${node}`;
}

function codeOf({ git }: HostFacts): string {
  if (!git) return 'not under git';
  return `${git.commit}${git.dirty ? `, with changes (diff ${git.diffSha256})` : ''}`;
}

function asText({ key, network, identity, result, provenance }: RunRecord, folder: string): string {
  const { spec, seed, backend, numerics } = identity;
  const { session } = provenance;
  const { schedule, data, network: net } = spec;
  const images = imagesOf(data);
  const warmUp = result.warmupEnded === null ? [] : [['warm-up ended', `iteration ${result.warmupEnded}`]];
  return [
    `${network}, seed ${seed}`,
    '',
    facts([
      ['key', key],
      [
        'network',
        `${net.block} blocks ${net.blocks.join(', ')}, widths ${net.widths.join('/')}, shortcut ${net.shortcut}`,
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
      ['machine', machineOf(provenance)],
      ['engine', engineOf(session, provenance)],
      [
        'speed',
        `${provenance.stepMilliseconds.toFixed(1)} ms a step, peak memory ${Math.round(provenance.peakMemoryMiB)} MiB`,
      ],
      ['code', codeOf(provenance)],
      ['lockfile', provenance.lockfileSha256],
      ['command', provenance.command],
      ['record', `${shortPath(folder)}/record.json`],
    ]),
  ].join('\n');
}

function tests({ tests = {} }: Pick<RunRecord['result'], 'tests'>): string[][] {
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
