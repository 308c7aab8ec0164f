import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verbs } from '../cli/main.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'residuals-cli-'));
const store = join(folder, 'store');
const pages = join(store, 'rendered/resnet-2015/smoke/onnxruntime');
afterAll(() => rmSync(folder, { recursive: true }));

/** The environment without what npm and vitest add to it. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$)/i.test(name)),
);

function residuals(...args: string[]) {
  const options = { cwd: root, env, extendEnv: false, reject: false, timeout: 120_000 } as const;
  return execa(process.execPath, ['cli/start.mjs', ...args], options);
}

/** A text with its commands in one line each. */
const oneLine = (text: string) => text.replaceAll(/ \\\n +/g, ' ');

const smoke = ['reproduce', 'table6', '--profile', 'smoke', '--rows', 'ResNet-20', '--store', store];

describe('help', () => {
  it('lists the commands', async () => {
    const { stdout, exitCode } = await residuals('--help');
    expect(exitCode).toBe(0);
    for (const verb of [
      'reproduce',
      'plan',
      'status',
      'ls',
      'show',
      'migrate',
      'validate',
      'data',
      'conformance',
      'bench',
    ])
      expect(stdout).toContain(`  ${verb} `);
  });

  it('of a command reads like a manual page', async () => {
    const { stdout, exitCode } = await residuals('reproduce', '--help');
    expect(exitCode).toBe(0);
    for (const part of [
      'Usage: npm run reproduce',
      '--profile <name>',
      '-j, --jobs',
      'Exit codes:',
      'Environment:',
      'Files:',
      'Examples:',
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it('of every command fits the terminal, and tells only what applies to it', async () => {
    for (const verb of Object.keys(verbs)) {
      const { stdout } = await execa(process.execPath, ['cli/start.mjs', verb, '--help'], {
        ...{ cwd: root, extendEnv: false },
        env: { ...env, COLUMNS: '72' },
      });
      const examples = stdout.indexOf('Examples:');
      for (const line of stdout.slice(0, examples).split('\n'))
        expect(line.length, line).toBeLessThanOrEqual(72);
      const orphans = stdout.slice(0, stdout.indexOf('Options:')).match(/^\w{1,12},?$/gm) ?? [];
      expect(orphans.length, stdout).toBeLessThanOrEqual(1);
      expect(stdout.includes('inconclusive'), verb).toBe(['reproduce', 'claims'].includes(verb));
    }
  });

  it('--version says which version and commit this is', async () => {
    const { stdout, exitCode } = await residuals('--version');
    expect(stdout).toMatch(
      /^residuals \d+\.\d+\.\d+, commit [0-9a-f]{12}( with uncommitted changes)?, Node \d/,
    );
    expect(exitCode).toBe(0);
  });
});

describe('a wrong command line', () => {
  it.each([
    ['an unknown target', ['reproduce', 'tabel6'], /"tabel6"\. Did you mean table6/],
    ['no target', ['reproduce'], /No table or figure is named/],
    ['an unknown command', ['reprodcue', 'table6'], /Unknown command "reprodcue"\. Did you mean reproduce\?/],
    ['an unknown option', ['reproduce', 'table6', '--sedes=3'], /Unknown option '--sedes=3'.*--seeds/],
    ['a wrong number', ['reproduce', 'table6', '--seeds', '0'], /--seeds is "0"; expected seeds from 1 on/],
    [
      'a number without end',
      ['plan', 'table6', '--seeds', '99999999'],
      /--seeds is .*; expected at most 10000 seeds/,
    ],
    [
      'a range that falls',
      ['plan', 'table6', '--seeds', '6-4'],
      /expected seeds from 1 on, each range rising/,
    ],
    ['no rows', ['plan', 'table6', '--rows', ','], /--rows is ","; expected labels/],
    ['an empty path', ['plan', 'table6', '--store', ''], /--store is empty/],
    [
      'an unknown experiment',
      ['plan', 'table6', '--experiment', 'resnet'],
      /"resnet".*Did you mean resnet-2015/,
    ],
    ['a name of JavaScript', ['plan', 'table6', '--profile', 'constructor'], /no profile "constructor"/],
    ['weights of JavaScript', ['plan', 'table3', '--weights', '__proto__'], /--weights is "__proto__"/],
    [
      'an unknown profile',
      ['reproduce', 'table6', '--profile', 'smoek'],
      /no profile "smoek"\. Did you mean smoke\?/,
    ],
    [
      'an unknown row',
      ['plan', 'table6', '--rows', 'ResNet20'],
      /no row "ResNet20"\. Did you mean ResNet-20/,
    ],
    [
      'an unknown backend',
      ['plan', 'table6', '--backend', 'onnx'],
      /--backend is "onnx"; expected onnxruntime, reference/,
    ],
    [
      'an unknown variant',
      [...smoke, '--variant', 'blcoked'],
      /--variant is "blcoked"; onnxruntime has blocked and standard/,
    ],
    [
      'an unknown device',
      [...smoke, '--device', 'tpu'],
      /--device is "tpu"; onnxruntime has cpu and cuda and webgpu/,
    ],
    [
      'a variant that the device does not have',
      [...smoke, '--device', 'webgpu', '--variant', 'blocked'],
      /--variant is "blocked"; onnxruntime has standard on webgpu/,
    ],
    ['an unknown run', ['show', 'abc', '--store', store], /No run in .* has a key that begins with abc/],
    ['a missing argument', ['show'], /Missing required argument 'run'/],
    ['one argument too many', ['validate', 'table6'], /Too many arguments/],
  ])('%s is one message and exit code 2', async (_, args, message) => {
    const { stdout, stderr, exitCode } = await residuals(...args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\n {2}fix: \S/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });

  it('is told as one JSON object too under --json', async () => {
    const { stdout, stderr, exitCode } = await residuals('reproduce', 'tabel6', '--json');
    expect(JSON.parse(stdout)).toEqual({
      error: { message: expect.stringContaining('tabel6'), fix: expect.any(String), exitCode: 2 },
    });
    expect(stderr).toContain('tabel6');
    expect(exitCode).toBe(2);
  });

  it('that names data which is not there fails the execution', async () => {
    const { stderr, exitCode } = await residuals(...smoke, '--data', join(folder, 'no-data'));
    expect(stderr).toContain('no-data');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(exitCode).toBe(4);
  });
});

describe('validate', () => {
  it('accepts the manifests of the repository', async () => {
    const { stdout, exitCode } = await residuals('validate', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).targets).toContain('table6');
  });
});

describe('reproduce', () => {
  let first: Awaited<ReturnType<typeof residuals>>;
  let key: string;
  beforeAll(async () => {
    first = await residuals(...smoke, '--json');
    key = readdirSync(join(store, 'runs'))[0]!;
  }, 120_000);

  it('prints one JSON object on standard output and progress on standard error', () => {
    expect(first.exitCode, first.stderr).toBe(0);
    const report = JSON.parse(first.stdout);
    expect(report.runs).toEqual([{ key, network: 'ResNet-20', kind: 'train', seed: 1, outcome: 'ran' }]);
    expect(report.files.length).toBeGreaterThanOrEqual(4);
    expect(report.files.filter((file: string) => !existsSync(file))).toEqual([]);
    const [target] = report.targets;
    expect(target).toMatchObject({ name: 'table6', profile: 'smoke' });
    expect(target.deviations.length).toBeGreaterThan(3);
    const { error } = target.rows.find((row: { label: string }) => row.label === 'ResNet-20').cells;
    expect(error.published.value).toBe(8.75);
    expect(error.reproduced.runs).toEqual([key]);
    expect(error.verdict).toBe('scaled-down');
    expect(first.stderr).toMatch(/ResNet-20, seed 1: started/);
    expect(first.stderr).toMatch(
      /ResNet-20, seed 1: finished, test error \d+\.\d\d%, training error \d+\.\d\d%$/m,
    );
  });

  it('trains nothing and writes nothing the second time', async () => {
    const files = [join(store, 'runs', key, 'record.json'), join(pages, 'table6.md')];
    const before = files.map(file => statSync(file).mtimeMs);
    const { stdout, stderr, exitCode } = await residuals(...smoke);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/ResNet-20 .* 8\.75 .* scaled down/);
    expect(stdout).not.toContain('started');
    expect(stdout).toMatch(/^Page: .*table6\.md \(also/m);
    expect(stdout).toContain('nothing to run, the run is finished');
    expect(files.map(file => statSync(file).mtimeMs)).toEqual(before);
  });

  it('runs only what a further seed adds, and shares runs between targets', async () => {
    const { stdout } = await residuals(
      'reproduce',
      'table6',
      'figure7',
      ...smoke.slice(2),
      '--seeds',
      '2',
      '--json',
    );
    const report = JSON.parse(stdout);
    expect(
      report.runs.map(({ seed, outcome }: { seed: number; outcome: string }) => [seed, outcome]).sort(),
    ).toEqual([
      [1, 'recorded'],
      [2, 'ran'],
    ]);
    const original = report.targets[1].curves.find((curve: { label: string }) => curve.label === 'ResNet-20');
    expect(original.seeds).toBe(2);
  });

  it('renders again when what was rendered has changed', async () => {
    const file = join(pages, 'table6.md');
    rmSync(file);
    await residuals(...smoke);
    expect(existsSync(file)).toBe(true);
  });

  it('survives a reader that goes away', async () => {
    const running = residuals(...smoke);
    running.stdout.destroy();
    const { stderr, exitCode } = await running;
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it('is seen by plan, status, ls and show', async () => {
    const plan = JSON.parse((await residuals('plan', ...smoke.slice(1), '--json')).stdout);
    expect(plan.runs[0]).toMatchObject({ state: 'finished', done: 8, total: 8, targets: ['table6'] });
    const dryRun = await residuals(...smoke, '--seeds', '3', '--dry-run');
    expect(dryRun.stdout).toMatch(/1 run to do of 3/);
    const status = await residuals('status', 'table6', '--profile', 'smoke', '--store', store);
    expect(status.stdout).toMatch(/ResNet-20 .* ✓ finished, test error \d+\.\d\d%/);
    expect(status.stdout).toMatch(/^\d runs: 2 finished, \d not started$/m);
    expect(status.stdout).toMatch(/ResNet-32 .* not started/);
    const ls = JSON.parse((await residuals('ls', '--store', store, '--json')).stdout);
    expect(ls.records[0]).toMatchObject({ network: 'ResNet-20', profile: 'smoke', seed: 1 });
    const listed = async (...args: string[]) => (await residuals('ls', ...args, '--store', store)).stdout;
    expect(await listed('table6', '--profile', 'smoke')).toContain(key.slice(0, 10));
    expect(await listed('table2')).toMatch(/^No finished runs of these among the \d/);
    expect(await listed('--profile', 'paper')).toMatch(/^No finished runs of these/);
    expect((await residuals('ls', 'tabel6', '--store', store)).exitCode).toBe(2);
    const shown = await residuals('show', key.slice(0, 12), '--store', store);
    for (const part of [
      key,
      'test error',
      'iteration',
      'determinism',
      'npm run reproduce table6',
      'figure6 (ResNet-20)',
    ])
      expect(shown.stdout).toContain(part);
    const json = await residuals('show', key, '--store', store, '--json');
    expect(JSON.parse(json.stdout)).toEqual(
      JSON.parse(readFileSync(join(store, 'runs', key, 'record.json'), 'utf8')),
    );
  });

  it('refuses a half-written record and leaves it as it is', async () => {
    const file = join(store, 'runs', key, 'record.json');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, 200));
    const { stderr, exitCode } = await residuals(...smoke);
    const ls = await residuals('ls', '--store', store);
    expect(stderr).toContain(file);
    expect(exitCode).toBe(2);
    expect(ls.exitCode).toBe(2);
    expect(ls.stdout).toMatch(/ResNet-20 .* test error/); // the other record is still listed
    expect(readFileSync(file)).toEqual(whole.subarray(0, 200));
    writeFileSync(file, whole);
  });
});

describe('the tables of sec. 4.1', () => {
  const folder4 = join(folder, 'imagenet');
  const rows = ['--rows', '18 layers', '--store', folder4];

  it('train the networks of a row under smoke, and show each in its column', async () => {
    const args = ['reproduce', 'table2', 'figure4', '--profile', 'smoke', ...rows, '--json'];
    const { stdout, stderr, exitCode } = await residuals(...args);
    expect(exitCode, stderr).toBe(0);
    const { runs, targets } = JSON.parse(stdout);
    expect(runs.map(({ network }: { network: string }) => network).sort()).toEqual(['ResNet-18', 'plain-18']);
    const [shallow, deep] = targets[0].rows;
    for (const column of ['plain', 'ResNet']) {
      expect(shallow.cells[column]).toMatchObject({ verdict: 'scaled-down', reproduced: { n: 1 } });
      expect(deep.cells[column]).toMatchObject({ verdict: 'not-run', reproduced: null });
    }
    for (const { key } of runs) {
      const { result } = JSON.parse(readFileSync(join(folder4, 'runs', key, 'record.json'), 'utf8'));
      expect(Object.keys(result.measures)).toEqual(
        expect.arrayContaining(['tenCrop.top1', 'multiScale.top5']),
      );
      expect(existsSync(join(folder4, 'runs', key, 'scores.bin'))).toBe(true);
    }
    const shown = await residuals('show', runs[0].key, '--store', folder4);
    expect(shown.stdout).toMatch(/top-1 error, 10-crop +\d+\.\d\d%\ntop-5 error, 10-crop/);
  }, 120_000);

  it('say under paper that ImageNet is needed and how to run them, and exit 0', async () => {
    const args = ['table3', '--profile', 'paper', '--store', folder4];
    const { stdout, exitCode } = await residuals('reproduce', ...args);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/ResNet-152 .* 21\.43 .* not run/);
    expect(stdout).toMatch(
      /ImageNet is needed and cannot be fetched: npm run reproduce\s+table3 --\s+--profile/,
    );
    const plan = JSON.parse((await residuals('plan', ...args, '--json')).stdout);
    expect(plan.runs).toEqual([]);
    expect(plan.skipped[0].networks).toHaveLength(7);
  });

  it('name the folder in which ImageNet was expected', async () => {
    const nowhere = join(folder, 'nowhere');
    const args = ['reproduce', 'table3', '--profile', 'paper', '--data', nowhere, '--store', folder4];
    const { stderr, exitCode } = await residuals(...args);
    expect(stderr).toContain(nowhere);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(exitCode).toBe(4);
  });
});

describe('a result', () => {
  it('comes last, and fits the terminal', async () => {
    const options = { cwd: root, env: { ...env, COLUMNS: '72' }, extendEnv: false } as const;
    const { stdout } = await execa(process.execPath, ['cli/start.mjs', ...smoke], options);
    const lines = stdout.trimEnd().split('\n');
    expect(oneLine(stdout.trimEnd())).toMatch(
      /\n\$ npm run reproduce table6 -- --profile smoke --seeds 2 --store \S+$/,
    );
    for (const line of lines) if (!line.includes(store)) expect(line.length, line).toBeLessThanOrEqual(72);
    const places = [
      'Claims',
      'ResNet-1202  ',
      'table6, profile smoke: ',
      'departures from the paper',
      'Page:',
    ];
    const found = places.map(place => lines.findIndex(line => line.includes(place)));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found).not.toContain(-1);
    const verbose = await residuals(...smoke, '--verbose');
    expect(verbose.stdout).toMatch(/^- Pixels keep their range[\s\S]*^Claims$/m);
  });

  it('of several targets ends with what each came to', async () => {
    const { stdout } = await residuals('reproduce', 'table1', 'figure2');
    expect(stdout).toMatch(/^Summary\ntable1: 50 ✓ reproduced of 50 cells\nfigure2: /m);
  });
});

describe('Ctrl-C', () => {
  it('stops at a checkpoint, says how to resume, exits 130, and the run is resumable', async () => {
    const args = ['table6', '--rows', 'ResNet-20', '--store', join(folder, 'interrupted')];
    const running = residuals('reproduce', ...args);
    await new Promise<void>(resolve => {
      running.stdout.on('data', chunk => /\d+\/800/.test(String(chunk)) && resolve());
    });
    running.kill('SIGINT');
    const { stdout, stderr, exitCode } = await running;
    expect(stdout).toContain('Stopping every run at a checkpoint');
    expect(stdout).toMatch(
      /^ResNet-20, seed 1: stopped at (\d+)\/800\nstopped: 0 of 1 finished; checkpoint at \1 of 800$/m,
    );
    expect(stdout).not.toContain('✓');
    expect(oneLine(stderr)).toContain(
      `resume with: npm run reproduce table6 -- --rows ResNet-20 --store ${join(folder, 'interrupted')}`,
    );
    expect(exitCode).toBe(130);
    const [run] = JSON.parse((await residuals('status', ...args, '--json')).stdout).runs;
    expect(run).toMatchObject({ state: 'stopped', total: 800 });
    expect(run.done).toBeGreaterThan(0);
  }, 120_000);
});
