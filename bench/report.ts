import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../harness/checkout.ts';
import { median } from '../harness/median.ts';
import { makeFolder } from '../harness/record/files.ts';
import { jobKey } from '../harness/record/keys.ts';
import { jobFiles, markStore, openStore } from '../harness/record/store.ts';
import type { JobRecord, TrainIdentity } from '../harness/record/types.ts';
import { siteOf } from '../reports/model.ts';
import { publishSite } from '../reports/publish.ts';
import { filesOf } from '../reports/site.ts';
import { verifySite } from '../reports/verify.ts';

/** What building and checking a site took, in seconds, median over rounds, each with its own store. */
export interface ReportTimes {
  runs: number;
  rounds: number;
  /** Reading and verifying the records, and deriving what they say. */
  read: number;
  /** Laying out all pages, and writing them. */
  write: number;
  /** `npm run verify` of the site. */
  verify: number;
  files: number;
  megabytes: number;
}

/** Times a site of so many runs: the committed ones of mini, each with many seeds. */
export async function benchReport(rounds: number, runs = 1000): Promise<ReportTimes> {
  const times = { read: [] as number[], write: [] as number[], verify: [] as number[] };
  let [files, bytes] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'residuals-bench-'));
    try {
      const store = join(folder, 'store');
      fill(store, runs);
      const begin = performance.now();
      const site = await siteOf({ store });
      const read = performance.now();
      const text = (key: string) => readFileSync(join(store, 'runs', key, jobFiles.record), 'utf8');
      const contents = await filesOf(site, text);
      publishSite(contents, join(folder, 'site'));
      const written = performance.now();
      await verifySite(join(folder, 'site'), () => {});
      times.read.push(read - begin);
      times.write.push(written - read);
      times.verify.push(performance.now() - written);
      files = contents.size;
      bytes = [...contents.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const seconds = (all: number[]) => median(all) / 1000;
  return {
    ...{ runs, rounds, files, megabytes: bytes / 1e6 },
    ...{ read: seconds(times.read), write: seconds(times.write), verify: seconds(times.verify) },
  };
}

/** The same for a terminal. */
export function reportTimesText({
  runs,
  rounds,
  read,
  write,
  verify,
  files,
  megabytes,
}: ReportTimes): string {
  const s = (seconds: number) => `${seconds.toFixed(1)} s`;
  return [
    `A site of ${runs} runs, ${files} files, ${megabytes.toFixed(0)} MB; medians of ${rounds}:`,
    `read and derive   ${s(read)}`,
    `lay out and write ${s(write)}`,
    `built             ${s(read + write)}`,
    `verified          ${s(verify)}`,
  ].join('\n');
}

/** No result is made up for anybody to see: records of many seeds, for the time that they take. */
function fill(folder: string, runs: number): void {
  markStore(folder);
  const { records } = openStore(join(root, 'results')).list();
  const models = records.filter(
    (record): record is JobRecord<TrainIdentity> =>
      record.identity.kind === 'train' &&
      record.asked?.profile === 'mini' &&
      record.identity.seed === 1 &&
      Object.keys(record.result.artefacts).length === 0,
  );
  for (let i = 0; i < runs; i++) {
    const model = models[i % models.length]!;
    const identity = { ...model.identity, seed: 1 + Math.floor(i / models.length) };
    const record = { ...model, identity, key: jobKey(identity) };
    makeFolder(join(folder, 'runs', record.key));
    writeFileSync(join(folder, 'runs', record.key, jobFiles.record), `${JSON.stringify(record)}\n`);
  }
}
