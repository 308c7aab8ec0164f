import { buildProgram, type Program } from '../../ml/program.ts';
import type { Backend, Session } from '../contract.ts';
import { reference } from '../reference/index.ts';
import type { Tensor } from '../reference/kernel.ts';
import { type Kernels, kernels } from '../reference/kernels.ts';
import { eachWindow } from '../reference/kernels-pooling.ts';
import { runGraph } from '../reference/run-graph.ts';
import { openReference } from '../reference/session.ts';
import { sgdStep } from '../reference/sgd.ts';
import type { RungName } from './rungs.ts';

/** The reference with one fault, and the lowest rung that can see it. */
export interface Mutant {
  name: string;
  rung: RungName;
  /** The lowest rung where single operators cannot be run; absent: the same. */
  withoutOperators?: RungName;
  backend: Backend;
}

/** Faults that backends have had, or that a reader of the paper may build. */
export const mutants: readonly Mutant[] = [
  computing('height and width of a kernel swapped', 'operators', 'evaluation', {
    conv: ({ x, w }, y, attributes) => kernels.conv({ x, w: { ...w, data: transposed(w) } }, y, attributes),
  }),
  computing('a convolution that begins a pixel late', 'operators', 'known answers', {
    conv({ x, w }, { y }, attributes) {
      const { stride, pad } = attributes;
      const shifted = { ...x, data: stride === 2 && pad > 0 ? shiftedByOne(x) : x.data };
      kernels.conv({ x: shifted, w }, { y }, attributes);
    },
  }),
  computing('the biased variance in the running average', 'operators', 'known answers', {
    batchNorm(inputs, outputs, attributes) {
      kernels.batchNorm(inputs, outputs, attributes);
      const { runningVariance, x } = inputs;
      const next = outputs.nextRunningVariance.data;
      const count = x.data.length / x.shape[1]!;
      const kept = 1 - attributes.momentum;
      runningVariance.data.forEach((old, c) => {
        next[c] = kept * old + ((next[c]! - kept * old) * (count - 1)) / count;
      });
    },
  }),
  computing('epsilon of 1e-5 instead of the one asked for', 'operators', 'known answers', {
    batchNorm: (i, o, attributes) => kernels.batchNorm(i, o, { ...attributes, epsilon: 1e-5 }),
  }),
  computing('epsilon of 1e-5 in evaluations', 'operators', 'known answers', {
    batchNormInference: (i, o) => kernels.batchNormInference(i, o, { epsilon: 1e-5 }),
  }),
  computing('zero channels of option A first', 'operators', 'known answers', {
    shortcutA(inputs, { y }, attributes) {
      kernels.shortcutA(inputs, { y }, attributes);
      const added = y.data.length / y.shape[0]! / y.shape[1]!;
      const [images, first] = [y.shape[0]!, (y.shape[1]! - inputs.x.shape[1]!) * added];
      const length = y.data.length / images;
      for (let n = 0; n < images; n++) {
        const image = y.data.subarray(n * length, (n + 1) * length);
        image.copyWithin(first, 0, length - first);
        image.fill(0, 0, first);
      }
    },
  }),
  computing('a softmax without its maximum taken off', 'known answers', 'known answers', {
    softmaxCrossEntropy({ logits, labels }, { loss, probabilities }) {
      const [batch, classes] = logits.shape as [number, number];
      let total = 0;
      for (let n = 0; n < batch; n++) {
        const row = logits.data.subarray(n * classes, (n + 1) * classes);
        const sum = [...row].reduce((all, each) => all + Math.exp(each), 0);
        for (let k = 0; k < classes; k++) probabilities.data[n * classes + k] = Math.exp(row[k]!) / sum;
        total += Math.log(sum) - row[labels.data[n]!]!;
      }
      loss.data[0] = total / batch;
    },
  }),
  computing('the last of equal maxima', 'gradients', 'known answers', {
    maxPoolGradient({ dy, x }, { dx }, attributes) {
      eachWindow(x.shape, dy.shape, attributes, (at, window) => {
        const last = window.reduce((best, place) => (x.data[place]! >= x.data[best]! ? place : best));
        dx.data[last]! += dy.data[at]!;
      });
    },
  }),
  computing('the gradient of a shift with the wrong sign', 'gradients', 'step', {
    batchNormGradient(inputs, outputs, attributes) {
      kernels.batchNormGradient(inputs, outputs, attributes);
      outputs.dbeta.data.forEach((value, c) => {
        outputs.dbeta.data[c] = -value;
      });
    },
  }),
  computing('a gradient summed over the batch', 'gradients', 'known answers', {
    softmaxCrossEntropyGradient(inputs, { dlogits }, attributes) {
      kernels.softmaxCrossEntropyGradient(inputs, { dlogits }, attributes);
      dlogits.data.forEach((value, i) => {
        dlogits.data[i] = value * inputs.labels.data.length;
      });
    },
  }),
  computing('a smooth L1 loss whose sigma is not squared', 'operators', 'step', {
    smoothL1: (i, o, { sigma }) => kernels.smoothL1(i, o, { sigma: Math.sqrt(sigma) }),
  }),
  computing('a logistic loss averaged over its outputs', 'operators', 'step', {
    sigmoidCrossEntropy(inputs, outputs, attributes) {
      kernels.sigmoidCrossEntropy(inputs, outputs, attributes);
      outputs.loss.data[0]! /= inputs.logits.data.length;
    },
  }),
  computing('regions that are pooled from the first image alone', 'operators', 'evaluation', {
    roiMaxPool: ({ x, cells }, y, attributes) =>
      kernels.roiMaxPool({ x, cells: inFirst(x, cells) }, y, attributes),
  }),
  computing('rows that are gathered without adding up', 'gradients', 'step', {
    gatherRowsGradient({ dy, rows }, { dx }) {
      const columns = dy.shape[1]!;
      dy.data.forEach((value, i) => {
        dx.data[rows.data[Math.floor(i / columns)]! * columns + (i % columns)] = value;
      });
    },
  }),
  computing('epsilon left out of the gradient of a constant batch norm', 'gradients', 'step', {
    batchNormInferenceGradient: (i, o) => kernels.batchNormInferenceGradient(i, o, { epsilon: 0 }),
  }),
  computing('the gradient of a bias of the last image alone', 'gradients', 'step', {
    biasGradient({ dy }, db, attributes) {
      const last = dy.data.slice((dy.data.length / dy.shape[0]!) * (dy.shape[0]! - 1));
      kernels.biasGradient({ dy: { shape: [1, ...dy.shape.slice(1)], data: last } }, db, attributes);
    },
  }),
  updating('momentum of Nesterov', (sgd, p, v, g, rate) => {
    for (let i = 0; i < p.length; i++) {
      const decayed = g[i]! + sgd.weightDecay * p[i]!;
      const scaled = sgd.form === 'caffe' ? rate * decayed : decayed;
      v[i] = sgd.momentum * v[i]! + scaled;
      p[i]! -= (sgd.form === 'caffe' ? 1 : rate) * (sgd.momentum * v[i]! + scaled);
    }
  }),
  updating('weight decay after the momentum', (sgd, p, v, g, rate) => {
    const decay = p.map(value => rate * sgd.weightDecay * value);
    sgdStep({ ...sgd, weightDecay: 0 }, p, v, g, rate);
    for (let i = 0; i < p.length; i++) p[i]! -= decay[i]!;
  }),
  {
    name: 'a velocity scaled by the rates at a drop',
    rung: 'known answers',
    backend: answering(session => {
      let last: number | undefined;
      return {
        async step(feeds, rate) {
          const state = await session.getState();
          const scale = rate / (last ?? rate);
          last = rate;
          await session.setState({ ...state, velocity: state.velocity.map(value => value * scale) });
          return session.step(feeds, rate);
        },
      };
    }),
  },
  {
    name: 'the other form of momentum',
    rung: 'known answers',
    backend: programmed(p => {
      const form = p.sgd.form === 'caffe' ? 'pytorch' : 'caffe';
      return { ...p, sgd: { ...p.sgd, form } };
    }),
  },
  {
    name: 'a running average that keeps a tenth',
    rung: 'operators',
    withoutOperators: 'known answers',
    backend: {
      ...programmed(p => {
        const batchNorm = { ...p.network.batchNorm, momentum: 1 - p.network.batchNorm.momentum };
        return buildProgram({ ...p, network: { ...p.network, batchNorm } });
      }),
      runGraph: async (graph, feeds) =>
        runGraph(graph, feeds, {
          ...kernels,
          batchNorm: (i, o, a) => kernels.batchNorm(i, o, { ...a, momentum: 1 - a.momentum }),
        }),
    },
  },
  {
    name: 'filling of a last batch that shows',
    rung: 'evaluation',
    backend: answering(session => ({
      async run(graph, feeds, options) {
        const rows = await session.run(graph, feeds, options);
        return rows.length > 160 ? rows.fill(0, rows.length - 10) : rows;
      },
    })),
  },
  {
    name: 'logits off by a hundredth at other image sizes',
    rung: 'known answers',
    backend: answering(session => ({
      run: (graph, feeds, options) =>
        session.run(graph, feeds, options).then(all => (options?.size ? all.map(v => v + 0.01) : all)),
    })),
  },
  {
    name: 'a rate that grows after the fourth step',
    rung: 'training',
    backend: answering(session => {
      let step = 0;
      return { step: (feeds, rate) => session.step(feeds, ++step > 4 ? 3 * rate : rate) };
    }),
  },
  {
    name: 'a checkpoint that is lent out instead of copied',
    rung: 'state',
    backend: answering(session => {
      let lent: Awaited<ReturnType<Session['getState']>> | undefined;
      return {
        async getState() {
          const state = await session.getState();
          if (!lent) return (lent = state);
          for (const name of ['parameters', 'velocity', 'statistics'] as const) lent[name].set(state[name]);
          return lent;
        },
      };
    }),
  },
  {
    name: 'a digit that a checkpoint does not hold',
    rung: 'resume',
    backend: answering(session => {
      let step = 0;
      return { step: (feeds, rate) => session.step(feeds, ++step > 12 ? rate * (1 + 1e-6) : rate) };
    }),
  },
  {
    name: 'statistics of a batch with some of the running ones in them',
    rung: 'statistics',
    backend: answering(session => ({
      async batchStatistics(feeds) {
        const before = await session.getState();
        await session.step(feeds, 0);
        const { statistics } = await session.getState();
        await session.setState(before);
        return statistics;
      },
    })),
  },
  {
    name: 'logits in an array that is used again',
    rung: 'ownership',
    backend: answering(session => {
      const logits = new Float32Array(160);
      return {
        async step(feeds, rate) {
          const outputs = await session.step(feeds, rate);
          if (outputs.logits.length !== 160) return outputs;
          logits.set(outputs.logits);
          return { ...outputs, logits };
        },
      };
    }),
  },
];

/** Cases that are quick in plain loops: one network of each kind of case. */
export function isQuick(name: string): boolean {
  return (
    /^(operator|known answer|detector|long training|ownership|refusals|closing)/.test(name) ||
    /ResNet-14( 4\/6\/10 at 8x8)?, pytorch$/.test(name)
  );
}

/** Cells of the same places in the first image. */
function inFirst(x: Tensor, cells: Tensor): Tensor {
  const pixels = x.shape[2]! * x.shape[3]!;
  return { ...cells, data: Int32Array.from(cells.data, cell => cell % pixels) };
}

/** Operators with a fault, in sessions and when they are run by themselves. */
function computing(
  name: string,
  rung: RungName,
  withoutOperators: RungName,
  faulty: Partial<Kernels>,
): Mutant {
  const wrong = { ...kernels, ...faulty };
  const backend: Backend = {
    ...reference,
    id: 'mutant',
    open: async program => openReference(program, { kernels: wrong }),
    runGraph: async (graph, feeds) => runGraph(graph, feeds, wrong),
  };
  return { name, rung, withoutOperators, backend };
}

function updating(name: string, update: typeof sgdStep): Mutant {
  const open: Backend['open'] = async program => openReference(program, { update });
  return { name, rung: 'known answers', backend: { ...reference, id: 'mutant', open } };
}

/** The reference computing another program than it was asked to. */
function programmed(change: (program: Program) => Program): Backend {
  return { ...reference, id: 'mutant', open: (program, options) => reference.open(change(program), options) };
}

/** The reference with some of a session's calls replaced. */
function answering(change: (session: Session) => Partial<Session>): Backend {
  return {
    ...reference,
    id: 'mutant',
    async open(program, options) {
      const session = await reference.open(program, options);
      const own: Session = {
        info: session.info,
        setState: state => session.setState(state),
        getState: () => session.getState(),
        step: (feeds, rate) => session.step(feeds, rate),
        run: (graph, feeds, options) => session.run(graph, feeds, options),
        batchStatistics: feeds => session.batchStatistics(feeds),
        close: () => session.close(),
      };
      return { ...own, ...change(session) };
    },
  };
}

/** Weights with the two axes of each kernel swapped. */
function transposed({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): Float32Array {
  const [height, width] = [shape[2]!, shape[3]!];
  return Float32Array.from(data, (_, i) => {
    const [at, base] = [i % (height * width), i - (i % (height * width))];
    return data[base + (at % width) * height + Math.floor(at / width)]!;
  });
}

/** Images moved up and left by a pixel: what a padding of one less before and one more after sees. */
function shiftedByOne({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): Float32Array {
  const [height, width] = [shape[2]!, shape[3]!];
  return Float32Array.from(data, (_, i) => {
    const [row, column] = [Math.floor(i / width) % height, i % width];
    return row + 1 < height && column + 1 < width ? data[i + width + 1]! : 0;
  });
}
