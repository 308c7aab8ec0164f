import { Explained } from '../ml/errors.ts';
import type { Graph } from '../ml/graph/graph.ts';
import type { EvaluationName, Feeds, ModelState, Program } from '../ml/program.ts';

export type { EvaluationName, Feeds, ModelState };

/** The seam between the harness, which decides what is computed, and a backend, which computes it. */
export interface Backend {
  readonly id: string;
  /**
   * Raised whenever results of this backend may change: it is part of every run's key. Golden digests of the
   * first steps fail a test when results change and this was not raised.
   */
  readonly numerics: number;
  readonly capabilities: Capabilities;
  /**
   * Says whether this machine can run the backend, on a device or on the one that it prefers, or what is missing and the
   * command that fixes it. What is available has given a known answer.
   */
  probe(device?: string): Promise<Probe>;
  /**
   * Installs what the backend needs beyond the npm packages, for a device or for what this machine has, and resolves to what
   * there is now. Absent when npm brings everything. `part`: one of `parts` in place of the backend itself.
   */
  setup?(onProgress: (message: string) => void, device?: string, part?: string): Promise<string>;
  /** What else `setup` can install, such as a faster engine; the names are those that `npm run setup` takes. */
  readonly parts?: readonly string[];
  /** Opens a session for a program. Fails with `BackendError` when what is asked for is not to be had here. */
  open(program: Program, options: SessionOptions): Promise<Session>;
  /**
   * Runs a graph of any operators once, without a session; optional. The conformance suite tells single operators apart
   * with it. `feeds` holds the graph's inputs by value id, row-major; so does the result every output of a node.
   */
  runGraph?(
    graph: Graph,
    feeds: ReadonlyMap<number, Float32Array | Int32Array>,
    options: SessionOptions,
  ): Promise<ReadonlyMap<number, Float32Array>>;
}

/** What a backend can be asked for, the preferred one first. Opening a session refuses anything else. */
export interface Capabilities {
  readonly devices: readonly string[];
  /** Ways of computing the same program. */
  readonly variants: readonly string[];
  /** Those of a device that has not all of them. */
  readonly variantsOn?: Readonly<Record<string, readonly string[]>>;
  /** Rounding errors of a device, as multiples of what float32 on a CPU has, where it has more: what conformance allows. */
  readonly rounding?: Readonly<Record<string, number>>;
  /** Whether a batch can be shared between replicas of the network; a program with more than one is refused otherwise. */
  readonly replicas?: boolean;
  /** Whether results are the same to the bit on any number of threads. */
  readonly threadInvariant: boolean;
}

/** The outcome of a probe. */
export type Probe =
  | {
      readonly available: true;
      /** Version of the engine, e.g. `onnxruntime-node 1.30.0`. */
      readonly version: string;
      /** Device and variant of sessions that ask for none. */
      readonly device: string;
      readonly variant: string;
      /** What decides results to the bit on that device: `avx512`, `avx2`, `arm64`, or `any` when nothing does. */
      readonly hardware: string;
      /** Remarks worth recording, e.g. why a faster variant is not used. */
      readonly notes: readonly string[];
    }
  | { readonly available: false; readonly missing: string; readonly fix: string };

/** How a session is to be run; none of it changes what a run is called or, beyond rounding, what it results in. */
export interface SessionOptions {
  /** Threads of the engine, at most. */
  threads: number;
  /** One of the backend's devices; the probe's choice when absent. */
  device?: string;
  /** One of the backend's variants; the probe's choice when absent. */
  variant?: string;
}

/**
 * A network in training. The state lives here, not with the harness. Calls are made one at a time: the next one when the
 * last has settled.
 *
 * Arrays handed over stay the caller's: they are read before the promise resolves and never afterwards, and never written.
 * Arrays handed back are the caller's: no later call changes them. A feed that is missing, of another type or of another
 * length, labels that are no class indices, and a call without a state or after `close` are `BackendError`s, which change
 * nothing.
 */
export interface Session {
  /** What computes, for the record. */
  readonly info: SessionInfo;
  /** Replaces the state by a copy of `state`, canonical (see `Program.parameters` and `Program.statistics`). */
  setState(state: ModelState): Promise<void>;
  /** A copy of the state, canonical: another backend or variant can continue from it. */
  getState(): Promise<ModelState>;
  /** One step of SGD on the batch that `feeds` (see `Program.inputs`) hold, at that learning rate. */
  step(feeds: Feeds, learningRate: number): Promise<StepOutputs>;
  /**
   * Hands over the batch of the next step while the present one computes, so that its way to the engine takes no time;
   * optional. The feeds stay as they are until `step` is called with them. What is wrong with them is said there.
   */
  prepare?(feeds: Feeds): void;
  /**
   * An evaluation with the state as it is; its outputs one after the other, row-major. `size`: height and width of the
   * images when it is not `Program.imageSize`.
   * - `predict`: logits, [count, classes], of any count of images, which need not fill whole batches; where the program
   *   does not give images rows of their own (`EvaluationGraph.perImage`), its outputs of exactly one batch
   * - `responses`: of exactly one evaluation batch, [mean, mean of squares] of each of `Program.responseLayers`
   */
  run(graph: EvaluationName, feeds: Feeds, options?: { size?: number }): Promise<Float32Array>;
  /**
   * The running statistics that one training batch would leave if they were zero before it: the momentum of batch norm
   * times the batch's mean and unbiased variance, laid out as `Program.statistics`. To the bit what a step from such a
   * state leaves. The state stays as it is.
   */
  batchStatistics(feeds: Feeds): Promise<Float32Array>;
  /** Bytes that a process of the engine's own has taken at most; absent where the engine computes in this one. */
  peakMemory?(): Promise<number>;
  /** Frees what the engine holds. Closing again does nothing. */
  close(): Promise<void>;
}

/** What a step gives besides the new state; both are of the parameters before it. */
export interface StepOutputs {
  /** The loss of the batch, in nats, without weight decay. */
  loss: number;
  /** The program's logits, [trainBatch, classes] of a classifier, in training mode. */
  logits: Float32Array;
}

/** Recorded with every run: what is needed to have its bits again. */
export interface SessionInfo {
  backend: string;
  version: string;
  device: string;
  variant: string;
  /** As in `Probe`. */
  hardware: string;
  threads: number;
}

/** A backend cannot do what it was asked; the message says what, `fix` what helps. */
export class BackendError extends Explained {}

/**
 * What computed is gone, its state with it: killed, crashed or hung. Nobody's mistake, so whoever has a checkpoint may begin
 * again from there with a new session.
 */
export class EngineLost extends BackendError {}
