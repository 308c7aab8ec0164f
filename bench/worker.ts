import { createInterface } from 'node:readline';
import { type BackendId, backends } from '../backends/registry.ts';
import { initialState } from '../ml/optim/init.ts';
import { buildProgram } from '../ml/program.ts';
import { benchBatch, benchImages } from './batch.ts';
import type { Workload } from './workloads.ts';

/**
 * Our side of `npm run bench`: the bare session loop, without a harness around it.
 * usage: worker.ts BACKEND OPTIONS WORKLOAD, options of a session and workload as JSON; the line protocol of pytorch.py.
 */
const [name, options, json] = process.argv.slice(2) as string[];
const { network, size, batch, evaluationBatch } = JSON.parse(json!) as Workload;
const program = buildProgram({
  network,
  imageSize: size,
  sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
  trainBatch: batch,
  evaluationBatch,
});
const backend = await backends[name as BackendId]();
const session = await backend.open(program, JSON.parse(options!));
await session.setState(initialState(program, 1));
const train = benchBatch(program);
const test = benchImages(program);

const run: Record<string, () => Promise<unknown>> = {
  train: () => session.step(train, 0.01),
  evaluate: () => session.run('predict', test),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [what, count] = line.split(' ');
  if (what === 'memory') {
    // Of this process (KiB) and, where another one computes, of that too (bytes).
    const engine = (await session.peakMemory?.()) ?? 0;
    const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024 + engine / 2 ** 20);
    console.log(JSON.stringify({ mebibytes, version: session.info.version }));
    continue;
  }
  const milliseconds: number[] = [];
  for (let i = 0; i < Number(count); i++) {
    const begin = performance.now();
    await run[what!]!();
    milliseconds.push(performance.now() - begin);
  }
  console.log(JSON.stringify({ milliseconds }));
}
await session.close();
