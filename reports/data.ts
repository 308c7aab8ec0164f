import { sha256 } from './digest.ts';
import { scriptJson } from './html.ts';
import type { Shown } from './model.ts';
import type { DataJob, Printed, TargetData } from './types.ts';

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
