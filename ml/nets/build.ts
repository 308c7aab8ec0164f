import { Graph, type Value } from '../graph/graph.ts';
import type { Shape } from '../graph/ops.ts';
import type { NetworkSpec } from './spec.ts';

/** What a graph is for: `train` uses batch statistics, the others the running ones. */
export type Mode = 'train' | 'predict' | 'responses';

/** What a parameter is, which decides how it is initialised. */
export type ParameterRole = 'convolution' | 'scale' | 'shift' | 'classifierWeight' | 'classifierBias';

/** A network's forward pass, and what training needs to know of it. */
export interface Forward {
  graph: Graph;
  logits: Value;
  /** Parameters in canonical order: network order, each convolution followed by its scale and shift. */
  parameters: { value: Value; role: ParameterRole }[];
  /** Running mean and variance of every batch norm, in network order. */
  statistics: Value[];
  /** In `train` mode: the statistics after this batch, in the order of `statistics`. */
  nextStatistics: Value[];
  /** BN outputs of every convolution, before nonlinearity and addition (Figure 7), in network order. */
  responses: { layer: string; value: Value }[];
}

/** Builds the forward pass of a network on `batch` square images of `size` pixels with 3 channels. */
export function buildForward(spec: NetworkSpec, mode: Mode, batch: number, size: number): Forward {
  const b = new Builder(mode, spec.batchNorm);
  let x = b.relu(
    b.convolution(b.graph.input('images', 'images', [batch, 3, size, size]), 'conv1', spec.widths[0], 3, 1),
  );
  spec.widths.forEach((width, stage) => {
    for (let block = 0; block < spec.n; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const name = `conv${stage + 2}_${block + 1}`;
      const first = b.relu(b.convolution(x, `${name}a`, width, 3, stride));
      const second = b.convolution(first, `${name}b`, width, 3, 1);
      x = b.relu(spec.family === 'resnet' ? b.add(second, b.shortcutA(x, name, width, stride)) : second);
    }
  });
  b.classifier(x, spec.classes);
  return b;
}

class Builder implements Forward {
  readonly graph = new Graph();
  logits!: Value;
  readonly parameters: Forward['parameters'] = [];
  readonly statistics: Value[] = [];
  readonly nextStatistics: Value[] = [];
  readonly responses: Forward['responses'] = [];

  readonly #mode: Mode;
  readonly #batchNorm: { epsilon: number; momentum: number };

  constructor(mode: Mode, batchNorm: { epsilon: number; momentum: number }) {
    this.#mode = mode;
    this.#batchNorm = batchNorm;
  }

  /** Convolution and the batch norm "right after each convolution and before activation" (sec. 3.4). */
  convolution(x: Value, name: string, filters: number, kernel: number, stride: number): Value {
    const pad = (kernel - 1) / 2;
    const w = this.#parameter(`${name}.weight`, [filters, x.shape[1]!, kernel, kernel], 'convolution');
    const { y } = this.graph.apply('conv', { x, w }, { stride, pad }, name);
    const response = this.#normalise(y, `${name}.bn`, filters);
    this.responses.push({ layer: name, value: response });
    return response;
  }

  relu(x: Value): Value {
    return this.graph.apply('relu', { x }, {}, `${x.name}.relu`).y;
  }

  add(a: Value, b: Value): Value {
    return this.graph.apply('add', { a, b }, {}, `${a.name}.add`).y;
  }

  shortcutA(x: Value, name: string, channels: number, stride: number): Value {
    if (stride === 1 && channels === x.shape[1]) return x;
    return this.graph.apply('shortcutA', { x }, { stride, channels }, `${name}.shortcut`).y;
  }

  classifier(x: Value, classes: number): void {
    const pooled = this.graph.apply('globalAveragePool', { x }, {}, 'pool').y;
    const w = this.#parameter('fc.weight', [classes, pooled.shape[1]!], 'classifierWeight');
    const b = this.#parameter('fc.bias', [classes], 'classifierBias');
    this.logits = this.graph.apply('dense', { x: pooled, w, b }, {}, 'fc').y;
  }

  #normalise(x: Value, name: string, channels: number): Value {
    const gamma = this.#parameter(`${name}.scale`, [channels], 'scale');
    const beta = this.#parameter(`${name}.shift`, [channels], 'shift');
    const mean = this.graph.input('statistic', `${name}.mean`, [channels]);
    const variance = this.graph.input('statistic', `${name}.variance`, [channels]);
    this.statistics.push(mean, variance);
    const { epsilon, momentum } = this.#batchNorm;
    if (this.#mode !== 'train') {
      return this.graph.apply('batchNormInference', { x, gamma, beta, mean, variance }, { epsilon }, name).y;
    }
    const inputs = { x, gamma, beta, runningMean: mean, runningVariance: variance };
    const out = this.graph.apply('batchNorm', inputs, { epsilon, momentum }, name);
    this.nextStatistics.push(out.nextRunningMean, out.nextRunningVariance);
    return out.y;
  }

  #parameter(name: string, shape: Shape, role: ParameterRole): Value {
    const value = this.graph.input('parameter', name, shape);
    this.parameters.push({ value, role });
    return value;
  }
}
