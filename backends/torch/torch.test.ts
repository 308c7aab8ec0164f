import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../ml/program.ts';
import { conformanceCases, formatReport, runConformance } from '../conformance/conformance.ts';
import { EngineLost } from '../contract.ts';
import { problems, programOf, randomBatch, randomState } from '../conformance/problems.ts';
import { Draw } from '../conformance/random.ts';
import { torch } from './index.ts';
import { runGraph } from './run-graph.ts';

const probe = await torch.probe();
if (!probe.available) console.warn(`torch: skipped, ${probe.missing}; to enable it: ${probe.fix}`);

/** Gradients are PyTorch's own: the steps compare them. */
const only = (name: string) => !/^operator: \w+Gradient /.test(name);

describe.skipIf(!probe.available)('torch', () => {
  it.each(torch.capabilities.variants)(
    'agrees with the reference in every operator, step and training: %s',
    async variant => {
      const report = await runConformance(torch, { variant, steps: 6, runGraph, only });
      expect(report.passed, formatReport(report)).toBe(true);
      expect(report.results).toHaveLength(conformanceCases({ runGraph, only }).length);
      console.log(formatReport(report))
    },
    600_000,
  );
});
