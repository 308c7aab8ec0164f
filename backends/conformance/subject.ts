import type { Graph } from '../../ml/graph/graph.ts';
import type { Program } from '../../ml/program.ts';
import type { Session } from '../contract.ts';
import { reference } from '../reference/index.ts';
import type { Comparison } from './comparison.ts';
import type { RungName } from './rungs.ts';
import type { TrainingData } from './training-data.ts';

/** What is put through the suite. */
export interface Subject {
  open(program: Program): Promise<Session>;
  /** Steps of the training cases. */
  steps: number;
  /** What the longest training is on; synthetic when absent. */
  data?: TrainingData;
}

/** Runs a graph on inputs by value id and returns its outputs (at least) by value id, row-major. */
export type RunGraph = (
  graph: Graph,
  feeds: Map<number, Float32Array | Int32Array>,
) => Promise<ReadonlyMap<number, Float32Array>>;

/** One case: its comparisons are in the order of the computation, so that the first departure is the origin. */
export interface ConformanceCase {
  rung: RungName;
  name: string;
  /** Of a known answer: what a wrong reading gives. */
  wrong?: string;
  run(subject: Subject): Promise<Comparison[]>;
}

/** The same work on the subject and on the reference. */
export async function both<T>(
  subject: Subject,
  program: Program,
  work: (session: Session) => Promise<T>,
): Promise<[received: T, expected: T]> {
  return [await withSession(subject, program, work), await withSession(oracle, program, work)];
}

/** The reference. */
export const oracle: Pick<Subject, 'open'> = { open: program => reference.open(program, { threads: 1 }) };

/** Works with a session of the program and closes it. */
export async function withSession<T>(
  subject: Pick<Subject, 'open'>,
  program: Program,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await subject.open(program);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
