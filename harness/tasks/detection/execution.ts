import { withMasks } from '../../../ml/data/dropout.ts';
import { featureMapOf } from '../../../ml/detection/backbones.ts';
import { ProposalBatches, RegionBatches } from '../../../ml/detection/batches.ts';
import type { Found } from '../../../ml/detection/detect.ts';
import { buildDetectionProgram } from '../../../ml/detection/program.ts';
import { recallOf } from '../../../ml/detection/proposals.ts';
import { Regions } from '../../../ml/detection/regions.ts';
import { initialState } from '../../../ml/optim/init.ts';
import type { Feeds, Program } from '../../../ml/program.ts';
import { exitCodes, UserError } from '../../errors.ts';
import { expectReadable, proposalsFile, proposalsParts, readProposals } from '../proposals-file.ts';
import { adopted, readState, stateFile, stateParts } from '../state.ts';
import type {
  Between,
  DataSet,
  Finished,
  OpenOptions,
  Sums,
  TaskExecution,
  TrainingWork,
  Values,
} from '../task.ts';
import { layersBefore, meansOf } from './backbone.ts';
import { classifier, ensembleClassifier, regionsTogether, type Setting } from './classify.ts';
import { annotatedImages, type OpenedImages, openImages } from './data.ts';
import { dataSets } from './data-sets.ts';
import { detectionsFile, detectionsParts } from './detections-file.ts';
import { detect, propose } from './evaluate.ts';
import { classMeasuresOf } from './measures.ts';
import { pictured } from './pictures.ts';
import { matchings, scored } from './score.ts';
import type { TrainSpec } from './spec.ts';
import { isOfProposals } from './steps.ts';

/** Runs the steps of a detector's training. */
export const execution: TaskExecution = {
  openTraining: options => open(options as unknown as Options),
  async openEvaluation() {
    throw nothingReleased();
  },
  pictures: (spec, ...where) => pictured(spec as unknown as TrainSpec, ...where),
};

type Options = OpenOptions<TrainSpec> & { seed: number };

/** Images of a batch of an evaluation. */
const evaluationBatch = 8;

async function open(options: Options): Promise<TrainingWork> {
  const { spec, dataFolder } = options;
  await expectPlanned(options);
  if (isOfProposals(spec)) expectReadable(mostProposals(spec));
  const train = await openImages(spec.data, dataFolder, 'train');
  const opened = {
    ...options,
    train,
    means: await meansOf(spec, train.images),
    classes: train.classes.length,
  };
  if (spec.step === 5) return openEnsemble(opened);
  return isOfProposals(spec) ? openProposals(opened) : openRegions(opened);
}

/** Fails with a `UserError` when images are not those of the plan, or too few for a later step. Digits are always the same. */
async function expectPlanned({ spec: { data, step }, dataFolder, data: planned }: Options): Promise<void> {
  const set: DataSet = dataSets[data.set];
  if (set.provided === null) return;
  const found = await set.digest(dataFolder, 'train');
  if (found?.digest !== planned)
    throw new UserError(`${dataFolder}: the images are not those that the run was planned with.`, {
      fix: 'run the same command again: their digest is part of the key of a run',
      exitCode: exitCodes.failed,
    });
  if (step === 1) await annotatedImages(data, dataFolder, 'test');
}

/** Step 3 proposes regions of test images too. */
function mostProposals({ step, data, proposals }: TrainSpec): number {
  return data.trainImages * proposals.after + (step === 3 ? data.testImages * proposals.test : 0);
}

interface Opened extends Options {
  train: OpenedImages;
  means: Float32Array;
  classes: number;
}

function programOf({ spec, classes }: Opened): Program {
  const { step, network, detector, data, optimiser, sampling } = spec;
  return buildDetectionProgram({
    half: isOfProposals(spec) ? 'proposals' : 'regions',
    ...{ network, detector, classes },
    shared: step > 2,
    imageSize: data.size,
    sgd: optimiser.sgd,
    trainBatch: optimiser.batch,
    evaluationBatch: Math.min(evaluationBatch, data.testImages),
    trainRegions: sampling.regions,
    evaluationRegions: regionsTogether(spec),
  });
}

/** Steps 1 and 3. */
async function openProposals(opened: Opened): Promise<TrainingWork> {
  const { spec, seed, train, means, classes, dataFolder } = opened;
  const { data, detector, sampling, optimiser } = spec;
  const program = programOf(opened);
  const test = spec.step === 3 ? await openImages(data, dataFolder, 'test') : null;
  const from = await layersBefore(opened);
  const { positive, negative, anchors: count } = sampling;
  const map = featureMapOf(spec, data.size);
  const common = {
    images: train.images,
    means,
    seed,
    batch: optimiser.batch,
    flip: data.flip,
    map,
    detector,
  };
  return {
    program,
    batches: new ProposalBatches({ ...common, count, positive, negative }),
    initial: adopted(program, initialState(program, seed), from),
    ...bookkeeping((logits, feeds) => {
      const [targets, weights] = [feeds.objectness!, feeds.objectnessWeights!];
      let [wrong, all] = [0, 0];
      for (const [i, logit] of logits.entries()) {
        if (weights[i] === 0) continue;
        all++;
        if (logit > 0 !== targets[i]! > 0) wrong++;
      }
      return { wrong, all };
    }),
    async finish(session, tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec, means, classes };
      const all = train.images.count + (test?.images.count ?? 0);
      const next = shared(between, Math.ceil(all / program.evaluationBatch) + 1);
      const own = await propose(setting, train.images, spec.proposals.after, next);
      const others = own && test && (await propose(setting, test.images, spec.proposals.test, next));
      if (!own || (test && !others)) return null;
      const [measured, images] = test ? [others!, test.images] : [own, train.images];
      const boxes = images.objects.map(objects => objects.map(({ box }) => box));
      return {
        ...nothingElse,
        measures: { ...trained(tail), recall: 100 * recallOf(measured, boxes) },
        artefacts: {
          [proposalsFile]: proposalsParts({ train: own, test: others ?? new Regions([]) }),
          [stateFile]: stateParts(program, await session.getState()),
        },
      };
    },
    close: async () => {},
  };
}

/** Steps 2 and 4. */
async function openRegions(opened: Opened): Promise<TrainingWork> {
  const { spec, seed, train, means, classes, needs, dataFolder } = opened;
  const { data, detector, sampling, optimiser, step } = spec;
  const program = programOf(opened);
  const test = step === 4 ? await openImages(data, dataFolder, 'test') : null;
  const from = await layersBefore(opened);
  const proposals = readProposals(needs.proposals!(proposalsFile)!);
  const { regions: count, foreground, overlap: positive } = sampling;
  const map = featureMapOf(spec, data.size);
  const common = {
    images: train.images,
    means,
    seed,
    batch: optimiser.batch,
    flip: data.flip,
    map,
    detector,
  };
  return {
    program,
    batches: withMasks(
      new RegionBatches({
        ...common,
        classes,
        proposals: proposals.train,
        sampling: { count, foreground, positive },
      }),
      program.inputs,
      seed,
    ),
    initial: adopted(program, initialState(program, seed), from),
    ...bookkeeping((logits, feeds) => {
      const [labels, columns] = [feeds.labels!, classes + 1];
      let wrong = 0;
      for (const [i, label] of labels.entries()) {
        const row = logits.subarray(i * columns, (i + 1) * columns);
        if (row.indexOf(Math.max(...row)) !== label) wrong++;
      }
      return { wrong, all: labels.length };
    }),
    async finish(session, tail, between): Promise<Finished | null> {
      const state = { [stateFile]: stateParts(program, await session.getState()) };
      if (!test) return { ...nothingElse, measures: trained(tail), artefacts: state };
      const setting: Setting = { session, program, spec, means, classes };
      const next = shared(between, Math.ceil(test.images.count / program.evaluationBatch) + 1);
      const found = await detect(
        setting,
        test.images,
        proposals.test,
        [classifier(setting), each => each],
        next,
      );
      return found && tested(spec, found, test, { measures: trained(tail), artefacts: state });
    },
    close: async () => {},
  };
}

/** Step 5: detectors and proposals of several seeds. */
async function openEnsemble(opened: Opened): Promise<TrainingWork> {
  const { spec, seed, means, classes, needs, dataFolder } = opened;
  const program = programOf(opened);
  const test = await openImages(spec.data, dataFolder, 'test');
  const numbers = Array.from({ length: spec.members }, (_, i) => i + 1);
  const blank = initialState(program, seed);
  const states = numbers.map(i => adopted(program, blank, readState(needs[`detector${i}`]!(stateFile)!)));
  const union = Regions.joined(numbers.map(i => readProposals(needs[`proposals${i}`]!(proposalsFile)!).test));
  return {
    program,
    batches: { fill: () => {} },
    initial: states[0]!,
    ...bookkeeping(() => ({ wrong: 0, all: 1 })),
    async finish(session, _tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec, means, classes };
      const next = shared(between, Math.ceil(test.images.count / program.evaluationBatch) + 1);
      const together = (one: ReturnType<typeof classifier>) => ensembleClassifier(setting, states, one);
      const found = await detect(
        setting,
        test.images,
        union,
        [together(classifier(setting)), together],
        next,
      );
      return found && tested(spec, found, test, { measures: {}, artefacts: {} });
    },
    close: async () => {},
  };
}

/** What a detector has come to: its detections in the pixels of the annotations, and how good they are. */
function tested(
  spec: TrainSpec,
  found: ReadonlyMap<string, readonly (readonly Found[])[]>,
  test: OpenedImages,
  { measures, artefacts }: Pick<Finished, 'measures' | 'artefacts'>,
): Finished {
  const annotated = new Map([...found].map(([name, all]) => [name, inAnnotatedPixels(all, test)] as const));
  const all: Record<string, number> = { ...measures };
  const ofClasses = new Set(classMeasuresOf(spec));
  for (const [name, own] of annotated) {
    const { all: means, each } = scored(own, test.truth, test.classes, matchings[spec.data.set]);
    const way = name === 'plain' ? '' : `${name}.`;
    for (const [average, value] of Object.entries(means)) all[way + average] = value;
    for (const [ofClass, value] of Object.entries(each))
      if (ofClasses.has(way + ofClass)) all[way + ofClass] = value;
  }
  const names = { classes: test.classes, images: test.ids };
  return {
    ...nothingElse,
    measures: all,
    artefacts: { ...artefacts, [detectionsFile]: detectionsParts(names, annotated) },
  };
}

const nothingElse = { points: {}, curves: {}, digests: {} } as const;

/** The books of a step: errors among what was drawn, and losses. `count`: those of a batch. */
function bookkeeping(
  count: (logits: Float32Array, feeds: Feeds) => { wrong: number; all: number },
): Pick<TrainingWork, 'observe' | 'errorOf' | 'means' | 'test'> {
  return {
    observe: ({ loss, logits }, feeds): Sums => ({ ...count(logits, feeds), loss }),
    errorOf: ({ wrong, all }) => wrong! / all!,
    means: ({ wrong, all, loss }, iterations) => ({ error: (100 * wrong!) / all!, loss: loss! / iterations }),
    test: async () => null,
  };
}

function trained(tail: Values): Record<string, number> {
  return { trainError: tail.error!, trainLoss: tail.loss! };
}

function shared(between: (share: number) => Promise<boolean>, all: number): Between {
  let done = 0;
  return () => between(Math.min(1, done++ / all));
}

/** Detections where the annotations are. */
function inAnnotatedPixels(found: readonly (readonly Found[])[], { images }: OpenedImages): Found[][] {
  return found.map((own, image) =>
    own.map(each => ({
      ...each,
      box: each.box.map(side => side / images.scales[image]!) as unknown as Found['box'],
    })),
  );
}

function nothingReleased(): UserError {
  return new UserError(
    'A detector is evaluated by the last step of its training; no released weights are known.',
  );
}
