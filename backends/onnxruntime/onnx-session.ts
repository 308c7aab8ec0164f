import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Program, totalSize } from '../../ml/program.ts';
import {
  BackendError,
  type Batch,
  type ModelState,
  type Session,
  type SessionInfo,
  type StepResult,
} from '../contract.ts';
import type { Lowering } from './lowering/lowering.ts';
import { evaluationModel, type StateStorage, stateStorage, trainingModel } from './lowering/program.ts';
import type { OnnxBuilder } from './onnx.ts';
import { loadRuntime, openModel, type Runtime } from './runtime.ts';

/** A session on a given lowering. */
export async function createSession<T, B extends OnnxBuilder>(
  program: Program,
  info: SessionInfo,
  lowering: Lowering<T, B>,
): Promise<Session> {
  return new OnnxSession(program, info, lowering, await loadRuntime());
}

/** An evaluation at another image size has a model of its own. */
type ModelName = 'train' | 'responses' | `predict ${number}`;
type StateName = keyof ModelState;
type StateTensors = Record<StateName, Tensor>;

class OnnxSession<T, B extends OnnxBuilder> implements Session {
  readonly info: SessionInfo;
  readonly #program: Program;
  readonly #lowering: Lowering<T, B>;
  readonly #runtime: Runtime;
  readonly #sizes: Record<StateName, number>;
  readonly #storage: Record<StateName, StateStorage>;
  readonly #models = new Map<ModelName, Promise<InferenceSession>>();
  readonly #state: StateTensors;

  constructor(program: Program, info: SessionInfo, lowering: Lowering<T, B>, runtime: Runtime) {
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
    const graph = program.predict();
    const parameters = stateStorage(graph, lowering, 'parameter');
    this.#storage = {
      parameters,
      velocity: parameters,
      statistics: stateStorage(graph, lowering, 'statistic'),
    };
    this.#state = this.#emptyState();
  }

  async setState(state: ModelState): Promise<void> {
    for (const name of stateNames) expectLength(name, state[name], this.#sizes[name]);
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
    const canonical = (name: StateName) => {
      const stored = this.#state[name].data as Float32Array;
      const values = new Float32Array(this.#sizes[name]);
      this.#storage[name].forEach((place, source) => {
        values[place] = stored[source]!;
      });
      return values;
    };
    return {
      parameters: canonical('parameters'),
      velocity: canonical('velocity'),
      statistics: canonical('statistics'),
    };
  }

  async trainStep({ images, labels }: Batch, learningRate: number): Promise<StepResult> {
    const { trainBatch } = this.#program;
    expectLength('labels', labels, trainBatch);
    const feeds = {
      ...this.#state,
      images: this.#images(images, trainBatch),
      labels: new this.#runtime.Tensor('int32', labels, [trainBatch]),
      rate: new this.#runtime.Tensor('float32', Float32Array.of(learningRate), [1]),
    };
    // Written in place: what is written depends on every reading of what it replaces, and two copies of a state less
    // are a fifth of the memory of ResNet-50.
    const { parameters, velocity, statistics } = this.#state;
    const fetches = {
      loss: null,
      logits: null,
      nextParameters: parameters,
      nextVelocity: velocity,
      nextStatistics: statistics,
    };
    const model = await this.#model('train', () => trainingModel(this.#program, this.#lowering));
    const { loss, logits } = await model.run(feeds, fetches);
    return { loss: (loss!.data as Float32Array)[0]!, logits: logits!.data as Float32Array };
  }

  async predict(images: Float32Array, count: number, size = this.#program.imageSize): Promise<Float32Array> {
    const { evaluationBatch, network } = this.#program;
    const pixels = 3 * size ** 2;
    expectLength('images', images, count * pixels);
    const logits = new Float32Array(count * network.classes);
    for (let first = 0; first < count; first += evaluationBatch) {
      let batch = images.subarray(first * pixels, (first + evaluationBatch) * pixels);
      if (batch.length < evaluationBatch * pixels) {
        const padded = new Float32Array(evaluationBatch * pixels);
        padded.set(batch);
        batch = padded;
      }
      const found = await this.#evaluate(`predict ${size}`, batch, size);
      logits.set(found.subarray(0, logits.length - first * network.classes), first * network.classes);
    }
    return logits;
  }

  async responses(images: Float32Array): Promise<Float32Array> {
    return this.#evaluate('responses', images, this.#program.imageSize);
  }

  async close(): Promise<void> {
    const models = await Promise.all(this.#models.values());
    this.#models.clear();
    await Promise.all(models.map(model => model.release()));
  }

  async #evaluate(
    name: Exclude<ModelName, 'train'>,
    images: Float32Array,
    size: number,
  ): Promise<Float32Array> {
    const { parameters, statistics } = this.#state;
    const { evaluationBatch } = this.#program;
    const feeds = { parameters, statistics, images: this.#images(images, evaluationBatch, size) };
    const graph = () => (name === 'responses' ? this.#program.responses() : this.#program.predict(size));
    const model = await this.#model(name, () => evaluationModel(graph(), this.#lowering));
    const { result } = await model.run(feeds);
    return result!.data as Float32Array;
  }

  /** Models are built when first needed: who only evaluates never pays for a training graph. */
  #model(name: ModelName, bytes: () => Uint8Array): Promise<InferenceSession> {
    let model = this.#models.get(name);
    if (!model) this.#models.set(name, (model = openModel(bytes(), this.info.threads)));
    return model;
  }

  #images(images: Float32Array, count: number, size = this.#program.imageSize): Tensor {
    const shape = [count, 3, size, size];
    expectLength('images', images, count * 3 * size ** 2);
    return new this.#runtime.Tensor('float32', images, shape);
  }

  #emptyState(): StateTensors {
    const empty = (name: StateName) => {
      const { size } = this.#storage[name];
      return new this.#runtime.Tensor('float32', new Float32Array(size), [size]);
    };
    return { parameters: empty('parameters'), velocity: empty('velocity'), statistics: empty('statistics') };
  }
}

const stateNames = ['parameters', 'velocity', 'statistics'] as const;

function expectLength(what: string, data: { length: number }, expected: number): void {
  if (data.length === expected) return;
  throw new BackendError(`onnxruntime: ${what}: expected ${expected} values, received ${data.length}`);
}
