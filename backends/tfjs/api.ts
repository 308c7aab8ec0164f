/** A tensor. Its memory goes with the `tidy` in which it was made, unless it was returned or kept, or with `dispose`. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly size: number;
  dataSync(): Float32Array | Int32Array;
  dispose(): void;
}

/** What a kernel is called with. */
export interface KernelCall {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: unknown;
}

/** How TensorFlow.js pads a convolution or a pooling. */
type Padding = 'same' | 'valid';

/** The part of TensorFlow.js that is used here: it is not there where this is compiled. */
export interface TensorFlow {
  /** Without it TensorFlow.js advertises its faster engines on stderr. */
  enableProdMode(): void;
  /** Where the binaries of WASM lie. */
  setWasmPaths(folder: string): void;
  /** What computes with TensorFlow, in kits that have it. */
  readonly NodeJSKernelBackend?: new (
    binding: unknown,
    packageName: string,
  ) => unknown;
  getBackend(): string;
  setBackend(name: string): Promise<boolean>;
  registerBackend(name: string, factory: () => unknown): boolean;
  registerKernel(config: {
    kernelName: string;
    backendName: string;
    kernelFunc: (call: KernelCall) => Tensor | readonly Tensor[];
  }): void;
  getKernel(name: string, backendName: string): unknown;
  unregisterKernel(name: string, backendName: string): void;
  registerGradient(config: {
    kernelName: string;
    inputsToSave?: readonly string[];
    outputsToSave?: readonly boolean[];
    gradFunc: (
      dy: Tensor & readonly Tensor[],
      saved: readonly Tensor[],
      attrs: Readonly<Record<string, unknown>>,
    ) => Readonly<Record<string, () => Tensor>>;
  }): void;
  engine(): {
    runKernel(
      name: string,
      inputs: Readonly<Record<string, Tensor>>,
      attrs?: Readonly<Record<string, unknown>>,
    ): Tensor & readonly Tensor[];
  };
  memory(): { numTensors: number };
  tidy<T>(work: () => T): T;
  keep(tensor: Tensor): Tensor;
  dispose(tensors: readonly Tensor[]): void;
  valueAndGrad(f: (x: Tensor) => Tensor): (x: Tensor) => { value: Tensor; grad: Tensor };
  grads(f: (...xs: Tensor[]) => Tensor): (xs: readonly Tensor[], dy: Tensor) => Tensor[];
  tensor(data: Float32Array | Int32Array, shape: readonly number[], type?: 'float32' | 'int32'): Tensor;
  zeros(shape: readonly number[]): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  pad(x: Tensor, paddings: readonly (readonly [number, number])[], value?: number): Tensor;
  concat(tensors: readonly Tensor[], axis?: number): Tensor;
  split(x: Tensor, sizes: readonly number[], axis?: number): Tensor[];
  stack(tensors: readonly Tensor[]): Tensor;
  clone(x: Tensor): Tensor;
  add(a: Tensor, b: Tensor | number): Tensor;
  sub(a: Tensor, b: Tensor | number): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  div(a: Tensor, b: Tensor | number): Tensor;
  neg(x: Tensor): Tensor;
  abs(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  log1p(x: Tensor): Tensor;
  minimum(a: Tensor, b: Tensor | number): Tensor;
  argMax(x: Tensor, axis: number): Tensor;
  gather(x: Tensor, rows: Tensor): Tensor;
  square(x: Tensor): Tensor;
  rsqrt(x: Tensor): Tensor;
  step(x: Tensor): Tensor;
  sum(x: Tensor, axes?: readonly number[]): Tensor;
  mean(x: Tensor, axes?: readonly number[]): Tensor;
  relu(x: Tensor): Tensor;
  softmax(x: Tensor): Tensor;
  logSoftmax(x: Tensor): Tensor;
  oneHot(labels: Tensor, depth: number): Tensor;
  cast(x: Tensor, type: 'float32'): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  conv2d(
    x: Tensor,
    w: Tensor,
    stride: number,
    padding: Padding,
    format?: 'NHWC',
    dilation?: number | readonly [number, number],
  ): Tensor;
  maxPool(x: Tensor, kernel: number, stride: number, padding: Padding): Tensor;
  batchNorm(x: Tensor, mean: Tensor, variance: Tensor, shift: Tensor, scale: Tensor, epsilon: number): Tensor;
  readonly backend_util: {
    computeConv2DInfo(
      x: readonly number[],
      w: readonly number[],
      strides: unknown,
      dilations: unknown,
      padding: unknown,
    ): {
      readonly strideHeight: number;
      readonly strideWidth: number;
      readonly padInfo: { top: number; bottom: number; left: number; right: number };
    };
  };
}
