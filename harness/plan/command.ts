import { defaultBackend } from '../../backends/registry.ts';
import { flag, npmRun } from '../command.ts';

/** The options of a command that decide what it computes. */
export interface CommandOptions {
  /** Id or folder of the experiment; absent: the default one. */
  experiment?: string;
  profile?: string;
  /** Ascending. */
  seeds?: readonly number[];
  rows?: readonly string[];
  weights?: string;
  backend?: string;
  device?: string;
  variant?: string;
  all?: boolean;
  by?: string;
}

/** The command that computes the same again on another machine: what decides results, and nothing about this one. */
export function commandOf(
  names: readonly string[],
  options: CommandOptions,
  more: readonly string[] = [],
): string {
  const { experiment, profile, seeds, rows, weights, backend, device, variant, all, by } = options;
  const flags = [
    ...(all ? ['--all'] : []),
    ...flag('experiment', experiment),
    ...flag('profile', profile),
    ...flag('seeds', seeds && seedsText(seeds)),
    ...flag('rows', rows?.join(',')),
    ...flag('weights', weights),
    ...flag('backend', backend === defaultBackend ? undefined : backend),
    ...flag('device', device),
    ...flag('variant', variant),
    ...flag('by', by),
    ...more,
  ];
  return npmRun('reproduce', names, flags);
}

/** Seeds as `--seeds` takes them: `3` for 1 to 3, else ranges such as `4-6,1001`. */
export function seedsText(seeds: readonly number[]): string {
  if (seeds.every((seed, i) => seed === i + 1)) return String(seeds.length);
  const ranges: [number, number][] = [];
  for (const seed of seeds) {
    const last = ranges.at(-1);
    if (last && seed === last[1] + 1) last[1] = seed;
    else ranges.push([seed, seed]);
  }
  const texts = ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  // A lone number means "1 to n": one seed alone is written as a range.
  return texts.length === 1 && ranges[0]![0] === ranges[0]![1] ? `${texts[0]}-${texts[0]}` : texts.join(',');
}
