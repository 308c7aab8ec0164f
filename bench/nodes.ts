import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRuntime } from '../backends/onnxruntime/runtime.ts';
import { openSession } from '../backends/onnxruntime/session.ts';
import { initialState } from '../ml/optim/init.ts';
import { buildProgram } from '../ml/program.ts';
import { benchBatch } from './batch.ts';
import { workloads } from './workloads.ts';

/** Where the time of a training step of ONNX Runtime goes. */
export interface NodesReport {
  workload: string;
  batch: number;
  threads: number;
  processor: string;
  version: string;
  steps: number;
  /** Milliseconds of a step in the nodes of an operator, the most first. */
  operators: { operator: string; nodes: number; milliseconds: number }[];
  command: string;
}

/** An event of the engine's profile; microseconds. */
interface ProfileEvent {
  cat: string;
  name: string;
  dur: number;
  args?: { op_name?: string };
}

/** Has the engine write down how long each node takes, and adds up over its steps. */
export async function benchNodes(name: string, threads: number, steps: number): Promise<NodesReport> {
  const { name: workload, network, size, batch, evaluationBatch } = workloads[name]!;
  const sgd = { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' } as const;
  const program = buildProgram({ network, imageSize: size, sgd, trainBatch: batch, evaluationBatch });
  const folder = mkdtempSync(join(tmpdir(), 'residuals-nodes-'));
  try {
    const profiled = await profiling(join(folder, 'profile'));
    const session = await openSession(program, { threads, device: 'cpu' });
    try {
      await session.setState(initialState(program, 1));
      const feeds = benchBatch(program);
      for (let i = 0; i < steps; i++) await session.step(feeds, 0.01);
    } finally {
      profiled.end();
      await session.close();
    }
    return {
      workload,
      batch,
      threads,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      version: session.info.version,
      steps,
      operators: operatorsOf(longestProfile(folder), steps),
      command: `npm run bench -- --workload ${name} --threads ${threads} --steps ${steps} --nodes`,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The report as text: what is more than a hundredth of the whole. */
export function nodesText({ workload, batch, threads, processor, operators, steps }: NodesReport): string {
  const total = operators.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rows = operators
    .filter(({ milliseconds }) => milliseconds > total / 100)
    .map(({ operator, nodes, milliseconds }) => {
      const share = `${((100 * milliseconds) / total).toFixed(1)}%`;
      return `${operator.padEnd(20)} ${milliseconds.toFixed(1).padStart(8)} ms ${share.padStart(6)}  ${nodes} nodes`;
    });
  return [
    `${workload}, batch ${batch}, ${threads} threads, ${processor}: ${total.toFixed(1)} ms in the nodes of a step, mean of ${steps}`,
    ...rows,
  ].join('\n');
}

/** Has every session that is opened from now on profiled; `end` has the profiles written. */
async function profiling(profileFilePrefix: string): Promise<{ end(): void }> {
  const { InferenceSession } = await loadRuntime();
  const create = InferenceSession.create.bind(InferenceSession) as (
    model: Uint8Array,
    options: object,
  ) => ReturnType<typeof InferenceSession.create>;
  const opened: Awaited<ReturnType<typeof create>>[] = [];
  InferenceSession.create = (async (model: Uint8Array, options: object) => {
    const session = await create(model, { ...options, enableProfiling: true, profileFilePrefix });
    opened.push(session);
    return session;
  }) as typeof InferenceSession.create;
  return {
    end() {
      InferenceSession.create = create as typeof InferenceSession.create;
      for (const session of opened) {
        try {
          session.endProfiling();
        } catch {} // it is closed already: the check at start has sessions of its own
      }
    },
  };
}

/** The profile of the training step: those of the check at start are shorter. */
function longestProfile(folder: string): ProfileEvent[] {
  const texts = readdirSync(folder).map(name => readFileSync(join(folder, name), 'utf8'));
  const profiles = texts.map(text => JSON.parse(text) as ProfileEvent[]);
  const time = (events: readonly ProfileEvent[]) => events.reduce((sum, { dur }) => sum + (dur ?? 0), 0);
  return profiles.sort((a, b) => time(b) - time(a))[0] ?? [];
}

function operatorsOf(events: readonly ProfileEvent[], steps: number): NodesReport['operators'] {
  const found = new Map<string, { nodes: Set<string>; microseconds: number }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const operator = args?.op_name ?? 'unknown';
    const sums = found.get(operator) ?? { nodes: new Set(), microseconds: 0 };
    found.set(operator, sums);
    sums.nodes.add(name);
    sums.microseconds += dur;
  }
  return [...found]
    .map(([operator, { nodes, microseconds }]) => {
      return { operator, nodes: nodes.size, milliseconds: microseconds / 1000 / steps };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
