import { median } from '../harness/median.ts';
import type { BenchReport } from './bench.ts';

/** A report for people: medians with their range over the rounds, and paired ratios. */
export function benchText(report: BenchReport): string {
  const { workload, batch, threads, processor, versions, comparisons, overhead } = report;
  const lines = [`${workload}, batch ${batch}, float32, ${threads} threads, ${processor}`];
  for (const [name, version] of Object.entries(versions)) lines.push(`  ${name}: ${version}`);
  for (const { what, unit, rounds, ratios } of comparisons) {
    lines.push('', `${what}, ${unit}`);
    for (const [name, values] of Object.entries(rounds)) {
      const range = `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;
      const spread = values.length > 1 ? `  (${range} over ${values.length} rounds)` : '';
      lines.push(`  ${name.padEnd(24)} ${median(values).toFixed(1).padStart(8)}${spread}`);
    }
    for (const { ours, best, ratio } of ratios) {
      lines.push(`  ratio ${ours} / ${best}: ${ratio.toFixed(2)} (median of pairs)`);
    }
  }
  const share = (100 * (overhead.ratio - 1)).toFixed(1);
  lines.push(
    '',
    'harness over the bare session loop, ResNet-20 of the profile mini',
    `  ${overhead.bare.toFixed(2)} ms bare, ${overhead.harness.toFixed(2)} ms with batches, metrics and records: ${share}% more (median of pairs)`,
    '',
    `$ ${report.command}`,
  );
  return lines.join('\n');
}
