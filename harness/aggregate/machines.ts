import type { EvaluationRecord } from '../record/evaluations.ts';
import type { RunRecord } from '../record/types.ts';

/** One line per distinct machine and backend behind runs or evaluations, in the order they are met, with their number. */
export function machinesOf(
  records: readonly Pick<RunRecord | EvaluationRecord, 'provenance'>[],
  what: 'run' | 'evaluation' = 'run',
): string[] {
  const runs = new Map<string, number>();
  for (const { provenance } of records) {
    const line = describe(provenance);
    runs.set(line, (runs.get(line) ?? 0) + 1);
  }
  return [...runs].map(([line, count]) => `${line} (${plural(count, what)})`);
}

type Host = (RunRecord | EvaluationRecord)['provenance'];

function describe({ cpu, cores, memoryGiB, platform, node, session }: Host): string {
  const machine = `${cpu}, ${plural(cores, 'core')}, ${memoryGiB} GiB, ${platform}`;
  const engine = `${session.version}, ${session.lowering} lowering, ${session.instructionSet}`;
  return `${machine}; Node ${node.replace(/^v/, '')}; ${engine}, ${plural(session.threads, 'thread')} a run`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
