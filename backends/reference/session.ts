import type { Graph, Value } from '../../ml/graph/graph.ts';
import { fromPlain } from '../../ml/graph/plain.ts';
import {
  type EvaluationName,
  type Feeds,
  type ModelState,
  type Program,
  totalSize,
} from '../../ml/program.ts';
import { partsOf, runInBatches } from '../batches.ts';
import { checkState, checkTrainingBatch, evaluationOf } from '../checks.ts';
import { BackendError, type Session, type SessionInfo, type StepOutputs } from '../contract.ts';
import { feedsOf } from './feeds.ts';
import type { Reals } from './kernel.ts';
import { type Kernels, kernels } from './kernels.ts';
import { engine } from './probe.ts';
import { runGraph, runGraph64 } from './run-graph.ts';
import { sgdStep } from './sgd.ts';

/** Opens a session. It computes on one thread, whatever is asked. */
export function openReference(program: Program, arithmetic: Partial<Arithmetic> = {}): Session {
  return new ReferenceSession(program, { kernels, update: sgdStep, double: false, ...arithmetic });
}

/** What a session computes with; tests of the conformance suite put faults in their place. */
export interface Arithmetic {
  kernels: Kernels;
  update: typeof sgdStep;
  /** Whether values and state are kept in float64; the state is rounded only when it is handed over. */
  double: boolean;
}

/** A state in the precision of the session. */
type State = Record<keyof ModelState, Reals>;

class ReferenceSession implements Session {
  readonly info: SessionInfo;
  readonly #program: Program;
  readonly #arithmetic: Arithmetic;
  readonly #evaluations = new Map<string, Graph>();
  #forward: { graph: Graph; nextStatistics: readonly Value[] } | undefined;
  #state: State | undefined;
  #closed = false;

  constructor(program: Program, arithmetic: Arithmetic) {
    this.#program = program;
    this.#arithmetic = arithmetic;
    const variant = arithmetic.double ? 'float64' : engine.variant;
    this.info = { backend: 'reference', ...engine, variant, threads: 1 };
  }

  async setState(state: ModelState): Promise<void> {
    this.#expectOpen();
    checkState(this.#program, state);
    this.#state = {
      parameters: this.#kept(state.parameters),
      velocity: this.#kept(state.velocity),
      statistics: this.#kept(state.statistics),
    };
  }

  async getState(): Promise<ModelState> {
    const { parameters, velocity, statistics } = this.#current();
    return {
      parameters: rounded(parameters),
      velocity: rounded(velocity),
      statistics: rounded(statistics),
    };
  }

  async step(feeds: Feeds, learningRate: number): Promise<StepOutputs> {
    const { parameters, velocity, statistics } = this.#current();
    checkTrainingBatch(this.#program, feeds);
    const { graph, loss, logits, gradients, nextStatistics } = this.#program.train();
    const parts = partsOf(this.#program, feeds).map(part => this.#compute(graph, part));
    const gradient = mean(parts.map(found => this.#joined(gradients.map(found))));
    this.#arithmetic.update(this.#program.sgd, parameters, velocity, gradient, learningRate);
    if (nextStatistics.length > 0) statistics.set(this.#joined(nextStatistics.map(parts[0]!)));
    return {
      loss: mean(parts.map(found => found(loss)))[0]!,
      logits: rounded(this.#joined(parts.map(found => found(logits)))),
    };
  }

  async run(name: EvaluationName, feeds: Feeds, { size }: { size?: number } = {}): Promise<Float32Array> {
    this.#current();
    return runInBatches(evaluationOf(this.#program, name), feeds, size, async batch => {
      const graph = this.#evaluation(name, size);
      return rounded(this.#joined([...graph.outputs.values()].map(this.#compute(graph, batch))));
    });
  }

  async batchStatistics(feeds: Feeds): Promise<Float32Array> {
    const state = this.#current();
    checkTrainingBatch(this.#program, feeds);
    const { graph, nextStatistics } = (this.#forward ??= this.#buildForward());
    const statistics = this.#kept(new Float32Array(totalSize(this.#program.statistics)));
    const [first] = partsOf(this.#program, feeds);
    return rounded(this.#joined(nextStatistics.map(this.#compute(graph, first!, { ...state, statistics }))));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#state = undefined;
    this.#evaluations.clear();
  }

  #current(): State {
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
    if (!graph) this.#evaluations.set(key, (graph = evaluationOf(this.#program, name).build(size)));
    return graph;
  }

  #buildForward() {
    const forward = this.#program.forward();
    const { graph, values } = fromPlain(forward);
    return { graph, nextStatistics: forward.nextStatistics.map(id => values[id]!) };
  }

  /** Runs a graph on a state; the result looks a value up. */
  #compute(
    graph: Graph,
    feeds: Feeds,
    state: Pick<State, 'parameters' | 'statistics'> = this.#current(),
  ): (value: Value) => Reals {
    const { double, kernels: by } = this.#arithmetic;
    const values = (double ? runGraph64 : runGraph)(graph, feedsOf(this.#program, graph, state, feeds), by);
    return ({ id }) => values.get(id)!;
  }

  /** A copy in the precision of the session. */
  #kept(values: Float32Array): Reals {
    return this.#arithmetic.double ? Float64Array.from(values) : values.slice();
  }

  /** Arrays one after the other, in an array of their own. */
  #joined(parts: readonly Reals[]): Reals {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const all = this.#arithmetic.double ? new Float64Array(length) : new Float32Array(length);
    let offset = 0;
    for (const part of parts) {
      all.set(part, offset);
      offset += part.length;
    }
    return all;
  }
}

/** The mean over replicas, in the precision of the first, which is written. */
function mean([first, ...others]: readonly Reals[]): Reals {
  for (const each of others) for (let i = 0; i < each.length; i++) first![i]! += each[i]!;
  if (others.length > 0) for (let i = 0; i < first!.length; i++) first![i]! /= others.length + 1;
  return first!;
}

/** A copy in float32. */
function rounded(values: Reals): Float32Array {
  return Float32Array.from(values);
}
