import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { root } from '../checkout.ts';
import { UserError } from '../errors.ts';

/** The smallest experiment there is, and the real one. */
export const tiny = join(root, 'tests', 'experiments', 'tiny');
export const resnet = join(root, 'experiments', 'resnet-2015');

/** A folder of the tests of a file, which holds their cache too and is removed in the end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'residuals-manifest-'));
  const before = process.env.RESIDUALS_CACHE;
  beforeAll(() => {
    process.env.RESIDUALS_CACHE = join(folder, 'cache');
  });
  afterAll(() => {
    if (before === undefined) delete process.env.RESIDUALS_CACHE;
    else process.env.RESIDUALS_CACHE = before;
    rmSync(folder, { recursive: true });
  });
  return folder;
}

let copies = 0;

/** A copy of an experiment in a folder. */
export function copyOf(experiment: string, folder: string): string {
  const copy = join(folder, `experiment-${copies++}`);
  cpSync(experiment, copy, { recursive: true });
  return copy;
}

/** A change of a file: `from` becomes `to`. */
export interface Edit {
  file: string;
  from: string;
  to: string;
}

/** Edits a file of an experiment. Comes back as `file:line:` of the first line that holds `at` after it. */
export function edit(experiment: string, { file, from, to }: Edit, at = to): string {
  const path = join(experiment, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  const changed = text.replace(from, () => to);
  writeFileSync(path, changed);
  return `${path}:${changed.slice(0, changed.indexOf(at)).split('\n').length}:`;
}

/** The `UserError` that something fails with; it says how to go on. */
export async function userError(action: Promise<unknown>): Promise<UserError> {
  const error = await action.then(
    () => expect.unreachable('expected a UserError'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).exitCode).toBe(2);
  expect((error as UserError).fix).toBeTruthy();
  return error as UserError;
}
