import type { Box } from '../../../ml/detection/boxes.ts';
import { buildLocaliser } from '../../../ml/detection/localiser.ts';
import { Regions, sidesOf } from '../../../ml/detection/regions.ts';
import { averageScores } from '../../../ml/metrics/scores.ts';
import { initialState } from '../../../ml/optim/init.ts';
import type { Feeds, Program } from '../../../ml/program.ts';
import { UserError } from '../../errors.ts';
import { proposalsFile, proposalsParts, readProposals } from '../proposals-file.ts';
import { readScores, scoresFile } from '../scores-file.ts';
import { adopted, readState, stateFile, stateParts } from '../state.ts';
import type { Between, Finished, OpenOptions, Sums, TaskExecution, TrainingWork, Values } from '../task.ts';
import { CropBatches, WarpedBatches } from './batches.ts';
import { type Candidates, chosen, kept } from './boxes.ts';
import { type LocalisationData, openData } from './data.ts';
import { candidatesOf, errorsOf, reclassify, type Setting } from './evaluate.ts';
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

/** Images, or regions, of a batch of an evaluation. */
const evaluationBatch = 50;

async function open(options: Options): Promise<TrainingWork> {
  const { spec, dataFolder } = options;
  const data = await openData(spec.data, dataFolder);
  return works[spec.step]({ ...options, opened: data });
}

interface Opened extends Options {
  opened: LocalisationData;
}

const works = { 1: openProposals, 2: openRegions, 3: openEnsemble } as const satisfies Record<
  TrainSpec['step'],
  (opened: Opened) => TrainingWork
>;

function programOf({ step, network, data, anchors, optimiser }: TrainSpec): Program {
  return buildLocaliser({
    half: step === 1 ? 'proposals' : 'regions',
    ...{ network, classes: network.classes, anchors: anchors.length },
    imageSize: data.size,
    sgd: optimiser.sgd,
    trainBatch: optimiser.batch,
    evaluationBatch,
  });
}

/** Step 1. */
function openProposals({ spec, seed, needs, opened }: Opened): TrainingWork {
  const program = programOf(spec);
  const backbone = needs.backbone1!;
  return {
    program,
    batches: new CropBatches(spec, opened, seed),
    initial: adopted(program, initialState(program, seed), readState(backbone(stateFile)!)),
    ...bookkeeping(),
    async finish(session, tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec, mean: opened.mean };
      const { train, test } = opened;
      const { sizes } = spec.tests;
      const { proposals: most, kept: greatest } = spec.sampling;
      const next = shared(
        between,
        Math.ceil((train.images.count + 2 * test.images.count) / evaluationBatch) + 1,
      );
      const own = await candidatesOf(setting, train, [train.images.size], next);
      const oneCrop = own && (await candidatesOf(setting, test, [test.images.size], next));
      const dense = oneCrop && (await candidatesOf(setting, test, sizes, next));
      if (!own || !oneCrop || !dense) return null;
      const classes = predictedClasses([backbone]);
      const few = (all: readonly Candidates[]) =>
        new Regions(all.map(each => sidesOf(kept(each, greatest, most).boxes)));
      return {
        ...nothingElse,
        measures: {
          ...trained(tail),
          oneCrop: errorsOf(oneCrop.map(chosen), test, classes).dense,
          ...errorsOf(dense.map(chosen), test, classes),
        },
        artefacts: {
          [proposalsFile]: proposalsParts({ train: few(own), test: few(dense) }),
          [stateFile]: stateParts(program, await session.getState()),
        },
      };
    },
    close: async () => {},
  };
}

/** Step 2. */
function openRegions({ spec, seed, needs, opened }: Opened): TrainingWork {
  const program = programOf(spec);
  const backbone = needs.backbone1!;
  const proposals = readProposals(needs.proposals1!(proposalsFile)!);
  return {
    program,
    batches: new WarpedBatches(spec, opened, seed, boxesOf(proposals.train)),
    initial: adopted(program, initialState(program, seed), readState(backbone(stateFile)!)),
    ...bookkeeping(),
    async finish(session, tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec, mean: opened.mean };
      const next = shared(between, Math.ceil(proposals.test.total / evaluationBatch) + 1);
      const found = await reclassify(setting, opened.test, boxesOf(proposals.test), next);
      return (
        found && {
          ...nothingElse,
          measures: {
            ...trained(tail),
            ...errorsOf(found.map(chosen), opened.test, predictedClasses([backbone])),
          },
          artefacts: { [stateFile]: stateParts(program, await session.getState()) },
        }
      );
    },
    close: async () => {},
  };
}

/** Step 3: proposals of all members, scored by each; scores and boxes of a region are averaged. */
function openEnsemble({ spec, seed, needs, opened }: Opened): TrainingWork {
  const program = programOf(spec);
  const numbers = Array.from({ length: spec.members }, (_, i) => i + 1);
  const blank = initialState(program, seed);
  const states = numbers.map(i => adopted(program, blank, readState(needs[`regions${i}`]!(stateFile)!)));
  const union = boxesOf(
    Regions.joined(numbers.map(i => readProposals(needs[`proposals${i}`]!(proposalsFile)!).test)),
  );
  return {
    program,
    batches: { fill: () => {} },
    initial: states[0]!,
    ...bookkeeping(),
    async finish(session, _tail, between): Promise<Finished | null> {
      const setting: Setting = { session, program, spec, mean: opened.mean };
      const next = shared(between, Math.ceil((states.length * union.flat().length) / evaluationBatch) + 1);
      const all: Candidates[][] = [];
      for (const state of states) {
        await session.setState(state);
        const found = await reclassify(setting, opened.test, union, next);
        if (!found) return null;
        all.push(found);
      }
      const boxes = opened.test.boxes.map((_, image) => chosen(averaged(all.map(own => own[image]!))));
      const classes = predictedClasses(numbers.map(i => needs[`backbone${i}`]!));
      return { ...nothingElse, measures: errorsOf(boxes, opened.test, classes), artefacts: {} };
    },
    close: async () => {},
  };
}

function boxesOf(regions: Regions): Box[][] {
  return Array.from({ length: regions.images }, (_, image) => regions.of(image));
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

/** The likeliest class of every test image by the scores of backbones, dense, averaged. */
function predictedClasses(backbones: readonly ((file: string) => Uint8Array | null)[]): Uint8Array {
  const found = backbones.map(files => readScores(files(scoresFile)!));
  const scores = averageScores(found.map(({ tests }) => tests.get('multiScale')!));
  const { classes, labels } = found[0]!;
  return Uint8Array.from(labels, (_, image) => {
    const row = scores.subarray(image * classes, (image + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
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
