import type {
  Argument,
  Claim,
  Experiment,
  FigureCurve,
  FigurePanel,
  FigureTarget,
  JudgedCell,
  NetworkConfig,
  PublishedCell,
  PublishedCurve,
  PublishedValue,
  TableRow,
  TableTarget,
  Tolerance,
} from '../manifest/types.ts';
import { configFor } from './networks.fixture.ts';

/** Made-up targets for tests: no number here is a result. */

/** A published single run, or the best of five with its mean and SD. */
export function published(value: number, repeated?: { mean: number; sd: number }): PublishedValue {
  return {
    value,
    unit: '%',
    page: 7,
    direction: 'lower',
    estimator: repeated ? 'best of several' : 'single run',
    printed: repeated ? `${value} (${repeated.mean}±${repeated.sd})` : value.toFixed(2),
    decimals: 2,
    ...(repeated ? { ...repeated, runs: 5 } : {}),
  };
}

/** A published value, or a fact, in the cell of a table. */
export function cell(content: PublishedValue | string): PublishedCell {
  return typeof content === 'string' ? { kind: 'fact', printed: content } : { kind: 'value', ...content };
}

/** An experiment whose faithful profile is `paper`, with weights of a ResNet-56 that others have trained. */
export const experiment: Experiment = {
  id: 'resnet-2015',
  folder: '/experiments/resnet-2015',
  title: 'Deep Residual Learning for Image Recognition',
  citation: 'He et al. (arXiv 1512.03385)',
  faithful: 'paper',
  released: {
    pretrained: {
      network: 'ResNet-56',
      protocol: 'cifar10',
      format: 'keras-layers-tfjs',
      package: 'weights@1.0.0',
      megabytes: 100,
      integrity: 'sha512-4K9HBQ0VexampleExample==',
      mean: [123, 117, 104],
      crop: 224,
      testShorterSide: 256,
      origin: 'an example',
      deviations: ['The mean of each channel is subtracted instead of the mean image.'],
      published: { 'single.top1': 24.7, 'single.top5': 7.8 },
      where: 'https://example.org',
    },
  },
};

/** A claim about depth with bounds for two profiles. */
export const depthClaim: Claim = {
  id: 'depth',
  statement: 'ResNet-56 has a lower test error than ResNet-20.',
  where: 'sec. 4.2',
  pages: [7, 8],
  kind: 'order',
  protocol: 'cifar10',
  task: 'classification',
  lastLook: 8,
  tests: [
    {
      id: 'depth',
      test: {
        kind: 'order',
        statement: 'ResNet-56 has a lower test error than ResNet-20.',
        measure: 'testError',
        worse: 'ResNet-20',
        better: 'ResNet-56',
        thresholds: {
          paper: { value: 0, why: 'the claim is about the order' },
          mini: { value: 0.3, why: 'an earlier study on other seeds' },
        },
      },
    },
  ],
};

/** What some claims need of a target: all of them are one family. */
export function argumentOf(
  profile: string,
  claims: readonly Claim[],
  networks: readonly NetworkConfig[],
): Argument {
  return { profile, faithful: profile === experiment.faithful, claims, networks };
}

/** What test errors are judged by. */
export const tolerance: Tolerance = {
  margin: { value: 0.3, why: 'less than the gap from ResNet-110 to ResNet-56 in Table 6' },
  resolution: { value: 1, why: 'what a single run can exclude' },
};

/** Table 6 in small: a row by others, three measured ones and one that is not run. */
export function smallTable(profile: string, claims: readonly Claim[] = [depthClaim]): TableTarget {
  const others: PublishedValue = { ...published(9.38), estimator: 'published by others' };
  const why = profile === 'paper' ? undefined : 'the net needs 5 GB of memory';
  const own = [
    row('ResNet-20', '0.27M', published(8.75)),
    row('ResNet-56', '0.85M', published(6.97)),
    row('ResNet-110', '1.7M', published(6.43, { mean: 6.61, sd: 0.16 })),
    row('ResNet-1202', '19.4M', published(7.93)),
  ];
  const networks = [
    ...['ResNet-20', 'ResNet-56', 'ResNet-110'].map(name => configFor(name, profile)),
    configFor('ResNet-1202', profile, why),
  ];
  const only = (network: string, text: string) => ({ text, set: {}, for: [network] });
  return {
    ...commonFor(profile),
    name: 'table6',
    kind: 'table',
    heading: 'Table 6',
    title: 'Classification error on the CIFAR-10 test set',
    page: 7,
    file: 'experiments/resnet-2015/table6.yaml',
    columns: [
      { key: 'layers', label: '# layers', measures: 'layers' },
      { key: 'params', label: '# params', measures: 'parameters' },
      { key: 'error', label: 'error (%)', measures: 'testError', unit: '%' },
    ],
    rows: [{ label: 'Maxout', published: { error: cell(others) } }, ...own],
    family: profile === 'paper' ? own.map(familyCell) : [],
    networks,
    claims: claims.map(({ id }) => id),
    argument: argumentOf(profile, claims, networks),
    marks: [],
    assumptions: [{ text: 'The paper does not say how large the images of a batch are', set: {} }],
    deviations:
      profile === 'paper'
        ? []
        : [
            { text: '16x16 images, the 2x2 means of the originals', set: { 'data.downsample': 2 } },
            only('ResNet-110', 'warmed up at rate 0.003'),
            only('plain-20', 'not shown, since no plain net is'),
            { text: 'one seed by default', set: { seeds: 1 }, for: ['ResNet-110'] },
          ],
  };
}

/** Figure 6 in small: a panel of plain nets, one of residual nets, or a Figure 7 of the same. */
export function smallFigure(profile: string, kind: 'errors' | 'responses'): FigureTarget {
  const networks = ['plain-20', 'plain-56', 'ResNet-20', 'ResNet-56'].map(name => configFor(name, profile));
  return {
    ...commonFor(profile),
    name: kind === 'errors' ? 'figure6' : 'figure7',
    kind: 'figure',
    heading: kind === 'errors' ? 'Figure 6' : 'Figure 7',
    title: kind === 'errors' ? 'Training on CIFAR-10' : 'Standard deviations of layer responses',
    page: 8,
    file: 'experiments/resnet-2015/figure6.yaml',
    panels: kind === 'errors' ? errorPanels() : responsePanels(),
    networks: [...networks, configFor('ResNet-1202', profile, 'the net needs 5 GB of memory')],
    claims: kind === 'errors' ? [depthClaim.id] : [],
    family: [],
    argument: argumentOf(profile, [depthClaim], networks),
    assumptions: [],
    deviations: [{ text: '800 iterations instead of 64000', set: { 'schedule.iterations': 800 } }],
  };
}

function commonFor(profile: string) {
  const faithful = profile === experiment.faithful;
  const profileSummary = faithful ? 'the paper to the letter' : 'half-size images, 800 iterations';
  return {
    ...{
      experiment,
      task: 'classification' as const,
      protocol: 'cifar10',
      profile,
      faithful,
      profileSummary,
    },
    ...{ lastLook: 8 as const, tolerances: { testError: tolerance } },
  } as const;
}

function row(label: string, params: string, error: PublishedValue): TableRow {
  const layers = label.split('-')[1]!;
  return {
    label,
    network: label,
    published: { layers: cell(layers), params: cell(params), error: cell(error) },
  };
}

function familyCell({ network, published }: TableRow): JudgedCell {
  return { network: network!, measure: 'testError', published: published.error as JudgedCell['published'] };
}

function errorPanels(): FigurePanel[] {
  const fall = (end: number): PublishedCurve => ({
    page: 8,
    unit: '%',
    points: Array.from({ length: 30 }, (_, i) => [0.4 + i * 0.2, end + 12 * (1 - i / 29) ** 3]),
  });
  const curve = (label: string, end: number): FigureCurve => {
    return { label, network: label, published: { train: fall(end - 3), test: fall(end) } };
  };
  const common: Pick<FigurePanel, 'x' | 'y' | 'shows'> = {
    shows: ['train', 'test'],
    x: { label: 'iter. (1e4)', domain: [0, 6.4], per: 10000 },
    y: { label: 'error (%)', domain: [0, 20] },
  };
  const residual = [curve('ResNet-20', 8.8), curve('ResNet-56', 7), curve('ResNet-1202', 7.9)];
  return [
    { ...common, title: 'plain', curves: [curve('plain-20', 9), curve('plain-56', 14)] },
    { ...common, title: 'ResNet', curves: residual },
  ];
}

function responsePanels(): FigurePanel[] {
  const curve = (label: string): FigureCurve => {
    const layers = Number(label.split('-')[1]) - 1;
    const points = Array.from({ length: layers }, (_, i) => [i + 1, 0.9 + 1.2 / (i + 1)] as const);
    return { label, network: label, published: { original: { page: 8, unit: '1', points } } };
  };
  const curves = ['plain-20', 'plain-56', 'ResNet-20', 'ResNet-56'].map(curve);
  const y = { label: 'std', domain: [0.5, 3] } as const;
  return [
    { title: 'original order', shows: ['original'], x: { label: 'layer index (original)' }, y, curves },
    { title: 'sorted', shows: ['sorted'], x: { label: 'layer index (sorted by magnitude)' }, y, curves },
  ];
}
