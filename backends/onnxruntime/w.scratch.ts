import { exampleBatch, exampleProgram, exampleState } from './fixture.ts';
import { onnxruntime } from './index.ts';

const which = process.argv[2]!,
  T = +(process.argv[3] ?? 1),
  R = +(process.argv[4] ?? 9);
for (const [w, s, n] of [
  [[16, 32, 64], 32, 3],
  [[8, 16, 32], 16, 3],
] as any) {
  const p = exampleProgram({ family: 'resnet', n, widths: w, imageSize: s, batch: 128 });
  const x = await onnxruntime.open(p, { threads: T, lowering: which });
  await x.setState(exampleState(p));
  const b = exampleBatch(p, 0);
  await x.trainStep(b, 0.1);
  await x.trainStep(b, 0.1);
  const ts = [];
  let l = 0;
  for (let i = 0; i < R; i++) {
    const t = performance.now();
    l = (await x.trainStep(b, 0.1)).loss;
    ts.push(performance.now() - t);
  }
  ts.sort((a, b) => a - b);
  console.log(w.join(), which, 'median', ts[R >> 1]!.toFixed(1), 'min', ts[0]!.toFixed(1), 'loss', l);
  await x.close();
}
