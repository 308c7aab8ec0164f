import { parseArgs } from 'node:util';
import { ensureCifar10 } from '../../ml/data/cifar10/sources.ts';
import { faultKinds } from './faults.ts';
import { scenarios } from './scenarios.ts';
import { runTrials, type Trial } from './trials.ts';

/**
 * `npm run faults -- --trials 500 --seed 1 --only train,resume`: lets faults befall real commands, and says for each scenario
 * and kind of fault how many trials there were and how many of them were clean. Exits with 1 unless all were.
 */
const values = read({
  trials: { type: 'string', default: '500' },
  seed: { type: 'string', default: '1' },
  jobs: { type: 'string', default: '2' },
  only: { type: 'string', default: Object.keys(scenarios).join() },
});
const only = values.only.split(',');
const unknown = only.filter(name => !Object.hasOwn(scenarios, name));
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join()}; expected some of ${Object.keys(scenarios).join()}.`);
  process.exit(2);
}

const { folder: cifar } = await ensureCifar10();
const begin = performance.now();
const counts = new Map<string, { clean: number; wrong: number; unfired: number }>();
await runTrials(
  {
    trials: Number(values.trials),
    seed: Number(values.seed),
    scenarios: only,
    jobs: Number(values.jobs),
    cifar,
  },
  (trial, { fired, problems, said }) => {
    const count = countOf(trial);
    if (fired.length === 0) count.unfired++;
    if (problems.length > 0) {
      count.wrong++;
      console.log(
        `\n${textOf(trial)}${fired[0] ? `: ${fired[0].is} ${fired[0].path}` : ', which befell nothing'}`,
      );
      for (const problem of problems) console.log(`  ${problem}`);
      for (const line of said.split('\n')) if (line !== '') console.log(`    | ${line.slice(0, 240)}`);
    } else if (fired.length > 0) count.clean++;
    const { clean, wrong } = totals();
    if ((clean + wrong) % 25 === 0)
      console.log(`${clean + wrong} trials, ${wrong} with problems, ${minutes()} min`);
  },
);
report();
process.exitCode = totals().wrong > 0 ? 1 : 0;

function read<O extends Record<string, { type: 'string'; default: string }>>(options: O) {
  try {
    return parseArgs({ options }).values as unknown as { [K in keyof O]: string };
  } catch (error) {
    const names = Object.keys(options).map(name => `--${name}`);
    console.error(
      `${(error as Error).message}\n\nOptions: ${names.join(', ')}. Scenarios: ${Object.keys(scenarios).join(', ')}.`,
    );
    process.exit(2);
  }
}

function countOf({ scenario, kind }: Pick<Trial, 'scenario' | 'kind'>) {
  const key = `${scenario}, ${kind}`;
  if (!counts.has(key)) counts.set(key, { clean: 0, wrong: 0, unfired: 0 });
  return counts.get(key)!;
}

function totals() {
  const sum = { clean: 0, wrong: 0, unfired: 0 };
  for (const count of counts.values())
    for (const name of ['clean', 'wrong', 'unfired'] as const) sum[name] += count[name];
  return sum;
}

function textOf({ scenario, kind, fault }: Trial): string {
  return `${scenario}: ${kind} at operation ${fault.at} of ${fault.script}`;
}

function minutes(): string {
  return ((performance.now() - begin) / 60_000).toFixed(1);
}

/** A table: how many trials were clean, of how many whose fault befell something. */
function report(): void {
  console.log(
    `\n${['', ...only]
      .map(name => name.padStart(9))
      .join('')
      .padStart(30 + 9 * only.length)}`,
  );
  for (const kind of faultKinds) {
    const cells = only.map(scenario => {
      const { clean, wrong } = countOf({ scenario, kind });
      return (clean + wrong === 0 ? '' : `${clean}/${clean + wrong}`).padStart(9);
    });
    console.log(`${kind.padEnd(21)}${cells.join('')}`);
  }
  const { clean, wrong, unfired } = totals();
  console.log(
    `\n${clean + wrong} faults befell something, ${clean} trials were clean, ${wrong} were not; ${unfired} faults befell nothing. ${minutes()} min, seed ${values.seed}.`,
  );
}
