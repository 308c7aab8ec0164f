import type { Graph, Value } from '../../ml/graph/graph.ts';
import { type Program, totalSize } from '../../ml/program.ts';
import type { Batch, ModelState, Session, SessionInfo, SessionOptions, StepResult } from '../contract.ts';
import { BackendError } from '../contract.ts';
import { evaluateGraph } from './evaluate.ts';
import { feedsOf } from './feeds.ts';
import { engine } from './probe.ts';
import { sgdStep } from './sgd.ts';

/** Opens a session; a lowering other than `loops` is a `BackendError`. It computes on one thread, whatever is asked. */
export async function openReference(program: Program, { lowering }: SessionOptions): Promise<Session> {
  if (lowering !== undefined && lowering !== engine.lowering) {
    throw new BackendError(`reference: no lowering ${lowering}; expected ${engine.lowering}`);
  }
  return new ReferenceSession(program);
}

class ReferenceSession implements Session {
  readonly info: SessionInfo = { backend: 'reference', ...engine, threads: 1 };
  readonly #program: Program;
  #state: ModelState | null = null;

  constructor(program: Program) {
    this.#program = program;
  }

  async setState({ parameters, velocity, statistics }: ModelState): Promise<void> {
    expectLength('parameters', parameters, totalSize(this.#program.parameters));
    expectLength('velocity', velocity, totalSize(this.#program.parameters));
    expectLength('statistics', statistics, totalSize(this.#program.statistics));
    this.#state = copy({ parameters, velocity, statistics });
  }

  async getState(): Promise<ModelState> {
    return copy(this.#current());
  }

  async trainStep(batch: Batch, learningRate: number): Promise<StepResult> {
    const { parameters, velocity, statistics } = this.#current();
    expectLabels(batch.labels, this.#program.network.classes);
    const train = this.#program.train();
    const values = this.#evaluate(train.graph, batch.images, batch.labels);
    const gradients = new Float32Array(parameters.length);
    for (const [i, { offset }] of this.#program.parameters.entries()) {
      gradients.set(values(train.gradients[i]!), offset);
    }
    sgdStep(this.#program.sgd, parameters, velocity, gradients, learningRate);
    for (const [i, { offset }] of this.#program.statistics.entries()) {
      statistics.set(values(train.nextStatistics[i]!), offset);
    }
    return { loss: values(train.loss)[0]!, logits: values(train.logits) };
  }

  async predict(images: Float32Array, count: number, size = this.#program.imageSize): Promise<Float32Array> {
    const { evaluationBatch, network } = this.#program;
    const length = 3 * size * size;
    expectLength('images', images, count * length);
    const logits = new Float32Array(count * network.classes);
    const graph = this.#program.predict(size);
    for (let first = 0; first < count; first += evaluationBatch) {
      const batch = new Float32Array(evaluationBatch * length); // zeros where the last batch is not full
      batch.set(images.subarray(first * length, (first + evaluationBatch) * length));
      const rows = this.#evaluate(graph, batch)(graph.outputs.get('logits')!);
      logits.set(rows.subarray(0, (count - first) * network.classes), first * network.classes);
    }
    return logits;
  }

  async responses(images: Float32Array): Promise<Float32Array> {
    const graph = this.#program.responses();
    const values = this.#evaluate(graph, images);
    const moments = this.#program.responseLayers.map(layer =>
      values(graph.outputs.get(`response.${layer}`)!),
    );
    return Float32Array.from(moments.flatMap(m => [...m]));
  }

  async close(): Promise<void> {
    this.#state = null;
  }

  #current(): ModelState {
    if (!this.#state) throw new BackendError('reference: the session has no state; call setState first');
    return this.#state;
  }

  /** Runs a graph on the current state; the result looks a value up. */
  #evaluate(graph: Graph, images: Float32Array, labels?: Int32Array): (value: Value) => Float32Array {
    const values = evaluateGraph(graph, feedsOf(this.#program, graph, this.#current(), images, labels));
    return value => values.get(value.id)!;
  }
}

function copy({ parameters, velocity, statistics }: ModelState): ModelState {
  return { parameters: parameters.slice(), velocity: velocity.slice(), statistics: statistics.slice() };
}

function expectLength(what: string, { length }: Float32Array, expected: number): void {
  if (length !== expected)
    throw new BackendError(`${what}: expected ${expected} numbers, received ${length}`);
}

function expectLabels(labels: Int32Array, classes: number): void {
  const wrong = labels.find(label => label < 0 || label >= classes);
  if (wrong !== undefined) throw new BackendError(`labels: expected 0 to ${classes - 1}, received ${wrong}`);
}
