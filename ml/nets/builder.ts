import { Graph, type Value } from '../graph/graph.ts';
import type { Shape } from '../graph/ops.ts';
import type { Forward, Mode, ParameterRole } from './forward.ts';

/** How the layers of a graph are to be built. */
export interface BuildOptions {
  mode: Mode;
  /** Null in networks that have none. */
  batchNorm: { epsilon: number; momentum: number } | null;
  /**
   * Whether batch norm is a constant affine map in training too, as in detection (appendix A): its scales, shifts and
   * statistics are held.
   */
  frozen?: boolean;
  /** Whether the weights of a layer are held, by its name; none when absent. */
  held?: (layer: string) => boolean;
}

/** Layers in the paper's words, appended to a graph one after the other. */
export class Builder implements Forward {
  readonly graph = new Graph();
  logits!: Value;
  readonly parameters: Forward['parameters'] = [];
  readonly statistics: Value[] = [];
  readonly nextStatistics: Value[] = [];
  readonly responses: Forward['responses'] = [];
  readonly masks: Forward['masks'] = [];

  readonly #options: BuildOptions;

  constructor(options: BuildOptions) {
    this.#options = options;
  }

  /** Convolution and the batch norm "right after each convolution and before activation" (sec. 3.4). */
  convolution(x: Value, name: string, filters: number, kernel: number, stride: number): Value {
    const response = this.#normalise(this.#conv(x, name, filters, kernel, stride), `${name}.bn`, filters);
    this.responses.push({ layer: name, value: response });
    return response;
  }

  /** A 1x1 convolution with batch norm on a shortcut (options B and C); no layer of its own, so no response. */
  projection(x: Value, name: string, filters: number, stride: number): Value {
    return this.#normalise(this.#conv(x, name, filters, 1, stride), `${name}.bn`, filters);
  }

  /** Convolution with a bias and no batch norm, as in VGG. */
  biasedConvolution(
    x: Value,
    name: string,
    filters: number,
    kernel: number,
    role: ParameterRole = 'convolution',
  ): Value {
    const b = this.#parameter(`${name}.bias`, [filters], 'shift');
    return this.graph.apply('bias', { x: this.#conv(x, name, filters, kernel, 1, role), b }, {}, name).y;
  }

  /** Rectification, the nonlinearity everywhere ("σ denotes ReLU", sec. 3.2). */
  relu(x: Value): Value {
    return this.graph.apply('relu', { x }, {}, `${x.name}.relu`).y;
  }

  /** Elementwise sum of a block's branch, `a`, and its shortcut, `b` (eqn. 1); readers of graphs rely on that order. */
  add(a: Value, b: Value): Value {
    return this.graph.apply('add', { a, b }, {}, `${a.name}.add`).y;
  }

  /** Option A: identity, with stride and zero channels where dimensions change. */
  shortcutA(x: Value, name: string, channels: number, stride: number): Value {
    if (stride === 1 && channels === x.shape[1]) return x;
    return this.graph.apply('shortcutA', { x }, { stride, channels }, `${name}.shortcut`).y;
  }

  /** Max pooling over kernel x kernel windows; `pads` are [before, after], of minus infinity. */
  maxPool(x: Value, name: string, kernel: number, stride: number, pads: readonly [number, number]): Value {
    return this.graph.apply('maxPool', { x }, { kernel, stride, pads }, name).y;
  }

  /** Global average pooling and the fully connected classifier (sec. 3.3), whose outputs are the network's logits. */
  classifier(x: Value, classes: number): void {
    this.logits = this.dense(this.graph.apply('globalAveragePool', { x }, {}, 'pool').y, 'fc', classes);
  }

  /** A fully connected layer with a bias. */
  dense(x: Value, name: string, outputs: number, role: ParameterRole = 'classifierWeight'): Value {
    const w = this.#parameter(`${name}.weight`, [outputs, x.shape[1]!], role);
    const b = this.#parameter(`${name}.bias`, [outputs], 'classifierBias');
    return this.graph.apply('dense', { x, w, b }, {}, name).y;
  }

  /** Dropout (Srivastava et al. 2014) of that rate, in training alone: what is kept is scaled up there, by the mask. */
  dropout(x: Value, name: string, rate: number): Value {
    if (this.#options.mode !== 'train' || rate === 0) return x;
    const mask = this.graph.input('masks', `${name}.mask`, x.shape);
    this.masks.push({ value: mask, rate });
    return this.graph.apply('dropout', { x, mask }, {}, `${name}.dropout`).y;
  }

  #conv(
    x: Value,
    name: string,
    filters: number,
    kernel: number,
    stride: number,
    role: ParameterRole = 'convolution',
  ): Value {
    const w = this.#parameter(`${name}.weight`, [filters, x.shape[1]!, kernel, kernel], role);
    return this.graph.apply('conv', { x, w }, { stride, pad: (kernel - 1) / 2 }, name).y;
  }

  /**
   * Batch norm: in training with the batch's own mean and biased variance, which move the running ones (the variance by
   * its unbiased form); otherwise with the running ones.
   */
  #normalise(x: Value, name: string, channels: number): Value {
    const { mode, frozen, batchNorm } = this.#options;
    const held = (part: string) => this.#statistic(`${name}.${part}`, [channels]);
    const gamma = frozen ? held('scale') : this.#parameter(`${name}.scale`, [channels], 'scale');
    const beta = frozen ? held('shift') : this.#parameter(`${name}.shift`, [channels], 'shift');
    const [mean, variance] = [held('mean'), held('variance')];
    const { epsilon, momentum } = batchNorm!;
    if (mode !== 'train' || frozen) {
      return this.graph.apply('batchNormInference', { x, gamma, beta, mean, variance }, { epsilon }, name).y;
    }
    const inputs = { x, gamma, beta, runningMean: mean, runningVariance: variance };
    const out = this.graph.apply('batchNorm', inputs, { epsilon, momentum }, name);
    this.nextStatistics.push(out.nextRunningMean, out.nextRunningVariance);
    return out.y;
  }

  /** A parameter, or state that is held in its place. */
  #parameter(name: string, shape: Shape, role: ParameterRole): Value {
    if (this.#options.held?.(name.replace(/\.[^.]+$/, ''))) return this.#statistic(name, shape);
    const value = this.graph.input('parameter', name, shape);
    this.parameters.push({ value, role });
    return value;
  }

  #statistic(name: string, shape: Shape): Value {
    const value = this.graph.input('statistic', name, shape);
    this.statistics.push(value);
    return value;
  }
}
