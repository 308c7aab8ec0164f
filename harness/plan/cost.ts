import { cpus } from 'node:os';
import { median } from '../median.ts';
import type { JobIdentity, JobRecord } from '../record/types.ts';
import { taskOf } from '../tasks/registry.ts';
import type { Workload } from '../tasks/task.ts';
import type { Cost, CostSource } from './types.ts';

/** What the rest of a job costs on this machine; `from`: units that are done. */
export type CostModel = (identity: JobIdentity, from: number) => Cost;

/** What is to compute: a model of CPU, a kind of device where one is asked for, and at which sizes. */
export interface Machine {
  cpu?: string;
  device?: string;
  profile?: string;
}

/**
 * Speed of one thread that is assumed while nothing has been recorded, in floating-point operations per second;
 * a multiply-add is two. AVX2 and AVX-512 machines of a few GHz reach two to five times as much.
 */
export const assumedSpeed = 20e9;

/**
 * Costs from records of the same backend. A job with sizes that this kind of CPU has a record of is `measured`: so much per
 * unit, and so much per test image. All others are `estimated` from their multiply-adds, at the median speed of the records
 * of this CPU that are of the same task and profile (narrow networks take more time for a multiply-add), else of all of
 * this CPU, else of all, else the assumed one. A record of another kind of device tells nothing; without a device, those
 * count that were computed on this CPU's machine, and those of any CPU. `storeOf`: the folder that a record lies in.
 */
export function costModel(
  records: readonly JobRecord[],
  { cpu = cpus()[0]?.model.trim() ?? '', device, profile }: Machine = {},
  storeOf: (record: JobRecord) => string = () => '',
): CostModel {
  const sourceOf = (used: readonly Measured[]): CostSource => ({
    records: used.length,
    stores: unique(used.map(({ record }) => storeOf(record))),
    thisCpu: used.length > 0 && used.every(({ record }) => record.provenance.cpu === cpu),
    hardware: unique(used.map(({ record }) => record.provenance.session.hardware)),
  });
  const measured = records.map(record => ({ record, work: workloadOf(record.identity) }));
  return (identity, from) => {
    const work = workloadOf(identity);
    const isHere = ({ record }: Measured) => record.provenance.cpu === cpu;
    const own = measured.filter(each => {
      const { identity: of, provenance } = each.record;
      const usable = provenance.session.device === (device ?? 'cpu') || (!device && isHere(each));
      return of.backend === identity.backend && usable;
    });
    const here = own.filter(isHere);
    const alike = own.filter(each => each.work.sizes === work.sizes);
    const peaks = alike.map(({ record }) => record.provenance.peakMemoryMiB).filter(peak => peak > 0);
    const memoryMiB = Math.ceil(peaks.length > 0 ? Math.max(...peaks) : work.memoryMiB);
    const images = work.between(from) + work.final;
    const { unit, total } = work;
    const same = alike.filter(each => here.includes(each));
    if (same.length > 0) {
      const perUnit = median(same.map(secondsPerUnit));
      const perImage = median(same.map(secondsPerImage));
      const seconds = (total - from) * perUnit + images * perImage;
      const finalSeconds = work.final * perImage;
      return { unit, total, seconds, finalSeconds, basis: 'measured', source: sourceOf(same), memoryMiB };
    }
    const similar = here.filter(({ record: { asked, identity: of } }) => {
      return asked?.profile === profile && of.task === identity.task;
    });
    const nearest = [similar, here].find(each => each.length > 0) ?? own;
    const speeds = nearest.map(speedOf);
    const perImage = work.operations / (speeds.length > 0 ? median(speeds) : assumedSpeed);
    const seconds = ((total - from) * work.perUnit + images) * perImage;
    const finalSeconds = work.final * perImage;
    return { unit, total, seconds, finalSeconds, basis: 'estimated', source: sourceOf(nearest), memoryMiB };
  };
}

/** What is left of a job that is recorded: nothing. Its network is not built for that. */
export function spent({ identity, provenance }: JobRecord): Cost {
  const { unit, total } = workloadOf(identity);
  const source = { records: 0, stores: [], thisCpu: false, hardware: [] };
  const memoryMiB = provenance.peakMemoryMiB;
  return { unit, total, seconds: 0, finalSeconds: 0, basis: 'measured', source, memoryMiB };
}

interface Measured {
  record: JobRecord;
  work: Workload;
}

function workloadOf({ task, kind, spec }: JobIdentity): Workload {
  return taskOf(task).workloadOf(kind, spec);
}

/** Thread-seconds of a unit. */
function secondsPerUnit({ record: { provenance } }: Measured): number {
  return (provenance.unitMilliseconds / 1000) * provenance.session.threads;
}

/** Thread-seconds of all that is not units, spread over the images that were tested. */
function secondsPerImage(measured: Measured): number {
  const { record, work } = measured;
  const all = record.provenance.seconds * record.provenance.session.threads;
  const rest = all - work.total * secondsPerUnit(measured);
  const images = work.between(0) + work.final;
  return images > 0 ? Math.max(0, rest) / images : 0;
}

/** Floating-point operations per thread and second in the units of a job. */
function speedOf(measured: Measured): number {
  const { perUnit, operations } = measured.work;
  return (perUnit * operations) / secondsPerUnit(measured);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
