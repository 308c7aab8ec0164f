import type { ModelState, Program } from '../ml/program.ts';

export type { ModelState };

/** The seam between the harness, which decides what is computed, and a backend, which computes it. */
export interface Backend {
  readonly id: string;
  /**
   * Raised whenever results of this backend may change: it is part of every run's key. Golden digests of the
   * first steps fail a test when results change and this was not raised.
   */
  readonly numerics: number;
  readonly capabilities: Capabilities;
  /** Says whether this machine can run the backend, or what is missing and the command that fixes it. */
  probe(): Promise<Probe>;
  /** Opens a session for a program. Fails with `BackendError` when the program needs what is missing. */
  open(program: Program, options: SessionOptions): Promise<Session>;
}

/** What a backend can do, as data. */
export interface Capabilities {
  /** One line for people. */
  summary: string;
  trains: boolean;
  devices: readonly string[];
  /** Ways of computing the same program, the preferred one first. */
  lowerings: readonly string[];
}

/** The outcome of a probe. */
export type Probe =
  | {
      available: true;
      /** Version of the engine, e.g. `onnxruntime-node 1.30.0`. */
      version: string;
      /** Lowering that sessions use by default here. */
      lowering: string;
      /** Instruction set that decides results to the bit: `avx512`, `avx2`, `arm64`, or what the engine reports. */
      instructionSet: string;
      /** Remarks worth recording, e.g. why a faster lowering is not used. */
      notes: readonly string[];
    }
  | { available: false; missing: string; fix: string };

/** How a session is to be run; none of it may change what the run is called, only how fast it goes. */
export interface SessionOptions {
  threads: number;
  /** One of the backend's lowerings; the probe's choice when absent. */
  lowering?: string;
}

/** A network in training. Calls are made one at a time. State lives here, not with the harness. */
export interface Session {
  /** What computes: backend version, lowering, instruction set and parameters such as a block size. */
  readonly info: SessionInfo;
  /** Replaces the state; vectors are in the canonical layout of `Program.parameters` and `Program.statistics`. */
  setState(state: ModelState): Promise<void>;
  /** A copy of the state, canonical: another backend or lowering can continue from it. */
  getState(): Promise<ModelState>;
  /** One SGD step on exactly `program.trainBatch` images. */
  trainStep(batch: Batch, learningRate: number): Promise<StepResult>;
  /**
   * Logits, [count, classes], of `count` images with the running statistics; any count, padded inside if need be.
   * `size`: their height and width when it is not `program.imageSize` (fully convolutional testing, sec. 3.4).
   */
  predict(images: Float32Array, count: number, size?: number): Promise<Float32Array>;
  /** [mean, mean of squares] of each of `program.responseLayers` on exactly `program.evaluationBatch` images. */
  responses(images: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Recorded with every run. */
export interface SessionInfo {
  backend: string;
  version: string;
  lowering: string;
  instructionSet: string;
  threads: number;
}

/** `images`: float32 NCHW, prepared by the harness; `labels`: class indices. */
export interface Batch {
  images: Float32Array;
  labels: Int32Array;
}

/** `loss`: mean cross-entropy before the step; `logits`: [trainBatch, classes] that it was taken of. */
export interface StepResult {
  loss: number;
  logits: Float32Array;
}

/** A backend cannot do what it was asked; the message says what, and what fixes it. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
}
