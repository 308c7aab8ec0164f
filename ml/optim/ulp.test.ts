import { describe, expect, it } from 'vitest';
import { byOneUlp, moves, resolution } from './ulp.ts';

describe('one unit in the last place', () => {
  const state = {
    parameters: Float32Array.of(1, -1, 0, 1.5),
    velocity: new Float32Array(4),
    statistics: Float32Array.of(1),
  };
  const up = 1 + 2 ** -23;
  const down = 1 - 2 ** -24;

  it('is the distance to the next float32 number, and zeros stay', () => {
    expect([...byOneUlp(state, moves[0]!).parameters]).toEqual([up, -up, 0, 1.5 + 2 ** -23]);
    expect([...byOneUlp(state, moves[1]!).parameters]).toEqual([up, -down, 0, 1.5 - 2 ** -23]);
    expect([...state.parameters]).toEqual([1, -1, 0, 1.5]);
  });

  it('is what float32 can resolve', () => {
    expect(resolution(-2)).toBe(2 ** -22);
  });
});
