import type { Graph, Value } from '../../ml/graph/graph.ts';
import { fromPlain } from '../../ml/graph/plain.ts';
import {
  type EvaluationName,
  type Feeds,
  type ModelState,
  type Program,
  totalSize,
} from '../../ml/program.ts';
import { runInBatches } from '../batches.ts';
import { checkState, checkTrainingBatch } from '../checks.ts';
import { BackendError, type Session, type SessionInfo, type StepOutputs } from '../contract.ts';
import { feedsOf } from './feeds.ts';
import { type Kernels, kernels } from './kernels.ts';
import { engine } from './probe.ts';
import { runGraph } from './run-graph.ts';
import { sgdStep } from './sgd.ts';

/** Opens a session. It computes on one thread, whatever is asked. */
export function openReference(program: Program, arithmetic: Partial<Arithmetic> = {}): Session {
  return new ReferenceSession(program, { kernels, update: sgdStep, ...arithmetic });
}

/** What a session computes with; tests of the conformance suite put faults in their place. */
export interface Arithmetic {
  kernels: Kernels;
  update: typeof sgdStep;
}

class ReferenceSession implements Session {
  readonly info: SessionInfo = { backend: 'reference', ...engine, threads: 1 };
  readonly #program: Program;
  readonly #arithmetic: Arithmetic;
  readonly #evaluations = new Map<string, Graph>();
  #forward: { graph: Graph; nextStatistics: readonly Value[] } | undefined;
  #state: ModelState | undefined;
  #closed = false;

  constructor(program: Program, arithmetic: Arithmetic) {
    this.#program = program;
    this.#arithmetic = arithmetic;
  }

  async setState(state: ModelState): Promise<void> {
    this.#expectOpen();
    checkState(this.#program, state);
    this.#state = copy(state);
  }

  async getState(): Promise<ModelState> {
    return copy(this.#current());
  }

  async step(feeds: Feeds, learningRate: number): Promise<StepOutputs> {
    const { parameters, velocity, statistics } = this.#current();
    checkTrainingBatch(this.#program, feeds);
    const { graph, loss, logits, gradients, nextStatistics } = this.#program.train();
    const found = this.#compute(graph, feeds);
    const gradient = joined(gradients.map(found));
    this.#arithmetic.update(this.#program.sgd, parameters, velocity, gradient, learningRate);
    statistics.set(joined(nextStatistics.map(found)));
    return { loss: found(loss)[0]!, logits: found(logits) };
  }

  async run(name: EvaluationName, feeds: Feeds, { size }: { size?: number } = {}): Promise<Float32Array> {
    this.#current();
    return runInBatches(this.#program.evaluations[name], feeds, size, async batch => {
      const graph = this.#evaluation(name, size);
      return joined([...graph.outputs.values()].map(this.#compute(graph, batch)));
    });
  }

  async batchStatistics(feeds: Feeds): Promise<Float32Array> {
    const state = this.#current();
    checkTrainingBatch(this.#program, feeds);
    const { graph, nextStatistics } = (this.#forward ??= this.#buildForward());
    const statistics = new Float32Array(totalSize(this.#program.statistics));
    return joined(nextStatistics.map(this.#compute(graph, feeds, { ...state, statistics })));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#state = undefined;
    this.#evaluations.clear();
  }

  #current(): ModelState {
    this.#expectOpen();
    if (!this.#state) throw new BackendError('reference: the session has no state; call setState first');
    return this.#state;
  }

  #expectOpen(): void {
    if (this.#closed) throw new BackendError('reference: the session is closed');
  }

  #evaluation(name: EvaluationName, size = this.#program.imageSize): Graph {
    const key = `${name} ${size}`;
    let graph = this.#evaluations.get(key);
    if (!graph) this.#evaluations.set(key, (graph = this.#program.evaluations[name].build(size)));
    return graph;
  }

  #buildForward() {
    const forward = this.#program.forward();
    const { graph, values } = fromPlain(forward);
    return { graph, nextStatistics: forward.nextStatistics.map(id => values[id]!) };
  }

  /** Runs a graph on a state; the result looks a value up. */
  #compute(graph: Graph, feeds: Feeds, state = this.#current()): (value: Value) => Float32Array {
    const values = runGraph(graph, feedsOf(this.#program, graph, state, feeds), this.#arithmetic.kernels);
    return ({ id }) => values.get(id)!;
  }
}

function copy({ parameters, velocity, statistics }: ModelState): ModelState {
  return { parameters: parameters.slice(), velocity: velocity.slice(), statistics: statistics.slice() };
}

/** Arrays one after the other, in an array of their own. */
function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
