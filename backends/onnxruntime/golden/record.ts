/** Records the first steps of this machine: node --import ./loader/register.mjs backends/onnxruntime/golden/record.ts */
import { existsSync, writeFileSync } from 'node:fs';
import { firstSteps, type Golden, goldenFile, goldenNets, readGolden } from '../first-steps.ts';
import { onnxruntime } from '../index.ts';
import { loweringNames } from '../lowering/lowering.ts';
import { examine } from '../probe.ts';

const { hardware, lowering } = await examine();
const known = existsSync(goldenFile) ? readGolden() : undefined;
const { numerics } = onnxruntime;
// Digests of other instruction sets stay, unless they are of another `numerics`.
const golden: Golden = known?.numerics === numerics ? known : { numerics, losses: {}, digests: {} };

for (const [net, program] of Object.entries(goldenNets)) {
  for (const name of loweringNames) {
    if (name === 'blocked' && lowering !== 'blocked') continue;
    const { losses, digest } = await firstSteps(program(), name, 1);
    if (name === 'standard') golden.losses[net] = losses;
    ((golden.digests[net] ??= {})[name] ??= {})[hardware] = digest;
    console.log(`${net}, ${name}, ${hardware}: ${digest}`);
  }
}
writeFileSync(goldenFile, `${JSON.stringify(golden, null, 2)}\n`);
