import type { Graph, InputKind, Value } from '../../ml/graph/graph.ts';
import { fromPlain } from '../../ml/graph/plain.ts';
import type { EvaluationName, Feeds, ModelState, Program } from '../../ml/program.ts';
import { runInBatches } from '../batches.ts';
import { checkState, checkTrainingBatch, evaluationOf } from '../checks.ts';
import {
  BackendError,
  type Session,
  type SessionInfo,
  type SessionOptions,
  type StepOutputs,
} from '../contract.ts';
import type { Tensor, TensorFlow } from './api.ts';
import { Interpreter } from './graph.ts';
import { axes, fed, joined, laidOut, numbers, views } from './layout.ts';
import { computeOn, type Engine, loadEngine } from './load.ts';

/** Opens a session on the engine that is asked for, else on the first that is set up and loads. */
export async function openTfjs(program: Program, options: SessionOptions): Promise<Session> {
  return new TfjsSession(program, await loadEngine(options));
}

/** The vectors of `ModelState` as tensors, which live until they are replaced. */
type State = Readonly<Record<keyof ModelState, Tensor>>;

class TfjsSession implements Session {
  readonly info: SessionInfo;
  readonly #program: Program;
  readonly #engine: Engine;
  /** Of a training step: loss, logits, statistics. */
  readonly #training: Interpreter;
  /** Of the statistics alone. */
  readonly #statistics: Interpreter;
  readonly #evaluations = new Map<string, Interpreter>();
  #state: State | undefined;
  #closed = false;

  constructor(program: Program, engine: Engine) {
    const { version, device, variant, hardware, threads } = engine;
    this.info = { backend: 'tfjs', version, device, variant, hardware, threads };
    this.#program = program;
    this.#engine = engine;
    const { outputs, nextStatistics, ...plain } = program.forward();
    const { graph, values } = fromPlain({ ...plain, outputs });
    const statistics = nextStatistics.map(id => values[id]!);
    this.#training = new Interpreter(graph, [values[outputs.loss]!, values[outputs.logits]!, ...statistics]);
    this.#statistics = new Interpreter(graph, statistics);
  }

  async setState(state: ModelState): Promise<void> {
    this.#expectOpen();
    checkState(this.#program, state);
    this.#replaceState(
      computeOn(this.#engine, tf => {
        const kept = (vector: Float32Array) => tf.keep(tf.tensor(vector.slice(), [vector.length]));
        const { parameters, velocity, statistics } = state;
        return { parameters: kept(parameters), velocity: kept(velocity), statistics: kept(statistics) };
      }),
    );
  }

  async getState(): Promise<ModelState> {
    const { parameters, velocity, statistics } = this.#current();
    return computeOn(this.#engine, () => ({
      parameters: numbers(parameters),
      velocity: numbers(velocity),
      statistics: numbers(statistics),
    }));
  }

  async step(feeds: Feeds, learningRate: number): Promise<StepOutputs> {
    const state = this.#current();
    checkTrainingBatch(this.#program, feeds);
    const kept: Tensor[] = [];
    try {
      return computeOn(this.#engine, tf => {
        const { value, grad } = tf.valueAndGrad(parameters => {
          const [loss, ...rest] = this.#run(tf, this.#training, feeds, { ...state, parameters });
          kept.push(...rest.map(each => tf.keep(each)));
          return loss!;
        })(state.parameters);
        const [logits, ...statistics] = kept;
        const outputs = {
          loss: value.dataSync()[0]!,
          logits: numbers(laidOut(tf, logits!, axes.imagesOut)),
        };
        const next = statistics.length > 0 ? joined(tf, statistics) : tf.clone(state.statistics);
        this.#replaceState({ ...this.#updated(tf, state, grad, learningRate), statistics: tf.keep(next) });
        return outputs;
      });
    } finally {
      this.#engine.tf.dispose(kept);
    }
  }

  async run(name: EvaluationName, feeds: Feeds, { size }: { size?: number } = {}): Promise<Float32Array> {
    const state = this.#current();
    return runInBatches(evaluationOf(this.#program, name), feeds, size, async batch =>
      computeOn(this.#engine, tf =>
        numbers(
          joined(
            tf,
            this.#run(tf, this.#evaluation(name, size), batch, state).map(each =>
              laidOut(tf, each, axes.imagesOut),
            ),
          ),
        ),
      ),
    );
  }

  async batchStatistics(feeds: Feeds): Promise<Float32Array> {
    const state = this.#current();
    checkTrainingBatch(this.#program, feeds);
    return computeOn(this.#engine, tf => {
      const statistics = tf.zeros(state.statistics.shape);
      return numbers(joined(tf, this.#run(tf, this.#statistics, feeds, { ...state, statistics })));
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#replaceState(undefined);
    this.#evaluations.clear();
  }

  #run(tf: TensorFlow, interpreter: Interpreter, feeds: Feeds, state: State): Tensor[] {
    const parameters = views(tf, state.parameters, this.#program.parameters);
    const statistics = views(tf, state.statistics, this.#program.statistics);
    const given = ({ name, shape }: Value) => fed(tf, feeds[name]!, shape);
    const tensors: { readonly [K in InputKind]: (value: Value) => Tensor } = {
      images: given,
      labels: given,
      indices: given,
      targets: given,
      masks: given,
      parameter: ({ name }) => parameters.get(name)!,
      statistic: ({ name }) => statistics.get(name)!,
    };
    const inputs = interpreter.graph.inputs.map(
      ({ kind, value }) => [value.id, tensors[kind](value)] as const,
    );
    return interpreter.run(tf, new Map(inputs));
  }

  /** The two forms of `SgdSpec`: decay before momentum; Caffe's velocity contains the learning rate. */
  #updated(tf: TensorFlow, state: State, gradient: Tensor, rate: number): Omit<State, 'statistics'> {
    const { momentum, weightDecay, form } = this.#program.sgd;
    const decayed = tf.add(gradient, tf.mul(state.parameters, weightDecay));
    const inVelocity = form === 'caffe' ? tf.mul(decayed, rate) : decayed;
    const velocity = tf.keep(tf.add(tf.mul(state.velocity, momentum), inVelocity));
    const move = form === 'caffe' ? velocity : tf.mul(velocity, rate);
    return { velocity, parameters: tf.keep(tf.sub(state.parameters, move)) };
  }

  #evaluation(name: EvaluationName, size = this.#program.imageSize): Interpreter {
    const key = `${name} ${size}`;
    const found = this.#evaluations.get(key) ?? evaluating(evaluationOf(this.#program, name).build(size));
    this.#evaluations.set(key, found);
    return found;
  }

  #replaceState(state: State | undefined): void {
    if (this.#state) this.#engine.tf.dispose(Object.values(this.#state));
    this.#state = state;
  }

  #current(): State {
    this.#expectOpen();
    if (!this.#state) throw new BackendError('tfjs: the session has no state; call setState first');
    return this.#state;
  }

  #expectOpen(): void {
    if (this.#closed) throw new BackendError('tfjs: the session is closed');
  }
}

function evaluating(graph: Graph): Interpreter {
  return new Interpreter(graph, [...graph.outputs.values()]);
}
