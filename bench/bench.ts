import { cpus } from 'node:os';
import { median } from '../harness/median.ts';
import { cores } from '../ml/data/cores.ts';
import {
  type Contender,
  findPytorch,
  type Ours,
  pytorchForms,
  startOurs,
  startPytorch,
} from './contender.ts';
import { measureOverhead, type Overhead } from './overhead.ts';
import { workloads } from './workloads.ts';

/** What is timed, and how often. */
export interface BenchOptions {
  workload: string;
  threads: number;
  rounds: number;
  steps: number;
  backend: string;
  device?: string;
  /** Of our backend; its own choice when absent. */
  variant?: string;
}

/** Defaults: the comparison of the README. */
export const benchDefaults: BenchOptions = {
  workload: 'resnet20-paper',
  threads: Math.min(2, cores()),
  rounds: 7,
  steps: 8,
  backend: 'onnxruntime',
};

/** One quantity of every contender, and ours against the best form of PyTorch. */
interface Comparison {
  what: string;
  unit: 'ms' | 'MiB';
  /** One median a round, by contender. */
  rounds: Record<string, number[]>;
  /** Median of the ratios of paired rounds; empty without PyTorch. */
  ratios: { ours: string; best: string; ratio: number }[];
}

/** What `npm run bench` measures, in one go on one machine. */
export interface BenchReport {
  workload: string;
  batch: number;
  threads: number;
  processor: string;
  versions: Record<string, string>;
  comparisons: Comparison[];
  overhead: Overhead;
  command: string;
}

/** Times us against PyTorch in alternating rounds (A B A B ...), then the harness against the bare session loop. */
export async function bench(options: BenchOptions, remark: (text: string) => void): Promise<BenchReport> {
  const { threads, rounds, steps, backend, device, variant } = options;
  const work = workloads[options.workload]!;
  const python = await findPytorch();
  if (!python)
    remark(
      'PyTorch: not found; set RESIDUALS_PYTHON to a Python that has torch, or run npm run setup -- torch, to compare with it.',
    );
  const ours = { backend, ...(device && { device }), ...(variant && { variant }) };
  const contenders = [startOurs(ours, threads, work)];
  if (python) {
    const forms = pytorchForms(python, device).map(form =>
      startPytorch(python, form, { threads, device, work }),
    );
    contenders.push(...forms);
  }
  const comparisons: Comparison[] = [];
  const versions: Record<string, string> = {};
  const race = async (what: 'train' | 'evaluate', title: string) => {
    remark(`${title}: warming up, then ${rounds} rounds of ${steps}`);
    const times = new Map<Contender, number[]>(contenders.map(c => [c, []]));
    for (const c of contenders) await c.time(what, 3); // first steps, and torch.compile's compilation
    for (let round = 0; round < rounds; round++) {
      for (const c of contenders) times.get(c)!.push(median(await c.time(what, steps)));
    }
    comparisons.push(compare(title, 'ms', contenders, times));
  };
  try {
    await race('train', 'training step');
    const memory = new Map<Contender, number[]>();
    for (const c of contenders) {
      const { mebibytes, version } = await c.memory();
      memory.set(c, [mebibytes]);
      versions[c.name] = version;
    }
    comparisons.push(compare('peak memory of the training', 'MiB', contenders, memory));
    await race('evaluate', `evaluation of ${work.evaluation}`);
  } finally {
    await Promise.all(contenders.map(c => c.stop()));
  }
  remark('harness against the bare session loop, ResNet-20 of the profile mini');
  return {
    workload: work.name,
    batch: work.batch,
    threads,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    versions,
    comparisons,
    overhead: await measureOverhead(threads, rounds),
    command: `npm run bench --${chosen(ours)} --workload ${options.workload} --threads ${threads} --rounds ${rounds} --steps ${steps}`,
  };
}

function chosen({ backend, device, variant }: Ours): string {
  const words = { backend: backend === benchDefaults.backend ? undefined : backend, device, variant };
  return Object.entries(words)
    .map(([option, value]) => (value === undefined ? '' : ` --${option} ${value}`))
    .join('');
}

function compare(
  what: string,
  unit: Comparison['unit'],
  contenders: Contender[],
  values: Map<Contender, number[]>,
): Comparison {
  const rounds = Object.fromEntries(contenders.map(c => [c.name, values.get(c)!]));
  const others = contenders.filter(c => !c.ours).map(c => c.name);
  if (others.length === 0) return { what, unit, rounds, ratios: [] };
  const best = others.reduce((a, b) => (median(rounds[a]!) <= median(rounds[b]!) ? a : b));
  const ratios = contenders
    .filter(c => c.ours)
    .map(({ name }) => ({
      ours: name,
      best,
      ratio: median(rounds[name]!.map((value, round) => value / rounds[best]![round]!)),
    }));
  return { what, unit, rounds, ratios };
}
