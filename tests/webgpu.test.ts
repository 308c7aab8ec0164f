import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../harness/record/store.ts';

const root = dirname(import.meta.dirname);
const folder = mkdtempSync(join(tmpdir(), 'residuals-webgpu-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Chromium's Vulkan device in software, as Debian lays it. */
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const here = existsSync(swiftshader);
if (!here) {
  const enable = 'apt-get install --no-install-recommends chromium-common libvulkan1';
  console.warn(`skipped: WebGPU on a device in software. To enable it, on Debian: ${enable}`);
}

const plain = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$|VK_)/i.test(name)),
);

function residuals(args: readonly string[], driver = swiftshader) {
  return execa(process.execPath, ['cli/start.mjs', ...args], {
    cwd: root,
    env: { ...plain, VK_ICD_FILENAMES: driver },
    extendEnv: false,
    reject: false,
    timeout: 600_000,
  });
}

describe.skipIf(!here)('WebGPU, on a device in software', { timeout: 900_000 }, () => {
  const conformance = ['conformance', 'onnxruntime', '--device', 'webgpu', '--quick'];

  it('goes through the conformance suite, within what the device allows itself', async () => {
    const { stdout, stderr, exitCode } = await residuals([...conformance, '--json']);
    const report = JSON.parse(stdout || '{}');
    const departs = report.results?.filter((each: { passed: boolean }) => !each.passed);
    expect({ exitCode, departs }, stderr).toEqual({ exitCode: 0, departs: [] });
    expect(report).toMatchObject({ device: 'webgpu', variant: 'standard', rounding: 4, passed: true });
    expect(report.hardware).toBe('Vulkan, swiftshader');
    expect(report.rungs.every(({ status }: { status: string }) => status === 'agrees')).toBe(true);
  });

  it('trains a table, under the key that a run on the CPU has, and is named in the record', async () => {
    const run = ['errors', '--rows', 'small', '--experiment', 'tests/experiments/tiny'];
    const places = ['--store', join(folder, 'store')];
    const { exitCode, stderr } = await residuals(['reproduce', ...run, ...places, '--device', 'webgpu']);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/Backend: onnxruntime-node \S+, webgpu, standard, Vulkan, swiftshader/);
    const [record] = openStore(join(folder, 'store')).list().records;
    const { session, command } = record!.provenance;
    expect(session).toMatchObject({
      device: 'webgpu',
      variant: 'standard',
      hardware: 'Vulkan, swiftshader',
    });
    expect(command).toContain('--device webgpu');
    const plan = await residuals(['plan', ...run, '--store', join(folder, 'none'), '--json']);
    expect(JSON.parse(plan.stdout).runs[0]).toMatchObject({ key: record!.key, state: 'not started' });
  });

  it('says what is missing where there is no device', async () => {
    const { exitCode, stderr } = await residuals(conformance, join(folder, 'none.json'));
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/onnxruntime: webgpu cannot be used: Failed to get a WebGPU adapter/);
    expect(stderr).toMatch(/fix: install a Vulkan driver .* or: --device cpu/);
  });
});
