import { createInterface } from 'node:readline';
import { type BackendId, backends } from '../backends/registry.ts';
import { initialState } from '../ml/optim/init.ts';
import { buildProgram } from '../ml/program.ts';
import { benchBatch, benchImages } from './batch.ts';

/**
 * Our side of `npm run bench`: the bare session loop, without a harness around it.
 * usage: worker.ts LOWERING THREADS WIDTHS N SIZE BATCH EVALUATION_BATCH; the same line protocol as pytorch.py.
 */
const [lowering, threads, widths, n, size, batch, evaluationBatch] = process.argv.slice(2) as string[];
const backendId: BackendId = 'onnxruntime';
const program = buildProgram({
  network: {
    family: 'resnet',
    n: Number(n),
    widths: widths!.split(',').map(Number) as [number, number, number],
    shortcut: 'A',
    classes: 10,
    batchNorm: { epsilon: 1e-5, momentum: 0.1 },
    init: { convolution: 'he', classifier: 'he' },
  },
  imageSize: Number(size),
  sgd: { momentum: 0.9, weightDecay: 1e-4, form: 'caffe' },
  trainBatch: Number(batch),
  evaluationBatch: Number(evaluationBatch),
});
const backend = await backends[backendId]();
const session = await backend.open(program, { threads: Number(threads), lowering: lowering! });
await session.setState(initialState(program, 1));
const train = benchBatch(program);
const testImages = benchImages(program, program.evaluationBatch);

const run: Record<string, () => Promise<unknown>> = {
  train: () => session.trainStep(train, 0.01),
  evaluate: () => session.predict(testImages, program.evaluationBatch),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [what, count] = line.split(' ');
  if (what === 'memory') {
    const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024);
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
