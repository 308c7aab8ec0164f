import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cores, memory } from './cores.ts';

/** What `cores` says where the system's files are these. */
function coresWith(files: Record<string, string>): number {
  const system = mkdtempSync(join(tmpdir(), 'residuals-cores-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(system, dirname(name)), { recursive: true });
      writeFileSync(join(system, name), text);
    }
    return cores(system);
  } finally {
    rmSync(system, { recursive: true });
  }
}

const all = availableParallelism();

describe('cores', () => {
  it('are those of the machine where no quota is set', () => {
    expect(coresWith({})).toBe(all);
    expect(coresWith({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' })).toBe(all);
    expect(
      coresWith({
        'proc/self/cgroup': '4:cpu,cpuacct:/\n',
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      }),
    ).toBe(all);
  });

  it('are no more than the quota of the cgroup, or of one above it', () => {
    expect(coresWith({ 'sys/fs/cgroup/cpu.max': '50000 100000\n' })).toBe(1);
    expect(
      coresWith({
        'proc/self/cgroup': '0::/outer/inner\n',
        'sys/fs/cgroup/outer/cpu.max': '100000 100000\n',
        'sys/fs/cgroup/outer/inner/cpu.max': 'max 100000\n',
      }),
    ).toBe(1);
    expect(
      coresWith({
        'proc/self/cgroup': '7:memory:/x\n4:cpu,cpuacct:/x\n',
        'sys/fs/cgroup/cpu/x/cpu.cfs_quota_us': '80000\n',
        'sys/fs/cgroup/cpu/x/cpu.cfs_period_us': '100000\n',
      }),
    ).toBe(1);
    expect(coresWith({ 'sys/fs/cgroup/cpu.max': '9900000 100000\n' })).toBe(all);
  });
});

describe('memory', () => {
  it('is no more than the machine has', () => {
    expect(memory()).toBeGreaterThan(2 ** 28);
    expect(memory()).toBeLessThanOrEqual(totalmem());
  });
});
