import { createHash } from 'node:crypto';
import type { Printed } from './check.ts';
import { scriptJson } from './html.ts';
import type { Shown } from './model.ts';

/** What a page is derived from, as the check reads it. */
export interface TargetData {
  folder: string;
  target: Shown['target'];
  command: string;
  /** Jobs that the page shows, and those that its verdicts are shared with; with the digests of their records. */
  jobs: DataJob[];
  beside: DataJob[];
  /** What the page prints: from a disk no page can read another. */
  printed: Printed;
}

/** A job and the SHA-256 of the text of its record. */
export type DataJob = Shown['jobs'][number] & { sha256: string };

/** The data of a page as a script: what opens from a disk can load nothing else. */
export function targetData(
  folder: string,
  { target, view, jobs, beside }: Shown,
  recordText: (key: string) => string,
  printed: Printed,
): string {
  const withDigest = (job: Shown['jobs'][number]): DataJob => ({
    ...job,
    sha256: sha256(recordText(job.key)),
  });
  // Where the experiment lies on the machine that made the site is nobody's business.
  const portable = { ...target, experiment: { ...target.experiment, folder: '' } };
  const data: TargetData = {
    ...{ folder, target: portable, command: view.command },
    jobs: jobs.map(withDigest),
    beside: beside.map(withDigest),
    printed,
  };
  return `residuals.target(${scriptJson(data)});\n`;
}

/** The exact text of a record as a script. */
export function recordScript(key: string, text: string): string {
  return `residuals.record(${scriptJson(key)}, ${scriptJson(text)});\n`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
