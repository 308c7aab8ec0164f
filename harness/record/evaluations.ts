import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionInfo } from '../../backends/contract.ts';
import type { ImageNetData, TestSpec } from '../../ml/data/spec.ts';
import type { TopErrors } from '../../ml/metrics/scores.ts';
import type { ResidualNetwork } from '../../ml/nets/spec.ts';
import { UserError } from '../errors.ts';
import type { TestName } from '../manifest/types.ts';
import { makeFolder, writeAtomic } from './files.ts';
import type { HostFacts } from './provenance.ts';

/** What identifies an evaluation of given weights: the SHA-256 of its canonical JSON is its key. */
export interface EvaluationIdentity {
  /** Digest of the weights: they take the place of a training and its seed. */
  weights: string;
  spec: {
    network: ResidualNetwork;
    data: Pick<ImageNetData, 'set' | 'crop' | 'testShorterSide'>;
    /** Subtracted from red, green and blue. */
    mean: readonly number[];
    /** Besides the single view, the centre crop. */
    tests: readonly TestSpec[];
  };
  /** Digest of the images' index. */
  data: string;
  backend: string;
  /** The backend's `numerics`. */
  numerics: number;
}

/** What an evaluation leaves as `evaluations/<key>/record.json`. All but `provenance` is a function of the identity. */
export interface EvaluationRecord {
  schema: 1;
  key: string;
  /** The paper's name of the network. */
  network: string;
  identity: EvaluationIdentity;
  result: EvaluationResult;
  provenance: HostFacts & {
    command: string;
    finishedAt: string;
    /** Seconds over all attempts. */
    seconds: number;
    session: SessionInfo;
  };
}

/** Errors are percentages of the images. */
export interface EvaluationResult {
  images: number;
  /** Centre crop. */
  single: TopErrors;
  tests: Partial<Record<TestName, TopErrors>>;
  /** Chained SHA-256 of the scores of one batch of images after the other: what two machines compare. */
  scores: string;
}

/** How far an evaluation has come: `progress.json`, rewritten as it goes on. */
export interface EvaluationProgress {
  key: string;
  images: number;
  /** Images classified wrongly so far, by protocol, `single` first. */
  wrong: Record<string, TopErrors>;
  scores: string;
  seconds: number;
}

/** The folder of an evaluation in a store. */
export function evaluationFolder(store: string, key: string): string {
  return join(store, 'evaluations', key);
}

/** Keys of all evaluations of a store, finished or not. */
export function evaluationKeys(store: string): string[] {
  const folder = join(store, 'evaluations');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** The record of a finished evaluation; null when there is none. Fails with a `UserError` when it cannot be used. */
export function readEvaluation(store: string, key: string): EvaluationRecord | null {
  return readJson<EvaluationRecord>(join(evaluationFolder(store, key), 'record.json'), key);
}

/** Where an interrupted evaluation stands; null when it has not begun. */
export function readEvaluationProgress(store: string, key: string): EvaluationProgress | null {
  return readJson<EvaluationProgress>(join(evaluationFolder(store, key), 'progress.json'), key);
}

/** Writes how far an evaluation has come, atomically. */
export function writeEvaluationProgress(store: string, progress: EvaluationProgress): void {
  writeJson(evaluationFolder(store, progress.key), 'progress.json', progress);
}

/** Writes the record atomically; then the progress is of no more use and goes. */
export function writeEvaluation(store: string, record: EvaluationRecord): void {
  const folder = evaluationFolder(store, record.key);
  writeJson(folder, 'record.json', record);
  rmSync(join(folder, 'progress.json'), { force: true });
}

/** Removes what an evaluation left. */
export function discardEvaluation(store: string, key: string): void {
  for (const name of ['record.json', 'progress.json'])
    rmSync(join(evaluationFolder(store, key), name), { force: true });
}

function writeJson(folder: string, name: string, value: unknown): void {
  makeFolder(folder);
  writeAtomic(join(folder, name), [`${JSON.stringify(value, null, 1)}\n`]);
}

function readJson<T extends { key: string }>(file: string, key: string): T | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as T;
    if (value.key === key) return value;
    throw new Error(`expected "key": "${key}", found ${JSON.stringify(value.key)}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new UserError(`${file}: cannot be used (${(error as Error).message}). Nothing was overwritten.`, {
      fix: `rm ${file}   # the images are then evaluated again`,
    });
  }
}
