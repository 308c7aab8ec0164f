import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** CPUs that this process may use: those of its affinity, and no more than the quota of its cgroup, which Node 20 does not see. */
export function cores(system = '/'): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quota(system))));
}

/** Bytes of memory that this process may use: those of the machine, or the limit of its cgroup. */
export function memory(): number {
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY; // 0, or far beyond the machine, where there is none
  return Math.min(totalmem(), limit);
}

/** CPUs' worth of time, the least of the cgroup and all above it; infinite where nothing is said. */
function quota(system: string): number {
  const own = readIn(system, 'proc/self/cgroup') ?? '';
  const [, path2 = '/'] = /^0::(\/.*)$/m.exec(own) ?? [];
  const [, path1 = '/'] = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m.exec(own) ?? [];
  const quotas = [
    ...upwards(path2).map(path => readIn(system, join('sys/fs/cgroup', path, 'cpu.max'))?.split(' ')),
    ...upwards(path1).map(path => {
      const of = (name: string) => readIn(system, join('sys/fs/cgroup/cpu', path, name));
      return [of('cpu.cfs_quota_us') ?? '', of('cpu.cfs_period_us') ?? ''];
    }),
  ];
  // "max" of version 2 and -1 of version 1 are no limits.
  const limits = quotas.map(each => Number(each?.[0]) / Number(each?.[1]));
  return Math.min(Number.POSITIVE_INFINITY, ...limits.filter(limit => limit > 0));
}

function upwards(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...upwards(dirname(path))];
}

function readIn(system: string, path: string): string | null {
  try {
    return readFileSync(join(system, path), 'utf8').trim();
  } catch {
    return null; // no cgroups, or others
  }
}
