import { availableParallelism, cpus } from 'node:os';
import {
  type Contender,
  findPytorch,
  pytorchForms,
  startOurs,
  startPytorch,
  type Workload,
} from './contender.ts';
import { median } from './median.ts';
import { measureOverhead } from './overhead.ts';

/** Networks that can be timed. */
export const workloads: Record<string, Workload> = {
  'resnet20-paper': {
    name: 'ResNet-20, 32x32, 16/32/64',
    widths: '16,32,64',
    n: 3,
    size: 32,
    batch: 128,
    evaluationBatch: 250,
  },
  'resnet20-mini': {
    name: 'ResNet-20, 16x16, 8/16/32',
    widths: '8,16,32',
    n: 3,
    size: 16,
    batch: 128,
    evaluationBatch: 250,
  },
};

/** Options of `npm run bench`. */
export interface BenchOptions {
  workload: string;
  threads: number;
  rounds: number;
  steps: number;
  lowerings: string[];
}

/** Defaults: the comparison of the README. */
export const benchDefaults: BenchOptions = {
  workload: 'resnet20-paper',
  threads: Math.min(2, availableParallelism()),
  rounds: 7,
  steps: 8,
  lowerings: ['blocked'],
};

/** Times us against PyTorch in alternating rounds (A B A B ...) and prints medians and paired ratios. */
export async function bench(options: BenchOptions): Promise<void> {
  const work = workloads[options.workload]!;
  const python = await findPytorch();
  const contenders = options.lowerings.map(l => startOurs(l, options.threads, work));
  if (python) contenders.push(...pytorchForms.map(form => startPytorch(python, form, options.threads, work)));
  console.log(
    `${work.name}, batch ${work.batch}, float32, ${options.threads} threads, ${cpus()[0]?.model ?? 'unknown processor'}`,
  );
  if (!python)
    console.log('PyTorch: not found; set RESIDUALS_PYTHON to a Python that has torch to compare with it.');
  try {
    for (const c of contenders) await c.time('train', 3); // warm-up, and torch.compile's compilation
    await race(
      contenders,
      'train',
      `training step, ms (${options.rounds} rounds of ${options.steps})`,
      options,
    );
    await report('peak memory after training, MiB', contenders, async c => (await c.memory()).mebibytes);
    for (const c of contenders) await c.time('evaluate', 3);
    await race(contenders, 'evaluate', `evaluation of ${work.evaluationBatch} images, ms`, options);
    for (const c of contenders) console.log(`${c.name}: ${(await c.memory()).version}`);
  } finally {
    await Promise.all(contenders.map(c => c.stop()));
  }
  const overhead = await measureOverhead(options.threads, options.rounds);
  console.log(
    `\nharness over the bare session loop, ResNet-20 mini: ${percent(overhead.ratio - 1)} of a step`,
  );
  console.log(
    `  ${overhead.bare.toFixed(2)} ms bare, ${overhead.harness.toFixed(2)} ms with batches, metrics and records (medians of pairs)`,
  );
}

async function race(
  contenders: Contender[],
  what: 'train' | 'evaluate',
  title: string,
  options: BenchOptions,
): Promise<void> {
  const rounds = new Map<Contender, number[]>(contenders.map(c => [c, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const c of contenders) rounds.get(c)!.push(median(await c.time(what, options.steps)));
  }
  print(title, contenders, rounds);
}

async function report(
  title: string,
  contenders: Contender[],
  value: (c: Contender) => Promise<number>,
): Promise<void> {
  const values = new Map<Contender, number[]>();
  for (const c of contenders) values.set(c, [await value(c)]);
  print(title, contenders, values);
}

function print(title: string, contenders: Contender[], rounds: Map<Contender, number[]>): void {
  console.log(`\n${title}`);
  for (const c of contenders) {
    const values = rounds.get(c)!;
    const range =
      values.length > 1 ? `  (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})` : '';
    console.log(`  ${c.name.padEnd(26)} ${median(values).toFixed(1).padStart(8)}${range}`);
  }
  const others = contenders.filter(c => !c.ours);
  if (others.length === 0) return;
  const best = others.reduce((a, b) => (median(rounds.get(a)!) <= median(rounds.get(b)!) ? a : b));
  for (const c of contenders.filter(c => c.ours)) {
    const ratios = rounds.get(c)!.map((value, round) => value / rounds.get(best)![round]!);
    console.log(`  ratio ${c.name} / ${best.name}: ${median(ratios).toFixed(2)} (paired)`);
  }
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}
