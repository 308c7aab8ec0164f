import { countBlock, countNetwork, layersToStride, projections } from '../../../ml/nets/counts.ts';
import { depth, type NetworkSpec } from '../../../ml/nets/spec.ts';
import type { Equation, Term } from '../../manifest/types.ts';
import type { Measured } from './types.ts';

/** Whether an exact statement holds, and what was computed for it. */
export function exactly({ take, minus, over, change, is, below }: Equation): Measured & { is: 'exact' } {
  const first = numberOf(take);
  const value =
    minus !== undefined
      ? first - numberOf(minus)
      : over !== undefined
        ? first / numberOf(over)
        : change !== undefined
          ? Math.abs(numberOf(change) - first) / first
          : first;
  if (is !== undefined) {
    const printed = inFormOf(is, value);
    return { is: 'exact', text: printed === is ? printed : `${printed} beside ${is}`, holds: printed === is };
  }
  const limits = (below ?? []).map(numberOf);
  const smallest = Math.min(...limits);
  const text = `${short(value)} ${value < smallest ? '<' : '≥'} ${short(smallest)}`;
  return { is: 'exact', text, holds: value < smallest };
}

function numberOf(term: Term): number {
  if (term.is === 'number') return term.value;
  const { spec, size } = term;
  return counters[term.count](spec, size);
}

type Count = Extract<Term, { is: 'count' }>['count'];

/** How each thing is counted. */
const counters: Readonly<Record<Count, (spec: NetworkSpec, size: number) => number>> = {
  layers: depth,
  parameters: (spec, size) => countNetwork(spec, size).parameters,
  multiplyAdds: (spec, size) => countNetwork(spec, size).multiplyAdds,
  projections,
  layersToStride16: spec => layersToStride(spec, 16),
  blockMultiplyAdds: (spec, size) => countBlock(spec, size).multiplyAdds,
  blockParameters: (spec, size) => countBlock(spec, size).parameters,
};

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, '%': 0.01, '×': 1 };

/** `3.6G` has a decimal and counts billions; `18%` has none. */
function inFormOf(printed: string, value: number): string {
  const [, decimals = '', unit = ''] = /^-?[\d,]+(?:\.(\d+))?\s*(\D?)$/.exec(printed) ?? [];
  const digits = (value / (units[unit] ?? 1)).toFixed(decimals.length);
  const grouped = printed.includes(',') ? digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',') : digits;
  return `${grouped}${unit}`;
}

function short(value: number): string {
  const unit = value >= 1e9 ? 'G' : value >= 1e6 ? 'M' : '';
  return `${Number((value / units[unit]!).toPrecision(4))}${unit}`;
}
