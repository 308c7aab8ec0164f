import type { CifarData } from '../../ml/data/spec.ts';
import { cifarNetwork, depth } from '../../ml/nets/spec.ts';
import type {
  Claim,
  FigurePanel,
  NetworkPlan,
  PublishedValue,
  RunSpec,
  TableRow,
  Target,
} from '../manifest/types.ts';
import type { RunRecord, RunResult } from '../record/types.ts';

/** Made-up plans, records and targets for tests: no number here is a result. */

/** A spec of the nets of sec. 4.2. */
type CifarSpec = RunSpec & { data: CifarData };

/** The paper's protocol for a network of `n` (6n + 2 layers). */
function paperSpec(shortcut: 'A' | 'none', n: number): CifarSpec {
  return {
    data: {
      set: 'cifar10',
      downsample: 1,
      trainImages: 50000,
      testImages: 10000,
      augmentation: { pad: 4, flip: true },
    },
    network: cifarNetwork(n, shortcut),
    optimiser: { batch: 128, sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' } },
    schedule: { iterations: 64000, rate: 0.1, drops: [32000, 48000], divisor: 10, warmup: null },
    evaluation: { trainErrorEvery: 1000, testErrorEvery: 1000, testErrorImages: 10000, responses: true },
  };
}

/** A network under `paper`, or scaled down to 800 iterations, half the size and half the widths. */
function planFor(name: string, profile: string, notRun?: string): NetworkPlan {
  const [family, layers] = name.split('-') as [string, string];
  const paper = paperSpec(family === 'plain' ? 'none' : 'A', (Number(layers) - 2) / 6);
  const scaled: RunSpec = {
    ...paper,
    data: { ...paper.data, downsample: 2 },
    network: { ...paper.network, widths: [8, 16, 32] },
    schedule: { ...paper.schedule, iterations: 800, rate: 0.03, drops: [400, 600] },
    evaluation: { trainErrorEvery: 20, testErrorEvery: 50, testErrorImages: 2000, responses: true },
  };
  return {
    name,
    spec: profile === 'paper' ? paper : scaled,
    paper,
    seeds: 1,
    ...(notRun === undefined ? {} : { notRun }),
  };
}

/** A finished run whose errors fall smoothly to the given ones, with a ripple that depends on the seed. */
function recordFor(plan: NetworkPlan, seed: number, testError: number, trainError: number): RunRecord {
  const { iterations } = plan.spec.schedule;
  const { trainErrorEvery, testErrorEvery } = plan.spec.evaluation;
  const layers = depth(plan.spec.network) - 1;
  const curve = (every: number, end: number) =>
    Array.from({ length: Math.floor(iterations / every) }, (_, i) => {
      const done = (i + 1) / Math.floor(iterations / every);
      const ripple = (1 - done) * ((((i + 1) * 7 + seed * 5) % 11) - 5) * 0.6;
      const error = end + (90 - end) * (1 - done) ** 3 + ripple;
      return { iteration: (i + 1) * every, error, loss: error / 40 };
    });
  return {
    schema: 1,
    key: `${plan.name.toLowerCase().replace('-', '')}${seed}`.padEnd(64, '0'),
    network: plan.name,
    identity: { spec: plan.spec, seed, data: '0'.repeat(64), backend: 'onnxruntime', numerics: 1 },
    result: {
      testError,
      testLoss: testError / 40,
      trainError,
      trainLoss: trainError / 40,
      warmupEnded: null,
      curve: { train: curve(trainErrorEvery, trainError), test: curve(testErrorEvery, testError) },
      responses: Array.from({ length: layers }, (_, i) => ({
        layer: `conv${i + 1}`,
        std: 0.6 + 1.8 / (i + 1) + ((i * 5 + seed) % 7) * 0.05,
      })),
      digests: { data: '0'.repeat(64), state: '0'.repeat(64), firstSteps: '0'.repeat(64) },
      determinism: { tier: 'D1', evidence: 'fixture' },
    } satisfies RunResult,
    provenance: {
      command: 'npm run reproduce table6',
      startedAt: '2000-01-01T00:00:00Z',
      finishedAt: '2000-01-01T00:10:00Z',
      seconds: 600,
      resumed: 0,
      session: {
        backend: 'onnxruntime',
        version: 'onnxruntime-node 1.30.0',
        lowering: 'blocked',
        instructionSet: 'avx512',
        threads: 1,
      },
      node: 'v20.19.0',
      platform: 'linux x64',
      cpu: 'Example CPU',
      cores: 2,
      memoryGiB: 8,
      peakMemoryMiB: 500,
      stepMilliseconds: 30,
      git: null,
      lockfileSha256: '0'.repeat(64),
    },
  };
}

/** Records of networks by name: `[testError, trainError]` of each seed. */
export function recordsFor(
  profile: string,
  errors: Readonly<Record<string, readonly (readonly [number, number])[]>>,
): Map<string, RunRecord[]> {
  return new Map(
    Object.entries(errors).map(([name, seeds]) => [
      name,
      seeds.map(([test, train], i) => recordFor(planFor(name, profile), i + 1, test, train)),
    ]),
  );
}

/** A published single run, or the best of five with its mean and SD. */
export function published(value: number, repeated?: { mean: number; sd: number }): PublishedValue {
  return {
    value,
    unit: '%',
    page: 7,
    direction: 'lower',
    estimator: repeated ? 'best of five' : 'single run',
    printed: repeated ? `${value} (${repeated.mean}±${repeated.sd})` : value.toFixed(2),
    ...(repeated ? { ...repeated, runs: 5 } : {}),
  };
}

/** A target of the given rows or panels under a profile. */
function targetFor(profile: string, parts: Partial<Target>): Target {
  return {
    name: 'table6',
    kind: 'table',
    heading: 'Table 6',
    title: 'Classification error on the CIFAR-10 test set',
    page: 7,
    file: 'experiments/resnet-2015/table6.yaml',
    profile,
    profileSummary: profile === 'paper' ? 'the paper to the letter' : 'half-size images, 800 iterations',
    deviations: [],
    networks: [],
    columns: [
      { key: 'layers', label: '# layers', measures: 'layers' },
      { key: 'params', label: '# params', measures: 'parameters' },
      { key: 'error', label: 'error (%)', measures: 'testError', unit: '%' },
    ],
    rows: [],
    panels: [],
    claims: [],
    ...parts,
  };
}

/** Table 6 in small: a row by others, three measured ones and one that is not run. */
export function smallTable(profile: string, claims: readonly Claim[] = [depthClaim]): Target {
  const others: PublishedValue = { ...published(9.38), estimator: 'published by others' };
  const rows: TableRow[] = [
    { label: 'Maxout', published: { layers: null, params: null, error: others } },
    row('ResNet-20', '0.27M', published(8.75)),
    row('ResNet-56', '0.85M', published(6.97)),
    row('ResNet-110', '1.7M', published(6.43, { mean: 6.61, sd: 0.16 })),
    row('ResNet-1202', '19.4M', published(7.93)),
  ];
  const why = profile === 'paper' ? undefined : 'the net needs 5 GB of memory';
  return targetFor(profile, {
    rows,
    claims,
    networks: [
      ...['ResNet-20', 'ResNet-56', 'ResNet-110'].map(name => planFor(name, profile)),
      planFor('ResNet-1202', profile, why),
    ],
    deviations:
      profile === 'paper'
        ? []
        : [
            { says: '16x16 images, the 2x2 means of the originals', set: { 'data.downsample': 2 } },
            { says: 'warmed up at rate 0.003', set: {}, for: ['ResNet-110'] },
            { says: 'not shown, since no plain net is', set: {}, for: ['plain-20'] },
          ],
  });
}

/** A claim about depth with thresholds for two profiles. */
export const depthClaim: Claim = {
  id: 'depth',
  statement: 'ResNet-56 has a lower test error than ResNet-20',
  where: 'sec. 4.2',
  metric: 'testError',
  worse: 'ResNet-20',
  better: 'ResNet-56',
  thresholds: {
    paper: { margin: 0, sd: 0.16, basis: 'SD of ResNet-110 in Table 6' },
    mini: { margin: 0.3, sd: 1, basis: 'an earlier study on other seeds' },
  },
};

/** Figure 6 in small: a panel of plain nets, one of residual nets, or a Figure 7 of the same. */
export function smallFigure(profile: string, kind: 'errors' | 'responses'): Target {
  const fall = (end: number): [number, number][] =>
    Array.from({ length: 30 }, (_, i) => [0.4 + i * 0.2, end + 12 * (1 - i / 29) ** 3]);
  const curve = (label: string, end: number, layers: number) => ({
    label,
    network: label,
    published:
      kind === 'errors'
        ? {
            train: { page: 8, unit: '%', points: fall(end - 3) },
            test: { page: 8, unit: '%', points: fall(end) },
          }
        : {
            original: {
              page: 8,
              unit: '1',
              points: Array.from({ length: layers }, (_, i): [number, number] => [
                i + 1,
                0.9 + 1.2 / (i + 1),
              ]),
            },
          },
  });
  const plain = [curve('plain-20', 9, 19), curve('plain-56', 14, 55)];
  const residual = [curve('ResNet-20', 8.8, 19), curve('ResNet-56', 7, 55), curve('ResNet-1202', 7.9, 1201)];
  const errors: Pick<FigurePanel, 'x' | 'y' | 'shows'> = {
    shows: ['train', 'test'],
    x: { label: 'iter. (1e4)', domain: [0, 6.4] },
    y: { label: 'error (%)', domain: [0, 20] },
  };
  const panels: FigurePanel[] =
    kind === 'errors'
      ? [
          { ...errors, title: 'plain', curves: plain },
          { ...errors, title: 'ResNet', curves: residual },
        ]
      : [
          {
            title: 'original order',
            shows: ['original'],
            x: { label: 'layer index (original)' },
            y: { label: 'std', domain: [0.5, 3] },
            curves: [...plain, ...residual.slice(0, 2)],
          },
          {
            title: 'sorted',
            shows: ['sorted'],
            x: { label: 'layer index (sorted by magnitude)' },
            y: { label: 'std', domain: [0.5, 3] },
            curves: [...plain, ...residual.slice(0, 2)],
          },
        ];
  const networks = ['plain-20', 'plain-56', 'ResNet-20', 'ResNet-56'].map(name => planFor(name, profile));
  return targetFor(profile, {
    name: kind === 'errors' ? 'figure6' : 'figure7',
    kind: 'figure',
    heading: kind === 'errors' ? 'Figure 6' : 'Figure 7',
    title: kind === 'errors' ? 'Training on CIFAR-10' : 'Standard deviations of layer responses',
    page: 8,
    columns: [],
    panels,
    networks: [...networks, planFor('ResNet-1202', profile, 'the net needs 5 GB of memory')],
    deviations: [{ says: '800 iterations instead of 64000', set: { 'schedule.iterations': 800 } }],
    claims: kind === 'errors' ? [depthClaim] : [],
  });
}

function row(label: string, params: string, error: PublishedValue): TableRow {
  return { label, network: label, published: { layers: label.split('-')[1]!, params, error } };
}
