import type { Box } from '../../../ml/detection/boxes.ts';
import { buildLocaliser } from '../../../ml/detection/localiser.ts';
import { Regions, sidesOf } from '../../../ml/detection/regions.ts';
import { averageScores } from '../../../ml/metrics/scores.ts';
import { initialState } from '../../../ml/optim/init.ts';
import type { Feeds, Program } from '../../../ml/program.ts';
import { UserError } from '../../errors.ts';
import { expectReadable, proposalsFile, proposalsParts, readProposals } from '../proposals-file.ts';
import { readScores, scoresFile } from '../scores-file.ts';
import { adopted, readState, stateFile, stateParts } from '../state.ts';
import type { Between, Finished, OpenOptions, Sums, TaskExecution, TrainingWork, Values } from '../task.ts';
import { CropBatches, WarpedBatches } from './batches.ts';
import { type Candidates, chosen, kept } from './boxes.ts';
import { openData } from './data.ts';
import { bestClasses, candidatesOf, errorsOf, reclassify, type Setting } from './evaluate.ts';
import type { LocalisationData } from './images.ts';
import type { TrainSpec } from './spec.ts';

/** Runs the steps of a localiser's training. */
export const execution: TaskExecution = {
  openTraining: options => open(options as unknown as Options),
  async openEvaluation() {
    throw nothingReleased();
  },
  pictures: async () => [],
};

type Options = OpenOptions<TrainSpec> & { seed: number };

/** Images, or regions, of a batch of an evaluation; whole photographs, which take some 2 GB each at 640 pixels. */
const [evaluationBatch, photographBatch] = [50, 4];

async function open(options: Options): Promise<TrainingWork> {
  const { data, sampling, step } = options.spec;
  if (step === 1) expectReadable((data.trainImages + data.testImages) * sampling.proposals);
  const opened = await openData(options);
  return { ...works[options.spec.step]({ ...options, opened }), close: opened.close };
}

interface Opened extends Options {
  opened: LocalisationData;
}

const works = { 1: openProposals, 2: openRegions, 3: openEnsemble } as const satisfies Record<
  TrainSpec['step'],
  (opened: Opened) => Omit<TrainingWork, 'close'>
>;

function programOf({ step, network, data, anchors, optimiser }: TrainSpec): Program {
  return buildLocaliser({
    half: step === 1 ? 'proposals' : 'regions',
    ...{ network, classes: network.classes, anchors: anchors.length },
    imageSize: data.size,
    sgd: optimiser.sgd,
    trainBatch: optimiser.batch,
    evaluationBatch: step === 1 && data.set === 'imagenet-loc' ? photographBatch : evaluationBatch,
  });
}

/** Step 1. */
function openProposals({ spec, seed, needs, opened }: Opened): Omit<TrainingWork, 'close'> {
  const program = programOf(spec);
  const backbone = needs.backbone1!;
  return {
    program,
    batches: new CropBatches(spec, opened.train, seed),
    initial: adopted(program, initialState(program, seed), readState(backbone(stateFile)!)),
    ...bookkeeping(),
    async finish(session, tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec };
      const { train, test } = opened;
      const { proposals: most, kept: greatest } = spec.sampling;
      const all = train.count + 2 * test.count;
      const next = shared(between, Math.ceil(all / program.evaluationBatch) + 1);
      const few = (candidates: Candidates) => sidesOf(kept(candidates, greatest, most).boxes);
      const own = await candidatesOf(setting, train, [train.whole()], few, next);
      const oneCrop = own && (await candidatesOf(setting, test, [test.oneCrop()], chosen, next));
      const views = spec.tests.sizes.map(size => test.dense(size));
      const both = (each: Candidates) => ({ few: few(each), chosen: chosen(each) });
      const dense = oneCrop && (await candidatesOf(setting, test, views, both, next));
      if (!own || !oneCrop || !dense) return null;
      const guesses = guessesOf(spec, [backbone]);
      return {
        ...nothingElse,
        measures: {
          ...trained(tail),
          oneCrop: errorsOf(oneCrop, test, guesses).dense,
          ...errorsOf(
            dense.map(each => each.chosen),
            test,
            guesses,
          ),
        },
        artefacts: {
          [proposalsFile]: proposalsParts({
            train: new Regions(own),
            test: new Regions(dense.map(each => each.few)),
          }),
          [stateFile]: stateParts(program, await session.getState()),
        },
      };
    },
  };
}

/** Images whose regions are in memory with all that is said of them. */
const together = 2000;

/** Step 2. */
function openRegions({ spec, seed, needs, opened }: Opened): Omit<TrainingWork, 'close'> {
  const program = programOf(spec);
  const backbone = needs.backbone1!;
  const proposals = readProposals(needs.proposals1!(proposalsFile)!);
  return {
    program,
    batches: new WarpedBatches(spec, opened.train, seed, proposals.train),
    initial: adopted(program, initialState(program, seed), readState(backbone(stateFile)!)),
    ...bookkeeping(),
    async finish(session, tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec };
      const { test } = opened;
      const next = shared(between, Math.ceil(proposals.test.total / evaluationBatch) + 1);
      const boxes: (Box | null)[] = [];
      for (let first = 0; first < test.count; first += together) {
        const range = [first, Math.min(first + together, test.count)] as const;
        const found = await reclassify(setting, test, proposals.test, range, next);
        if (!found) return null;
        boxes.push(...found.map(chosen));
      }
      return {
        ...nothingElse,
        measures: { ...trained(tail), ...errorsOf(boxes, test, guessesOf(spec, [backbone])) },
        artefacts: { [stateFile]: stateParts(program, await session.getState()) },
      };
    },
  };
}

/** Step 3: proposals of all members, scored by each; scores and boxes of a region are averaged. */
function openEnsemble({ spec, seed, needs, opened }: Opened): Omit<TrainingWork, 'close'> {
  const program = programOf(spec);
  const numbers = Array.from({ length: spec.members }, (_, i) => i + 1);
  const blank = initialState(program, seed);
  const states = numbers.map(i => adopted(program, blank, readState(needs[`regions${i}`]!(stateFile)!)));
  const union = Regions.joined(numbers.map(i => readProposals(needs[`proposals${i}`]!(proposalsFile)!).test));
  return {
    program,
    batches: { fill: () => {} },
    initial: states[0]!,
    ...bookkeeping(),
    async finish(session, _tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec };
      const { test } = opened;
      const next = shared(between, Math.ceil((states.length * union.total) / evaluationBatch) + 1);
      const boxes: (Box | null)[] = [];
      for (let first = 0; first < test.count; first += together) {
        const range = [first, Math.min(first + together, test.count)] as const;
        const all: Candidates[][] = [];
        for (const state of states) {
          await session.setState(state);
          const found = await reclassify(setting, test, union, range, next);
          if (!found) return null;
          all.push(found);
        }
        for (const [i] of all[0]!.entries()) boxes.push(chosen(averaged(all.map(own => own[i]!))));
      }
      const guesses = guessesOf(
        spec,
        numbers.map(i => needs[`backbone${i}`]!),
      );
      return { ...nothingElse, measures: errorsOf(boxes, test, guesses), artefacts: {} };
    },
  };
}

/** What several say of the same regions. */
function averaged(all: readonly Candidates[]): Candidates {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  return {
    scores: all[0]!.scores.map((_, i) => mean(all.map(({ scores }) => scores[i]!))),
    boxes: all[0]!.boxes.map((box, i) => {
      return box.map((_, side) => mean(all.map(({ boxes }) => boxes[i]![side]!))) as unknown as Box;
    }),
  };
}

/** The likeliest classes of test images by the scores of backbones, dense, averaged. */
function guessesOf(
  { tests: { guesses } }: TrainSpec,
  backbones: readonly ((file: string) => Uint8Array | null)[],
): (image: number) => number[] {
  const found = backbones.map(files => readScores(files(scoresFile)!));
  const scores = averageScores(found.map(({ tests }) => tests.get('multiScale')!));
  const { classes } = found[0]!;
  return image => bestClasses(scores.subarray(image * classes, (image + 1) * classes), guesses);
}

const nothingElse = { points: {}, curves: {}, digests: {} } as const;

/** The books of a step: errors among the outputs that were trained, and losses. */
function bookkeeping(): Pick<TrainingWork, 'observe' | 'errorOf' | 'means' | 'test'> {
  return {
    observe({ loss, logits }, feeds: Feeds): Sums {
      const [targets, weights] = [feeds.targets!, feeds.targetWeights!];
      let [wrong, all] = [0, 0];
      for (const [i, weight] of weights.entries()) {
        if (weight === 0) continue;
        all++;
        if (logits[i]! > 0 !== targets[i]! > 0) wrong++;
      }
      return { wrong, all, loss };
    },
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

function nothingReleased(): UserError {
  return new UserError(
    'A localiser is evaluated by the steps of its training; no released weights are known.',
  );
}
