import { describe, expect, it } from 'vitest';
import { NCHWC, OnnxBuilder } from './onnx.ts';

describe('a builder', () => {
  const window = { kernel_shape: [2, 2], strides: [2, 2] };

  it('emits an identical node once', () => {
    const b = new OnnxBuilder();
    const x = b.input('x', [1, 16, 4, 4]);
    expect(b.op('MaxPool', [x], window)).toBe(b.op('MaxPool', [x], { ...window }));
    expect(b.op('MaxPool', [x], window)).not.toBe(b.op('MaxPool', [x], { ...window, strides: [1, 1] }));
    expect(b.mul(x, x)).not.toBe(b.add(x, x));
  });

  it('tells operators of the same name in two domains apart', () => {
    const b = new OnnxBuilder();
    const x = b.input('x', [1, 16, 4, 4]);
    expect(b.op('MaxPool', [x], window, NCHWC)).not.toBe(b.op('MaxPool', [x], window));
  });

  it('gives as many outputs as are asked for, whatever was asked before', () => {
    const b = new OnnxBuilder();
    const x = b.input('x', [1, 16, 4, 4]);
    const asked = [1, 2, 1].map(count => b.ops('MaxPool', [x], window, count));
    expect(asked.map(outputs => outputs.length)).toEqual([1, 2, 1]);
    expect(new Set(asked.map(([first]) => first)).size).toBe(1); // one node, which got an output more
  });
});
