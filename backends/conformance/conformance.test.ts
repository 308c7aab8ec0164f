import { describe, expect, it } from 'vitest';
import { signatures } from '../../ml/graph/ops.ts';
import type { ResidualNetwork } from '../../ml/nets/spec.ts';
import { buildProgram, type Program } from '../../ml/program.ts';
import type { Backend, Feeds, Session } from '../contract.ts';
import { reference } from '../reference/index.ts';
import { runGraph } from '../reference/run-graph.ts';
import { conformanceCases, formatReport, runConformance } from './conformance.ts';
import { operatorCases } from './operators.ts';
import type { RunGraph } from './subject.ts';

const net = 'ResNet-14 4/6/10 at 8x8, pytorch';
const only = (...names: string[]) => ({ only: (name: string) => names.includes(name) });

/** The first departure of one case. */
async function departure(backend: Backend, name: string): Promise<string | null> {
  const { results } = await runConformance(backend, { ...only(name), steps: 6 });
  expect(results.map(r => r.name)).toEqual([name]);
  return results[0]!.departure?.what ?? null;
}

/** The reference computing another program than it was asked to. */
function computing(change: (program: Program) => Program): Backend {
  return { ...reference, id: 'faulty', open: (program, options) => reference.open(change(program), options) };
}

/** The reference with some of a session's calls replaced. */
function answering(change: (session: Session) => Partial<Session>): Backend {
  return {
    ...reference,
    id: 'faulty',
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

describe('operator cases', () => {
  it('cover the vocabulary under distinct names', () => {
    expect(new Set(operatorCases.map(c => c.op))).toEqual(new Set(Object.keys(signatures)));
    expect(new Set(operatorCases.map(c => c.name)).size).toBe(operatorCases.length);
  });

  it('find the operator that departs, and only that one', async () => {
    const stretched: RunGraph = async (graph, feeds) => {
      const values = runGraph(graph, feeds);
      for (const node of graph.nodes) {
        if (node.op === 'conv' && node.attributes.stride === 2) values.get(node.outputs.y.id)![0]! += 0.1;
      }
      return values;
    };
    const report = await runConformance(reference, {
      runGraph: stretched,
      only: name => name.startsWith('operator'),
    });
    const strided = report.results.filter(r => /^operator: conv stride=2 /.test(r.name));
    expect(strided.length).toBeGreaterThan(2);
    expect(report.results.filter(r => !r.passed)).toEqual(strided);
    expect(strided[0]!.departure).toMatchObject({ what: 'conv.y', tolerance: 1e-5 });
  });
});

describe('the suite names what departs first', () => {
  it('nothing, for the reference itself', async () => {
    const names = conformanceCases({})
      .map(c => c.name)
      .filter(name => name.endsWith(net) || /^known/.test(name));
    const report = await runConformance(reference, only(...names));
    expect(report.results.map(r => r.name)).toEqual(names);
    expect(report).toMatchObject({ backend: 'reference', device: 'cpu', variant: 'loops', passed: true });
  }, 30_000);

  it('the running statistic, for another batch norm momentum', async () => {
    const backend = computing(p => {
      const network = p.network as ResidualNetwork;
      const batchNorm = { ...network.batchNorm, momentum: 0.2 };
      return buildProgram({ ...p, network: { ...network, batchNorm } });
    });
    expect(await departure(backend, `step: ${net}`)).toBe('conv1.bn.mean');
    expect(await departure(backend, 'known answer: running statistics')).toBe('conv1.bn.mean');
  });

  it('the running variance, when it takes the biased one', async () => {
    const backend = answering(session => ({
      async step(feeds, rate) {
        const before = await session.getState();
        const result = await session.step(feeds, rate);
        const after = await session.getState();
        const pixels = 16 * 8 * 8;
        for (let i = 8; i < 16; i++) {
          const added = after.statistics[i]! - 0.9 * before.statistics[i]!;
          after.statistics[i] = 0.9 * before.statistics[i]! + (added * (pixels - 1)) / pixels;
        }
        await session.setState(after);
        return result;
      },
    }));
    expect(await departure(backend, 'known answer: running statistics')).toBe('conv1.bn.variance');
  });

  it('the last layer whose gradient is wrong', async () => {
    const backend = computing(p => ({
      ...p,
      train() {
        const { gradients, ...train } = p.train();
        const [a, b] = ['conv2_1a.weight', 'conv2_2b.weight'].map(n =>
          p.parameters.findIndex(s => s.name === n),
        );
        const swapped = gradients.with(a!, gradients[b!]!).with(b!, gradients[a!]!);
        return { ...train, gradients: swapped };
      },
    }));
    expect(await departure(backend, `step: ${net}`)).toBe('gradient of conv2_2b.weight');
  });

  it('the velocity, for the other form of momentum and only across the drop', async () => {
    const form = { caffe: 'pytorch', pytorch: 'caffe' } as const;
    const backend = computing(p => ({ ...p, sgd: { ...p.sgd, form: form[p.sgd.form] } }));
    const drop = 'known answer: momentum across a drop of the learning rate, caffe';
    expect(await departure(backend, drop)).toBe('velocity');
    expect(await departure(backend, 'known answer: weight decay enters the velocity')).toBeNull();
  });

  it('the velocity, for a weight decay that is left out', async () => {
    const backend = computing(p => ({ ...p, sgd: { ...p.sgd, weightDecay: 0 } }));
    expect(await departure(backend, 'known answer: weight decay enters the velocity')).toBe('velocity');
  });

  it('the step from which a training goes another way', async () => {
    const backend = answering(session => {
      let step = 0;
      return { step: (feeds, rate) => session.step(feeds, ++step === 3 ? 2 * rate : rate) };
    });
    expect(await departure(backend, `training: ${net}`)).toBe('loss of step 4');
  });

  it('the partial batch, when its padding shows', async () => {
    const backend = answering(session => ({
      async run(graph, feeds, options) {
        const logits = await session.run(graph, feeds, options);
        return logits.length > 160 ? logits.fill(0, logits.length - 10) : logits;
      },
    }));
    expect(await departure(backend, `predict: ${net}`)).toBe('logits of the last, partial batch');
  });

  it('the image size, when a session keeps to the one of training', async () => {
    const backend = answering(session => ({
      async run(graph, feeds, options) {
        const logits = await session.run(graph, feeds, options);
        return options?.size === undefined ? logits : logits.map(v => 1.01 * v);
      },
    }));
    expect(await departure(backend, `predict: ${net}`)).toBe('logits at another image size');
  });

  it('the layer whose response is wrong', async () => {
    const backend = answering(session => ({
      run: async (graph, feeds) => (await session.run(graph, feeds)).map((v, i) => (i === 4 ? v + 0.01 : v)),
    }));
    expect(await departure(backend, `responses: ${net}`)).toBe('response of conv2_1b');
  });

  it('the statistics of a batch that hold some of the running ones', async () => {
    const backend = answering(session => ({
      async batchStatistics(feeds) {
        await session.step(feeds, 0);
        return (await session.getState()).statistics;
      },
    }));
    expect(await departure(backend, `batch statistics: ${net}`)).toBe('conv1.bn.mean');
  });

  it('the state that a batch whose statistics are taken leaves behind', async () => {
    const backend = answering(session => ({
      async batchStatistics(feeds) {
        const state = await session.getState();
        await session.setState({ ...state, statistics: new Float32Array(state.statistics.length) });
        await session.step(feeds, 0);
        const { statistics } = await session.getState();
        await session.setState({ ...(await session.getState()), statistics: state.statistics });
        return statistics;
      },
    }));
    expect(await departure(backend, `batch statistics: ${net}`)).toBe('velocity afterwards');
  });

  it('the vector that does not survive a checkpoint', async () => {
    const backend = answering(session => ({
      setState: state => session.setState({ ...state, velocity: new Float32Array(state.velocity.length) }),
    }));
    expect(await departure(backend, `state: ${net}`)).toBe('velocity as set');
  });

  it('a state that is lent out instead of copied', async () => {
    const backend = answering(session => {
      let kept: Awaited<ReturnType<Session['getState']>> | undefined;
      return {
        async setState(state) {
          kept = state;
          await session.setState(state);
        },
        getState: async () => kept!,
      };
    });
    expect(await departure(backend, `state: ${net}`)).toBe('parameters as set');
  });

  it('logits in an array that the next step writes into', async () => {
    const backend = answering(session => {
      const logits = new Float32Array(160);
      return {
        async step(feeds, rate) {
          const outputs = await session.step(feeds, rate);
          logits.set(outputs.logits);
          return { ...outputs, logits };
        },
      };
    });
    expect(await departure(backend, `ownership: ${net}`)).toBe('logits of a step after later calls');
  });

  it('a batch that is read after its step', async () => {
    const backend = answering(session => {
      let last: Feeds | undefined;
      return {
        async step(feeds, rate) {
          const outputs = await session.step(last ?? feeds, rate);
          last = feeds;
          return outputs;
        },
      };
    });
    expect(await departure(backend, `ownership: ${net}`)).toBe('loss with arrays used again');
  });

  it('a feed that is not checked', async () => {
    const backend = answering(session => ({
      step: async ({ images, labels = new Int32Array(16) }, rate) =>
        session.step({ images: images!, labels }, rate),
    }));
    expect(await departure(backend, `refusals: ${net}`)).toBe('a step without labels');
  });

  it('an error that is no explanation', async () => {
    const backend = answering(session => ({
      run: (graph, feeds) =>
        session.run(graph, feeds).catch(error => Promise.reject(new Error(error.message))),
    }));
    expect(await departure(backend, `refusals: ${net}`)).toBe('an evaluation without a state');
  });

  it('a call that works on a closed session', async () => {
    const backend = answering(session => {
      const state = {
        parameters: new Float32Array(),
        velocity: new Float32Array(),
        statistics: new Float32Array(),
      };
      return { getState: () => session.getState().catch(() => state) };
    });
    expect(await departure(backend, `closing: ${net}`)).toBe('getState after close');
  });
});

describe('report', () => {
  it('says what departs, by how much, and goes on after a case that fails', async () => {
    const backend = answering(session => ({
      async run(graph, feeds) {
        if (graph === 'predict') throw new Error('out of memory');
        return (await session.run(graph, feeds)).map(v => 2 * v);
      },
    }));
    const report = await runConformance(backend, only(`predict: ${net}`, `responses: ${net}`));
    expect(report.passed).toBe(false);
    expect(formatReport(report).split('\n')).toEqual([
      expect.stringMatching(/^faulty \(node .*, cpu, loops\): 0 of 2 cases agree with the reference$/),
      `fails   predict: ${net}: Error: out of memory`,
      `departs responses: ${net}: first in response of conv1, relative error 1.0e+0, tolerance 1.0e-5`,
    ]);
  });

  it('is not made for a backend that cannot run here', async () => {
    const probe = async () => ({ available: false, missing: 'no engine', fix: 'npm ci' }) as const;
    const run = runConformance({ ...reference, probe });
    await expect(run).rejects.toMatchObject({ message: 'reference: no engine', fix: 'npm ci' });
  });
});
