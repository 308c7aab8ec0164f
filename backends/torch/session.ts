import { toPlain } from '../../ml/graph/plain.ts';
import type { EvaluationName, Feeds, ModelState, Program } from '../../ml/program.ts';
import { runInBatches } from '../batches.ts';
import { checkState, checkTrainingBatch, evaluationOf } from '../checks.ts';
import {
  BackendError,
  EngineLost,
  type Session,
  type SessionInfo,
  type SessionOptions,
  type StepOutputs,
} from '../contract.ts';
import { type Frame, float32 } from './frames.ts';
import { deviceOf, devices, variantsOn } from './probe.ts';
import { acquireRuntime, type Runtime, releaseRuntime } from './runtime.ts';

/** Sessions of this process; a worker tells them apart by their number. */
let opened = 0;

/** Opens a session in the shared worker. */
export async function openTorch(
  program: Program,
  { threads, device = devices[0], variant: asked }: SessionOptions,
): Promise<Session> {
  const runtime = await acquireRuntime();
  try {
    const { version, ranks, devices: found, channel } = runtime;
    const { sgd, parameters, statistics, replicas } = program;
    const on = deviceOf(device, found);
    const spread = replicas > 1 && ranks > 1;
    if (spread && ranks !== replicas) {
      throw new BackendError(`torch: ${ranks} processes cannot share a batch between ${replicas} replicas`, {
        fix: `RESIDUALS_TORCHRUN=--nproc_per_node=${replicas}`,
      });
    }
    const hardware = spread ? `${ranks} x ${found[on]}` : found[on]!;
    // What is recorded as a CUDA graph cannot wait for other processes.
    const variant = asked ?? (spread ? 'contiguous' : variantsOn[on][0]);
    if (spread && variant === 'cuda-graph')
      throw new BackendError('torch: cuda-graph is for one process', { fix: '--variant contiguous' });
    const number = opened++;
    const how = { session: number, threads, device, variant, replicas };
    await channel.request('open', { ...how, sgd, parameters, statistics, forward: program.forward() });
    return new TorchSession(
      { backend: 'torch', version, device, variant, hardware, threads },
      program,
      runtime,
      number,
    );
  } catch (error) {
    releaseRuntime(runtime);
    throw error;
  }
}

class TorchSession implements Session {
  readonly info: SessionInfo;
  readonly #program: Program;
  readonly #runtime: Runtime;
  readonly #number: number;
  /** Evaluations that the worker has, by name and size. */
  readonly #sent = new Set<string>();
  /** The batch that the worker has ahead, and why it has it not after all. */
  #ahead: { feeds: Feeds; problem: Promise<unknown> } | null = null;
  #hasState = false;
  #closed = false;

  constructor(info: SessionInfo, program: Program, runtime: Runtime, number: number) {
    this.info = info;
    this.#program = program;
    this.#runtime = runtime;
    this.#number = number;
  }

  async setState(state: ModelState): Promise<void> {
    this.#expectOpen();
    checkState(this.#program, state);
    await this.#request('setState', {}, [state.parameters, state.velocity, state.statistics]);
    this.#hasState = true;
  }

  async getState(): Promise<ModelState> {
    this.#expectState();
    const { arrays } = await this.#request('getState');
    const [parameters, velocity, statistics] = arrays.map(float32);
    return { parameters: parameters!, velocity: velocity!, statistics: statistics! };
  }

  async step(feeds: Feeds, learningRate: number): Promise<StepOutputs> {
    this.#expectState();
    checkTrainingBatch(this.#program, feeds);
    const ahead = this.#ahead?.feeds === feeds ? this.#ahead : null;
    this.#ahead = null;
    const stepping = this.#request('step', { rate: learningRate }, ahead ? [] : this.#batch(feeds));
    const { arrays } = await stepping.catch(async error => {
      throw (await ahead?.problem) ?? error;
    });
    return { loss: float32(arrays[0]!)[0]!, logits: float32(arrays[1]!) };
  }

  prepare(feeds: Feeds): void {
    const whole = Object.keys(this.#program.inputs).every(name => feeds[name]);
    if (this.#closed || !whole) return; // `step` says so
    const sent = this.#request('prepare', {}, this.#batch(feeds));
    const problem = sent.then(
      () => null,
      error => error,
    );
    this.#ahead = { feeds, problem };
  }

  async run(name: EvaluationName, feeds: Feeds, { size }: { size?: number } = {}): Promise<Float32Array> {
    this.#expectState();
    const evaluation = evaluationOf(this.#program, name);
    const graph = `${name} ${size ?? this.#program.imageSize}`;
    const names = Object.keys(evaluation.inputs(size));
    return runInBatches(evaluation, feeds, size, async batch => {
      const plain = this.#sent.has(graph) ? {} : { plain: toPlain(evaluation.build(size)) };
      const { arrays } = await this.#request(
        'run',
        { graph, ...plain },
        names.map(input => batch[input]!),
      );
      this.#sent.add(graph);
      return float32(arrays[0]!);
    });
  }

  async batchStatistics(feeds: Feeds): Promise<Float32Array> {
    this.#expectState();
    checkTrainingBatch(this.#program, feeds);
    const { arrays } = await this.#request('batchStatistics', {}, this.#batch(feeds));
    return float32(arrays[0]!);
  }

  async peakMemory(): Promise<number> {
    const { header } = await this.#request('peakMemory');
    return header.peak as number;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (!this.#runtime.channel.lost) await this.#request('close');
    } catch (error) {
      if (!(error instanceof EngineLost)) throw error; // else nothing is left to be freed
    } finally {
      releaseRuntime(this.#runtime);
    }
  }

  #request(op: string, header: object = {}, arrays: readonly ArrayBufferView[] = []): Promise<Frame> {
    return this.#runtime.channel.request(op, { ...header, session: this.#number }, arrays);
  }

  /** A training batch in the order of the graph's inputs. */
  #batch(feeds: Feeds): ArrayBufferView[] {
    return Object.keys(this.#program.inputs).map(name => feeds[name]!);
  }

  #expectState(): void {
    this.#expectOpen();
    if (!this.#hasState) throw new BackendError('torch: the session has no state; call setState first');
  }

  #expectOpen(): void {
    if (this.#closed) throw new BackendError('torch: the session is closed');
  }
}
