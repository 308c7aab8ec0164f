import { findBackend } from '../backends/registry.ts';
import { bench, benchDefaults } from '../bench/bench.ts';
import { benchText } from '../bench/text.ts';
import { UserError } from '../harness/errors.ts';
import { wrapped } from '../paper-tables/text.ts';
import { expectChoices } from './choices.ts';
import { terminalOf } from './terminal.ts';
import type { Verb } from './verb.ts';

/** `npm run bench`: our training step against PyTorch's. */
export const benchVerb: Verb = {
  arguments: '',
  description:
    'Times a training step, an evaluation and the peak memory of a backend against a bare loop in PyTorch, in paired rounds, and the harness against the bare session loop. PyTorch takes part when it is installed as for --backend torch; the yardstick is its fastest form, the batch already on the device.',
  options: ['workload', 'backend', 'device', 'variant', 'threads', 'rounds', 'steps', 'nodes', 'json'],
  exits: { failed: 'a contender failed' },
  environment: ['RESIDUALS_PYTHON', 'COLUMNS'],
  files: [],
  examples: [
    ['npm run bench', 'ResNet-20 at batch 128, the comparison of the README'],
    [
      'npm run bench -- --workload resnet20-mini --threads 1',
      'at the sizes of the profile mini, on one thread',
    ],
    ['npm run bench -- --workload report', 'how long a site of 1,000 runs takes to build and to check'],
    ['npm run bench -- --workload resnet50-224 --nodes', 'which operators take the time of a step'],
    ['npm run bench -- --backend torch --device cuda', 'the torch backend on a GPU'],
  ],
  async run(_, { workload, backend, device, variant, threads, rounds, steps, nodes, json }) {
    if (workload === 'report') {
      const { benchReport, reportTimesText } = await import('../bench/report.ts');
      const times = await benchReport(rounds ?? 3);
      console.log(json ? JSON.stringify(times, null, 2) : reportTimesText(times));
      return 0;
    }
    if (nodes) {
      if (backend !== benchDefaults.backend)
        throw new UserError(`--nodes is of ${benchDefaults.backend}, not of ${backend}.`, {
          fix: `npm run bench -- --backend ${benchDefaults.backend} --nodes`,
        });
      const { benchNodes, nodesText } = await import('../bench/nodes.ts');
      const used = threads ?? benchDefaults.threads;
      const report = await benchNodes(workload ?? benchDefaults.workload, used, steps ?? 8);
      console.log(json ? JSON.stringify(report, null, 2) : inLines(nodesText(report)));
      return 0;
    }
    const found = await findBackend(backend);
    if (found) expectChoices(found.name, found.backend, { device, variant });
    const options = {
      ...benchDefaults,
      ...(workload && { workload }),
      ...(threads && { threads }),
      ...(rounds && { rounds }),
      ...(steps && { steps }),
      backend,
      ...(device && { device }),
      ...(variant && { variant }),
    };
    const report = await bench(options, text => console.error(text));
    console.log(json ? JSON.stringify(report, null, 2) : inLines(benchText(report)));
    return 0;
  },
};

function inLines(text: string): string {
  const limit = terminalOf().width;
  return text
    .split('\n')
    .flatMap(line => wrapped(line, { limit, indent: '    ' }))
    .join('\n');
}
