import { describe, expect, it, vi } from 'vitest';
import type { CodeState } from '../record/types.ts';
import { Clock } from './clock.ts';
import { determinism } from './determinism.ts';

const code = (sources: string | null, commit: string | null = null): CodeState => ({
  sources,
  commit,
  dirty: commit === null,
  diffSha256: null,
  lockfileSha256: 'l',
});
const [one, two] = [code('1'.repeat(64), 'a'.repeat(40)), code('2'.repeat(64))];

describe('Clock', () => {
  it('adds up what all attempts cost, and lists what computed them, each once', () => {
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const first = new Clock('engine 1', one, null);
    for (const milliseconds of [900, 10, 30, 20]) first.unit(milliseconds);
    now = 2000;
    const before = first.attempts();
    expect(before).toMatchObject({ seconds: 2, resumed: 0, unitMilliseconds: 25 });
    expect(before).toMatchObject({ engines: ['engine 1'], code: [one] });
    expect(first.recentUnitSeconds).toBeCloseTo(0.0128, 9);

    const same = new Clock('engine 1', { ...one }, before);
    now = 5000;
    expect(same.attempts()).toMatchObject({ seconds: 5, resumed: 1, unitMilliseconds: 25 });
    expect(same.attempts()).toMatchObject({
      startedAt: before.startedAt,
      engines: ['engine 1'],
      code: [one],
    });

    const other = new Clock('engine 2', two, same.attempts());
    other.unit(7);
    expect(other.attempts()).toMatchObject({ resumed: 2, unitMilliseconds: 7 });
    expect(other.attempts()).toMatchObject({ engines: ['engine 1', 'engine 2'], code: [one, two] });
    clock.mockRestore();
  });
});

describe('the tier of a training', () => {
  const of = (engines: string[], states: CodeState[], repeated = true) =>
    determinism(repeated, 3, { engines, code: states });

  it('is D1 when the first steps gave the same bytes twice', () => {
    expect(of(['e'], [one])).toEqual({
      tier: 'D1',
      evidence:
        'the first 3 iterations, computed twice in one process from the same state, ended in the same bytes',
    });
    expect(of(['e'], [one, { ...one, commit: 'c'.repeat(40) }]).tier).toBe('D1'); // the same sources
  });

  it('is D3 when they did not, when engines changed, and when sources changed or are not known', () => {
    expect(of(['e'], [one], false)).toMatchObject({
      tier: 'D3',
      evidence: expect.stringMatching(/in different bytes$/),
    });
    expect(of(['e', 'f'], [one, two])).toEqual({
      tier: 'D3',
      evidence: 'computed by more than one engine: e; then f',
    });
    expect(of(['e'], [one, two])).toEqual({
      tier: 'D3',
      evidence: 'resumed under other code: aaaaaaaaaa; then unknown with changes',
    });
    expect(of(['e'], [code(null), one]).tier).toBe('D3');
  });
});
