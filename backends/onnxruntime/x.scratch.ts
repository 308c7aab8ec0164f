import { exampleBatch, exampleProgram, exampleState } from './fixture.ts';
import { blocked } from './lowering/blocked.ts';
import { evaluationModel, trainingModel } from './lowering/program.ts';

import { openModel } from './runtime.ts';
import { createSession } from './session.ts';

const n = +process.argv[2]!;
const p = exampleProgram({ family: 'resnet', n, widths: [8, 16, 32], imageSize: 16, batch: 128 });
let t = performance.now();
const lap = (s: string) => {
  console.log(
    s,
    (performance.now() - t).toFixed(0),
    'ms',
    'rss',
    (process.memoryUsage().rss / 1e6).toFixed(0),
  );
  t = performance.now();
};
await openModel(new Uint8Array(0), 1).catch(() => 0);
lap('load');
const low = blocked(16);
p.train();
lap('graph');
const m = process.argv[4] === 'e' ? evaluationModel(p.predict(), low) : trainingModel(p, low);
lap('model ' + m.length);
if (process.argv[3] === 'create') {
  await openModel(m, 1);
  lap('create');
  process.exit();
}
const s = await createSession(
  p,
  { backend: '', version: '', lowering: '', instructionSet: '', threads: 1 },
  low,
);
lap('session');
await s.setState(exampleState(p));
lap('state');
console.log((await s.trainStep(exampleBatch(p, 0), 0.01)).loss);
lap('first step');
for (let i = 0; i < 3; i++) {
  await s.trainStep(exampleBatch(p, 0), 0.01);
  lap('step');
}
console.log('peak', process.resourceUsage().maxRSS / 1024);
