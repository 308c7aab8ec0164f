import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, edits, nearest, unknownName } from './nearest.ts';

const targets = ['table6', 'figure1', 'figure6', 'figure7'];

describe('nearest', () => {
  it('finds what was meant', () => {
    expect(nearest('tabel6', targets)[0]).toBe('table6');
    expect(nearest('Table6', targets)[0]).toBe('table6');
    expect(nearest('figure', targets)).toEqual(['figure1', 'figure6', 'figure7']);
    expect(nearest('xyz', targets)).toEqual([]);
  });

  it('finds what begins so', () => {
    expect(nearest('onnx', ['onnxruntime', 'reference', 'torch'])).toEqual(['onnxruntime']);
    expect(nearest('on', ['onnxruntime'])).toEqual([]);
  });

  it('does not compare what nobody types', () => {
    expect(nearest('x'.repeat(1e6), ['x'.repeat(1e6)])).toEqual([]);
  });

  it('asks in a sentence', () => {
    expect(didYouMean('tabel6', targets)).toBe('Did you mean table6?');
    expect(didYouMean('figure', targets)).toBe('Did you mean figure1, figure6 or figure7?');
    expect(didYouMean('xyz', targets)).toBe('');
    expect(didYouMean('t\u0430ble6', targets)).toBe('Did you mean table6? It has U+0430 in it.');
    expect(didYouMean('Zürih', ['Zürich'])).toBe('Did you mean Zürich?');
  });
});

describe('an unknown name', () => {
  it('is told with the nearest, or with what there is', () => {
    expect(unknownName('target', 'tabel6', targets)).toBe('no target "tabel6". Did you mean table6?');
    expect(unknownName('target', 'x', targets, ' here')).toBe(
      'no target "x" here. There are table6, figure1, figure6, figure7.',
    );
    expect(unknownName('target', 'x', ['table6'])).toBe('no target "x". There is table6.');
    expect(unknownName('target', '\u001b', [])).toBe('no target "\\u001b". There is none.');
  });

  it('does not list hundreds', () => {
    const many = Array.from({ length: 100 }, (_, i) => `${i}`);
    expect(unknownName('target', 'x', many)).toMatch(/18, 19, 80 more\.$/);
  });
});

describe('edits', () => {
  it('counts known distances', () => {
    expect(edits('kitten', 'sitting')).toBe(3);
    expect(edits('sedes', 'seeds')).toBe(1);
    expect(edits('ca', 'abc')).toBe(3);
    expect(edits('', 'abc')).toBe(3);
  });

  it('is a symmetric distance of at most the longer length, zero only for equal strings', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = edits(a, b);
        expect(distance).toBe(edits(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance === 0).toBe(a === b);
      }),
    );
  });
});
