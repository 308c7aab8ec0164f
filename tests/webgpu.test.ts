import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { formatReport, runConformance } from '../backends/conformance/conformance.ts';
import { operatorCases } from '../backends/conformance/operators.ts';
import { backends } from '../backends/registry.ts';
import { identityOf, inFolder, orderFor, runHere, tinySpec } from '../harness/execute/jobs.fixture.ts';
import { jobKey } from '../harness/record/keys.ts';

/** Chromium's Vulkan device in software, as Debian lays it. */
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const here = existsSync(swiftshader);
if (here) process.env.VK_ICD_FILENAMES = swiftshader;
else {
  const enable = 'apt-get install --no-install-recommends chromium-common libvulkan1';
  console.warn(`skipped: WebGPU on a device in software. To enable it, on Debian: ${enable}`);
}

const onnxruntime = await backends.onnxruntime();

describe.skipIf(!here)('WebGPU, on a device in software', { timeout: 900_000 }, () => {
  /** Every operator once, and one network on each rung: a shader is compiled in a tenth of a second. */
  const operators = new Map(operatorCases.map(({ op, name }) => [op, `operator: ${name}`]));
  const chosen = new Set(operators.values());
  const only = (name: string) =>
    chosen.has(name) ||
    /^known answer: (weight decay|momentum|running)/.test(name) ||
    (/^(predict|step|state|batch statistics|ownership): ResNet-14 4\/6\/10 at 8x8/.test(name) &&
      !/batch \d/.test(name));

  it('agrees with the reference, within what the device allows itself', async () => {
    const report = await runConformance(onnxruntime, { device: 'webgpu', only });
    expect(report.passed, formatReport(report)).toBe(true);
    expect(report.results.length).toBeGreaterThan(25);
    expect(report).toMatchObject({ device: 'webgpu', variant: 'standard', rounding: 4 });
    expect(report.hardware).toBe('Vulkan, swiftshader');
  });

  it('trains, under the key that a run on the CPU has, and is named in the record', () =>
    inFolder(async store => {
      const identity = identityOf(tinySpec, 'onnxruntime');
      const end = await runHere(orderFor(store, identity, { device: 'webgpu' }));
      expect(end?.record.provenance.session).toMatchObject({
        backend: 'onnxruntime',
        device: 'webgpu',
        variant: 'standard',
        hardware: 'Vulkan, swiftshader',
      });
      expect(end?.record.key).toBe(jobKey(identity));
      expect(end?.record.result.determinism.tier).toBe('D1');
    }));
});

it.runIf(process.platform === 'linux')('without a device, the command says what is missing', async () => {
  const root = dirname(import.meta.dirname);
  const { exitCode, stderr } = await execa(
    process.execPath,
    ['cli/start.mjs', 'conformance', 'onnxruntime', '--device', 'webgpu', '--quick'],
    { cwd: root, env: { VK_ICD_FILENAMES: '/none.json', VK_DRIVER_FILES: '' }, reject: false },
  );
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/onnxruntime: webgpu cannot be used: /);
  expect(stderr).toMatch(/fix: install a Vulkan driver .* or: --device cpu/);
});
