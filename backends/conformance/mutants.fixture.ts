import { buildProgram, type Program } from '../../ml/program.ts';
import type { Backend, Session } from '../contract.ts';
import { reference } from '../reference/index.ts';
import { kernels } from '../reference/kernels.ts';
import { runGraph } from '../reference/run-graph.ts';
import { openReference } from '../reference/session.ts';
import { sgdStep } from '../reference/sgd.ts';
import { type Mutant, operatorMutants } from './mutants-operators.fixture.ts';

export type { Mutant };

/** Faults that backends have had, or that a reader of the paper may build. */
export const mutants: readonly Mutant[] = [
  ...operatorMutants,
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
        const { network } = p;
        if (network.family === 'vgg') return p;
        const batchNorm = { ...network.batchNorm, momentum: 1 - network.batchNorm.momentum };
        return buildProgram({ ...p, network: { ...network, batchNorm } });
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
