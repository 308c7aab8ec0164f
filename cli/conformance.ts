import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { runConformance } from '../backends/conformance/conformance.ts';
import type { ConformanceReport } from '../backends/conformance/report.ts';
import { cifar10, synthetic, type TrainingData } from '../backends/conformance/training-data.ts';
import { exitCodes, UserError } from '../harness/errors.ts';
import { printable } from '../paper-tables/printable.ts';
import { backendNamed } from './backend-file.ts';
import { conformancePage } from './conformance-page.ts';
import { conformanceText } from './conformance-text.ts';
import { shortPath } from './format.ts';
import type { Verb } from './verb.ts';

/** `npm run conformance`: a backend against the reference. */
export const conformance: Verb = {
  arguments: '<backend>',
  description:
    'Compares a backend with the reference, rung by rung: each operator and its gradient, known answers to what papers leave unsaid, evaluations, a training step, 100 steps (on CIFAR-10 if it is in the cache), states, resuming, batch statistics and ownership. What departs first is named: a fault on one rung explains those above it. <backend> is a name, or the path of a file (.ts, .mjs, .js) that exports a Backend of backends/contract.ts.',
  options: ['device', 'variant', 'quick', 'data', 'json', 'html'],
  exits: { differs: 'a rung departs from the reference', failed: 'the backend cannot run here' },
  environment: ['RESIDUALS_CIFAR10', 'RESIDUALS_CACHE'],
  files: [],
  examples: [
    ['npm run conformance -- onnxruntime', 'the default backend, in the variant that it prefers here'],
    ['npm run conformance -- onnxruntime --variant standard --quick', 'another variant, in a minute'],
    ['npm run conformance -- ./my-backend.ts --html report.html', 'a backend of your own, with a page'],
  ],
  async run([word], { device, variant, quick, data, json, html }) {
    if (html !== undefined && !existsSync(dirname(html)))
      throw new UserError(`--html: there is no folder ${dirname(html)}.`, {
        fix: `mkdir -p ${dirname(html)}`,
      });
    const backend = await backendNamed(word!);
    const how = { ...(device && { device }), ...(variant && { variant }) };
    const found = await runConformance(backend, {
      ...how,
      steps: quick ? 20 : 100,
      data: await trainingData(data),
      only: name => !quick || !slow.test(name),
      onRung: (rung, cases) => console.error(`${rung}: ${cases} case${cases === 1 ? '' : 's'}`),
    });
    const report = printable(found);
    if (html !== undefined) writeFileSync(html, conformancePage(report));
    console.log(json ? JSON.stringify(report, finite, 2) : conformanceText(report));
    if (html !== undefined) console.error(`\nThe page is ${shortPath(html)}`);
    return exitCode(report);
  },
};

/** Trainings that take a search for batches in large networks. */
const slow = /^training: .*(basic|bottleneck)/;

/** CIFAR-10 if it is where the user says or in the cache; what the user names must be there. */
async function trainingData(folder: string | undefined): Promise<TrainingData> {
  try {
    return await cifar10(folder);
  } catch (error) {
    if (folder !== undefined || process.env.RESIDUALS_CIFAR10) throw error;
    console.error('CIFAR-10 is not in the cache: training is on synthetic images (npm run data fetches it)');
    return synthetic;
  }
}

/** Nothing that could be compared is no departure. */
function exitCode({ passed, results }: ConformanceReport): number {
  if (passed) return exitCodes.pass;
  return results.every(({ error }) => error !== null) ? exitCodes.failed : exitCodes.differs;
}

/** JSON has no numbers for what is not finite. */
function finite(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
