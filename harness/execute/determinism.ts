import type { Determinism } from '../record/types.ts';
import type { Clock } from './clock.ts';

/** The tier that a training has reached, and what was observed that supports it. */
export function determinism(
  repeated: boolean,
  iterations: number,
  { engines, code }: Pick<Clock, 'engines' | 'code'>,
): Determinism {
  if (engines.length > 1)
    return { tier: 'D3', evidence: `computed by more than one engine: ${engines.join('; then ')}` };
  const sources = new Set(code.map(each => each.sources ?? 'unknown'));
  if (sources.size > 1) {
    const commits = code.map(
      ({ commit, dirty }) => `${commit?.slice(0, 10) ?? 'unknown'}${dirty ? ' with changes' : ''}`,
    );
    return { tier: 'D3', evidence: `resumed under other code: ${commits.join('; then ')}` };
  }
  if (iterations === 0) return { tier: 'D3', evidence: 'nothing was computed twice' };
  const twice = `the first ${iterations} iterations, computed twice in one process from the same state,`;
  return repeated
    ? { tier: 'D1', evidence: `${twice} ended in the same bytes` }
    : { tier: 'D3', evidence: `${twice} ended in different bytes` };
}
