import { describe, expect, it } from 'vitest';
import type { Bisection, BisectResult, Finding, RunFacts, Standing } from '../harness/compare/finding.ts';
import { bisectText } from './bisect-text.ts';

const run: RunFacts = {
  key: '4f0c2a91b7'.padEnd(64, '0'),
  ...{
    network: 'ResNet-20',
    seed: 1,
    machine: 'Example CPU',
    traced: true,
    commit: 'c0ffee'.padEnd(40, '0'),
  },
  engine: 'onnxruntime-node 1.30.0, cpu, blocked, avx2, 2 threads',
};
const nothing: BisectResult = {
  ...{ runs: { A: run, B: { ...run, key: '9d'.padEnd(64, '0') } }, settings: [], same: false },
  ...{ traced: null, standings: null, bisection: null },
};
const difference = { numbers: 1, of: 2304, bits: 1, distance: 1e-7, allowed: 0 };
const finding: Finding = {
  ...{ step: 4, cause: 'fault', inputs: [], disturbed: 'B', value: null, of: 164 },
  tensors: [{ name: 'conv1.weight', ...difference }],
};
const standing: Standing = { agreesTo: 8, departsBy: null, by: null, tensors: [], of: 164 };

/** The words that are shown, in one line; no line is wider than the terminal. */
function shown(result: Partial<BisectResult>, width = 80): string {
  const text = bisectText({ ...nothing, ...result }, { width, colour: false });
  for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(width);
  return text.replaceAll(/\s+/g, ' ');
}

function found(changes: Partial<Finding>, judged: Bisection['judged'] = 'bits'): string {
  const info = { backend: 'torch', version: '1', device: 'cpu', variant: 'v', hardware: 'h', threads: 1 };
  const engines = { A: info, B: info };
  return shown({ bisection: { steps: 8, judged, engines, finding: { ...finding, ...changes } } });
}

describe('what came of two runs', () => {
  it('names both', () => {
    expect(shown({ same: true })).toMatch(
      /A 4f0c2a91b7: ResNet-20, seed 1; onnxruntime.* B 9d00000000: .*same bytes/,
    );
    const settings = [{ path: 'spec.schedule.rate', A: 0.1, B: 0.03 }];
    expect(shown({ settings, same: true })).toContain('spec.schedule.rate 0.1 in A, 0.03 in B');
  });

  it.each<[Partial<Finding>, RegExp]>([
    [
      {},
      /Step 4 is the first that differs, in conv1\.weight alone, of 164 tensors\. .*B was disturbed\. Suspect memory/,
    ],
    [{ disturbed: null }, /both were disturbed/],
    [{ step: 0, cause: 'start' }, /They begin differently: their initial states do, in conv1\.weight alone/],
    [{ cause: 'input', inputs: ['images', 'labels'] }, /it was given another images, another labels/],
    [
      { cause: 'operator', value: { operator: 'batchNorm', node: 'conv1.bn', output: 'y', ...difference } },
      /y of conv1\.bn \(batchNorm\) 1 of 2304 1 1\.0e-7 .*first value that does is y of conv1\.bn: operator batchNorm/,
    ],
    [{ cause: 'update' }, /all values of its graph are alike; the optimiser's update is not: conv1\.weight/],
    [{ cause: 'step' }, /One of the backends cannot run single operators/],
    [{ cause: 'step', tensors: [] }, /the distance has grown over several steps/],
  ])('says where: %j', (changes, expected) => {
    expect(found(changes)).toMatch(expected);
  });

  it('counts the tensors that it does not list', () => {
    const tensors = Array.from({ length: 11 }, (_, i) => ({ name: `conv${i}.weight`, ...difference }));
    expect(found({ tensors })).toMatch(
      /conv7\.weight .* 3 more of 164 tensors .*conv0\.weight and 10 more of 164/,
    );
  });

  it.each<[Pick<BisectResult, 'traced'>, Record<'A' | 'B', Partial<Standing>>, RegExp]>([
    [
      { traced: { step: 5, tensors: ['fc.bias'], of: 164 } },
      { A: { agreesTo: 5 }, B: { departsBy: 5, by: 'trace', tensors: ['fc.bias'] } },
      /differ after step 5 for the first time, in fc\.bias alone.*B is the odd one: step 5\. A single tensor/,
    ],
    [
      { traced: null },
      { A: { agreesTo: 0, departsBy: 3, by: 'first steps' }, B: { departsBy: 3, by: 'first steps' } },
      /A leaves what is computed again here between steps 1 and 3 \(told by its first steps\).*Neither is what/,
    ],
    [{ traced: null }, { A: {}, B: {} }, /All that both traces have is the same.*they part later\./],
    [
      { traced: null },
      { A: { agreesTo: 20, departsBy: 40, by: 'training curve' }, B: {} },
      /A is the odd one: step 40 or before\./,
    ],
  ])('says which of two recorded runs is the odd one', (traced, { A, B }, expected) => {
    const standings = { A: { ...standing, ...A }, B: { ...standing, ...B } };
    expect(shown({ ...traced, standings })).toMatch(expected);
  });

  it('says that there is nothing but rounding', () => {
    const info = { backend: 'torch', version: '1', device: 'cpu', variant: 'v', hardware: 'h', threads: 1 };
    const bisection: Bisection = {
      ...{ steps: 8, judged: 'rounding', engines: { A: info, B: info }, finding: null },
    };
    expect(shown({ bisection })).toContain('In 8 steps nothing is further apart than rounding explains.');
    expect(shown({ bisection: { ...bisection, judged: 'bits' } })).toContain(
      'both go through 8 steps in the same',
    );
  });
});
