import type { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  type EvaluationName,
  type Feeds,
  type InputSpec,
  type ModelState,
  type Program,
  totalSize,
} from '../../ml/program.ts';
import { runInBatches } from '../batches.ts';
import { checkState, checkTrainingBatch, evaluationOf } from '../checks.ts';
import { BackendError, type Session, type SessionInfo, type StepOutputs } from '../contract.ts';
import type { DeviceName } from './devices.ts';
import type { Lowering } from './lowering/lowering.ts';
import {
  evaluationModel,
  type StateStorage,
  stateStorage,
  statisticsModel,
  trainingModel,
} from './lowering/program.ts';
import type { OnnxBuilder } from './onnx.ts';
import { failureOn, loadRuntime, openModel, type Runtime } from './runtime.ts';

/** What a session says of itself. */
type Info = SessionInfo & { device: DeviceName };

/** A session on a given lowering. */
export async function createSession<T, B extends OnnxBuilder>(
  program: Program,
  info: Info,
  lowering: Lowering<T, B>,
): Promise<Session> {
  return new OnnxSession(program, info, lowering, await loadRuntime());
}

/** An evaluation at another image size has a model of its own. */
type ModelName = 'train' | 'statistics' | `${EvaluationName} ${number}`;
type StateName = keyof ModelState;
type StateTensors = Record<StateName, Tensor>;

class OnnxSession<T, B extends OnnxBuilder> implements Session {
  readonly info: Info;
  readonly #program: Program;
  readonly #lowering: Lowering<T, B>;
  readonly #runtime: Runtime;
  readonly #sizes: Record<StateName, number>;
  readonly #storage: Record<StateName, StateStorage>;
  readonly #models = new Map<ModelName, Promise<InferenceSession>>();
  #state: StateTensors | undefined;
  #closed = false;

  constructor(program: Program, info: Info, lowering: Lowering<T, B>, runtime: Runtime) {
    this.info = info;
    this.#program = program;
    this.#lowering = lowering;
    this.#runtime = runtime;
    const parameterCount = totalSize(program.parameters);
    this.#sizes = {
      parameters: parameterCount,
      velocity: parameterCount,
      statistics: totalSize(program.statistics),
    };
    const graph = program.evaluations.predict.build();
    const parameters = stateStorage(graph, lowering, 'parameter');
    this.#storage = {
      parameters,
      velocity: parameters,
      statistics: stateStorage(graph, lowering, 'statistic'),
    };
  }

  async setState(state: ModelState): Promise<void> {
    this.#expectOpen();
    checkState(this.#program, state);
    this.#state ??= {
      parameters: this.#zeros('parameters'),
      velocity: this.#zeros('velocity'),
      statistics: this.#zeros('statistics'),
    };
    for (const name of stateNames) {
      const stored = this.#state[name].data as Float32Array;
      const values = state[name];
      stored.fill(0);
      this.#storage[name].forEach((canonical, place) => {
        stored[place] = values[canonical]!;
      });
    }
  }

  async getState(): Promise<ModelState> {
    const state = this.#current();
    return {
      parameters: this.#canonical('parameters', state.parameters),
      velocity: this.#canonical('velocity', state.velocity),
      statistics: this.#canonical('statistics', state.statistics),
    };
  }

  async step(feeds: Feeds, learningRate: number): Promise<StepOutputs> {
    const state = this.#current();
    checkTrainingBatch(this.#program, feeds);
    const rate = new this.#runtime.Tensor('float32', Float32Array.of(learningRate), [1]);
    // Written in place: what is written depends on every reading of what it replaces, and two copies of a state less
    // are a fifth of the memory of ResNet-50.
    const fetches = {
      loss: null,
      logits: null,
      nextParameters: state.parameters,
      nextVelocity: state.velocity,
      ...(this.#program.train().nextStatistics.length > 0 && { nextStatistics: state.statistics }),
    };
    const inputs = { ...state, ...this.#tensors(this.#program.inputs, feeds), rate };
    const bytes = () => trainingModel(this.#program, this.#lowering);
    const { loss, logits } = await this.#compute('train', bytes, inputs, fetches);
    return { loss: (loss!.data as Float32Array)[0]!, logits: logits!.data as Float32Array };
  }

  async run(
    name: EvaluationName,
    feeds: Feeds,
    { size = this.#program.imageSize }: { size?: number } = {},
  ): Promise<Float32Array> {
    const { parameters, statistics } = this.#current();
    const evaluation = evaluationOf(this.#program, name);
    const bytes = () => evaluationModel(evaluation.build(size), this.#lowering);
    return runInBatches(evaluation, feeds, size, async batch => {
      const inputs = { parameters, statistics, ...this.#tensors(evaluation.inputs(size), batch) };
      const { result } = await this.#compute(`${name} ${size}`, bytes, inputs);
      return result!.data as Float32Array;
    });
  }

  async batchStatistics(feeds: Feeds): Promise<Float32Array> {
    const { parameters } = this.#current();
    checkTrainingBatch(this.#program, feeds);
    const inputs = {
      parameters,
      statistics: this.#zeros('statistics'),
      ...this.#tensors(this.#program.inputs, feeds),
    };
    const bytes = () => statisticsModel(this.#program, this.#lowering);
    const { nextStatistics } = await this.#compute('statistics', bytes, inputs);
    return this.#canonical('statistics', nextStatistics!);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#state = undefined;
    const models = [...this.#models.values()];
    this.#models.clear();
    for (const opened of await Promise.allSettled(models)) {
      if (opened.status === 'fulfilled') await opened.value.release();
    }
  }

  #current(): StateTensors {
    this.#expectOpen();
    if (!this.#state) throw new BackendError('onnxruntime: the session has no state; call setState first');
    return this.#state;
  }

  #expectOpen(): void {
    if (this.#closed) throw new BackendError('onnxruntime: the session is closed');
  }

  /** Runs a model, for those of its outputs that are in `fetches`. */
  async #compute(
    name: ModelName,
    bytes: () => Uint8Array,
    inputs: InferenceSession.FeedsType,
    fetches?: InferenceSession.FetchesType,
  ): Promise<InferenceSession.ReturnType> {
    try {
      const model = await this.#model(name, bytes);
      return await (fetches ? model.run(inputs, fetches) : model.run(inputs));
    } catch (cause) {
      throw failureOn(this.info.device, cause);
    }
  }

  /** Models are built when first needed: who only evaluates never pays for a training graph. */
  #model(name: ModelName, bytes: () => Uint8Array): Promise<InferenceSession> {
    let model = this.#models.get(name);
    if (!model) this.#models.set(name, (model = openModel(bytes(), this.info)));
    return model;
  }

  #tensors(inputs: Readonly<Record<string, InputSpec>>, feeds: Feeds): Record<string, Tensor> {
    const { Tensor } = this.#runtime;
    const tensors = Object.entries(inputs).map(([name, { type, shape }]) => [
      name,
      new Tensor(type, feeds[name]!, shape),
    ]);
    return Object.fromEntries(tensors);
  }

  #zeros(name: StateName): Tensor {
    const { size } = this.#storage[name];
    return new this.#runtime.Tensor('float32', new Float32Array(size), [size]);
  }

  /** A stored vector in canonical layout, in an array of its own. */
  #canonical(name: StateName, { data }: Tensor): Float32Array {
    const values = new Float32Array(this.#sizes[name]);
    this.#storage[name].forEach((canonical, place) => {
      values[canonical] = (data as Float32Array)[place]!;
    });
    return values;
  }
}

const stateNames = ['parameters', 'velocity', 'statistics'] as const;
