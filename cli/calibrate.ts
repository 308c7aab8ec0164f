import { situations, type WrongRates, wrongRates } from '../harness/aggregate/calibration.ts';
import { jsonText } from '../harness/text.ts';
import { calibrationRows } from '../paper-tables/calibration.ts';
import { fitted } from '../paper-tables/text.ts';
import type { Options } from './options.ts';
import { remarkFor, terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run calibrate`: how often verdicts are wrong, simulated with the functions that make them. */
export const calibrateVerb: Verb = {
  arguments: '',
  description:
    'Simulates seeds of networks whose true values are known, judges them as a table and as claims are judged, and prints how often a verdict is wrong: at most 5%, however often one looks. The same on every machine.',
  options: ['quick', 'json'],
  environment: ['COLUMNS', 'NO_COLOR'],
  files: [],
  examples: [
    ['npm run calibrate', '20,000 repetitions of each situation, some minutes'],
    ['npm run calibrate -- --quick', '2,000 repetitions'],
    ['npm run --silent calibrate -- --json > results/calibration.json', 'what docs/verdicts.md shows'],
  ],
  async run(_, options: Options) {
    const repetitions = options.quick ? 2000 : 20_000;
    const remark = remarkFor(options);
    const rates: (WrongRates & { situation: (typeof situations)[number] })[] = [];
    for (const situation of situations) {
      rates.push({ situation, ...wrongRates(situation, repetitions) });
      remark(`${rates.length} of ${situations.length} situations`);
    }
    if (options.json) console.log(jsonText({ repetitions, rates }));
    else console.log(asText(rates, repetitions));
    return 0;
  },
};

function asText(rates: Parameters<typeof calibrationRows>[0], repetitions: number): string {
  const [head, ...rows] = calibrationRows(rates);
  const columns = head!.map((label, i) => {
    return {
      label,
      align: i === 0 ? ('left' as const) : ('right' as const),
      cells: rows.map(row => row[i]!),
    };
  });
  const [first, ...others] = columns;
  const { width } = terminalOf();
  const lines = fitted([{ names: [first!], groups: others.map(column => [column]) }], width);
  return [...lines, '', `Wrong verdicts in % of ${repetitions} repetitions; at most 5 are allowed.`].join(
    '\n',
  );
}
