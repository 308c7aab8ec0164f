import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DataError } from '../../errors.ts';
import { loadMnist } from './mnist.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'residuals-mnist-'));
  vi.stubEnv('RESIDUALS_MNIST', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('a folder of the user that lacks a file or has another one is refused, and nobody is told to remove it', async () => {
  const problem = () =>
    loadMnist('train', () => {}).then(
      () => null,
      (error: unknown) => error as DataError,
    );
  const missing = await problem();
  expect(missing).toBeInstanceOf(DataError);
  expect(missing!.message).toBe(`${join(folder, 'train-images-idx3-ubyte')} is missing`);
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), 'other');
  const damaged = await problem();
  expect(damaged!.message).toContain('train-images-idx3-ubyte is damaged: its SHA-256 is ');
  for (const { fix } of [missing!, damaged!]) expect(fix).toMatch(/^RESIDUALS_MNIST=/);
  expect(readdirSync(folder)).toEqual(['train-images-idx3-ubyte']);
});
