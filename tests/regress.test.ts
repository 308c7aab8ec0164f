import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { baselineFile, readBaseline } from '../harness/regress/baseline.ts';
import type { Night } from '../harness/regress/nights.ts';
import type { Regression } from '../harness/regress/types.ts';
import type { Story } from '../paper-tables/regression/story.ts';
import { Checkout } from './checkout.fixture.ts';
import { runCommand } from './command.fixture.ts';

const checkout = new Checkout();
const folder = mkdtempSync(join(tmpdir(), 'residuals-regress-'));
const baselines = join(folder, 'baselines');
const store = join(folder, 'store');
afterAll(() => {
  checkout.remove();
  rmSync(folder, { recursive: true, force: true });
});

const row = ['table6', '--rows', 'ResNet-20'];

function regress(...args: string[]) {
  const where = ['--store', store, ...(args.includes('--baselines') ? [] : ['--baselines', baselines])];
  return runCommand(['regress', ...args, ...where], { at: checkout.folder, columns: 110 });
}

function found(...args: string[]): Regression & { story: Story; status: number | null } {
  const { status, stdout, stderr } = regress(...row, '--json', ...args);
  const answer = JSON.parse(stdout || '{}') as Regression & { story: Story };
  if (!answer.story) throw new Error(`exit code ${status}: ${stdout}${stderr}`);
  return { ...answer, status };
}

/** The file of the one baseline that is written here. */
function fileOf({ experiment, profile, machine }: Regression): string {
  return baselineFile(baselines, experiment, profile, machine);
}

describe('npm run regress', () => {
  let first: Regression;
  beforeAll(() => {
    const { status, stdout, stderr } = regress(...row);
    expect(status, stdout + stderr).toBe(3);
    expect(stdout).toMatch(/\? Regression: no baseline for this class of machine\n/);
    expect(regress(...row, '--update').status).toBe(0);
    first = found();
  }, 120_000);

  it('says nothing of an unchanged tree, nor of a comment', () => {
    expect(first).toMatchObject({ status: 0, verdict: 'same', networks: 1, same: 4, changes: [] });
    checkout.edit(
      'ml/optim/schedule.ts',
      'export function',
      '// A comment changes nothing.\nexport function',
    );
    const { status, stdout } = regress(...row);
    checkout.reset();
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
      '✓ Regression: nothing moved',
      `1 network ended in the same bytes as at ${checkout.git('rev-parse', 'HEAD').slice(0, 12)}.`,
    ]);
    expect(readdirSync(join(store, 'regress'))).toEqual([]);
  });

  it('counts what it compared, and compares nothing with a baseline of other networks', () => {
    const both = regress('table6', '--rows', 'ResNet-20,ResNet-32');
    expect(both.status, both.stderr).toBe(0);
    expect(both.stdout).toContain('The baseline has nothing of ResNet-32.');
    expect(both.stdout).toContain('\n1 network ended in the same bytes as at ');
    const other = regress('table6', '--rows', 'ResNet-32');
    expect(other.status, other.stderr).toBe(3);
    expect(other.stdout).toContain('? Regression: the baseline has none of these networks\n');
    expect(other.stdout).toContain('1 network was run: nothing to compare with.');
    expect(other.stdout).not.toContain('ended in the same bytes');
  });

  it('names a setting that was changed, and the first tensor that shows it', () => {
    checkout.edit(
      'experiments/resnet-2015/protocols/cifar10.yaml',
      'batchNorm: { epsilon: 1e-5, momentum: 0.1 }',
      'batchNorm: { epsilon: 1e-5, momentum: 0.11 }',
    );
    const { status, verdict, changes, lastGood } = found();
    checkout.reset();
    expect({ status, verdict, lastGood: lastGood?.is }).toEqual({
      status: 3,
      verdict: 'changed',
      lastGood: 'as before',
    });
    expect(changes).toMatchObject([
      {
        network: 'ResNet-20',
        settings: [{ path: 'network.batchNorm.momentum', before: 0.1, now: 0.11 }],
        firstStep: 1,
      },
    ]);
    // Running statistics alone: weights do not depend on them.
    expect(changes[0]!.tensors[0]).toBe('conv1.bn.mean');
    expect(changes[0]!.tensors.every(name => /\.bn\.(mean|variance)$/.test(name))).toBe(true);
  });

  it('names what a wrong sign in the code changes first', () => {
    checkout.edit(
      'backends/onnxruntime/lowering/program.ts',
      'b.add(gradient, b.mul(parameters, b.scalar(weightDecay)))',
      'b.sub(gradient, b.mul(parameters, b.scalar(weightDecay)))',
    );
    const { status, changes } = found();
    checkout.reset();
    expect(status).toBe(3);
    expect(changes[0]).toMatchObject({ firstStep: 1, settings: [] });
    expect(changes[0]!.tensors[0]).toBe('velocity of fc.weight');
    expect(changes[0]!.tensors.some(name => name.includes('.bn.mean'))).toBe(false);
  });

  it('names a seed that was changed', () => {
    checkout.edit('ml/optim/random.ts', 'epoch, 0, seed, key, out', 'epoch, 0, seed + 1, key, out');
    const { status, changes } = found();
    checkout.reset();
    expect(status).toBe(3);
    expect(changes[0]).toMatchObject({ firstStep: 1 });
    expect(changes[0]!.differs).toContain('firstSteps');
  });

  it('fails where a result has moved, in every format, and keeps the runs', () => {
    checkout.edit(
      'harness/tasks/classification/evaluate.ts',
      'error: (100 * errors) / count',
      'error: (100 * errors) / count - 20',
    );
    const hostile = '<b>x</b> ]]> \u202e | `$(rm)`';
    const changed = checkout.commit(hostile);
    const files = { junit: join(folder, 'out.xml'), summary: join(folder, 'out.md') };
    const { status, cells, changes, story } = found('--junit', files.junit, '--summary', files.summary);
    expect(status).toBe(1);
    const testError = cells.find(({ measure }) => measure === 'testError')!;
    expect(testError.verdict).toBe('moved');
    expect(testError.now.mean - testError.before.mean).toBeCloseTo(-20, 0);
    expect(testError.confirmation!.seeds).toEqual([11, 12, 13, 14, 15]);
    expect(cells.find(({ measure }) => measure === 'trainError')!.verdict).toBe('not moved');
    expect(changes[0]).toMatchObject({ firstStep: null });
    expect(changes[0]!.differs).not.toContain('state');
    expect(story.details.join('\n')).toContain('the training is the same, its evaluation is not');
    const junit = readFileSync(files.junit, 'utf8');
    expect(junit).toContain('failures="1"');
    expect(junit).toMatch(/<failure type="moved" message="ResNet-20 testError: /);
    const summary = readFileSync(files.summary, 'utf8');
    expect(summary).toMatch(/^## ✕ Regression: 1 result moved\n/);
    for (const text of [junit, summary, JSON.stringify(story)]) expect(text).not.toContain('\u202e');
    expect(summary).not.toContain('<b>');
    const [kept] = readdirSync(join(store, 'regress'));
    expect(readdirSync(join(store, 'regress', kept!)).sort()).toEqual(['before', 'now']);
    expect(checkout.git('worktree', 'list').split('\n')).toHaveLength(1);

    // The same against the code of the commit before, without any baseline.
    const before = checkout.git('rev-parse', 'HEAD~1');
    const since = found('--since', 'HEAD~1', '--baselines', join(folder, 'none'));
    expect(since).toMatchObject({ status: 1, verdict: 'moved', since: before, commit: changed, file: null });
    checkout.git('reset', '--quiet', '--hard', 'HEAD~1');
  });

  it('tells a machine that changed from code that did', () => {
    const file = fileOf(first);
    const text = readFileSync(file, 'utf8');
    const { state } = readBaseline(file)!.networks['ResNet-20']!.seeds[0]!.digests;
    writeFileSync(file, text.replace(state!, '0'.repeat(16)));
    const { status, verdict, story } = found();
    writeFileSync(file, text);
    expect({ status, verdict }).toEqual({ status: 3, verdict: 'machine' });
    expect(story.details.at(-1)).toMatch(/the machine, or what is installed on it, has changed\.$/);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    checkout.edit('ml/optim/random.ts', 'epoch, 0, seed, key, out', 'epoch, 0, seed + 1, key, out');
    const command = [
      join(checkout.folder, 'cli/start.mjs'),
      'regress',
      ...row,
      '--store',
      store,
      '--baselines',
      baselines,
    ];
    const child = spawn(process.execPath, command, { cwd: checkout.folder });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text));
    // While the code of the baseline runs, in a checkout of its own.
    await expect.poll(() => said, { timeout: 60_000 }).toContain('again with the code of');
    await expect.poll(() => checkout.git('worktree', 'list').split('\n').length, { timeout: 20_000 }).toBe(2);
    await new Promise(done => setTimeout(done, 1500));
    child.kill('SIGINT');
    const code = await new Promise(done => child.on('close', done));
    checkout.reset();
    expect(code, said).toBe(130);
    expect(checkout.git('worktree', 'list').split('\n')).toHaveLength(1);
    const kept = readdirSync(join(store, 'regress')).filter(name =>
      existsSync(join(store, 'regress', name, 'checkout')),
    );
    expect(kept).toEqual([]);
  });

  it('says that a baseline is damaged, that a commit is unknown, and that modes exclude each other', () => {
    const file = fileOf(first);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"version": 1', '"version": 9'));
    expect(regress(...row)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/baseline\.version:\s+expected 1/),
    });
    writeFileSync(file, text);
    expect(regress('--since', 'no^{/such')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--since is "no^{/such"'),
    });
    expect(regress('--since', 'HEAD', '--update')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--since and --update are given; expected at most one of them.'),
    });
  });

  it('refuses to make a baseline of what is not committed', () => {
    writeFileSync(join(checkout.folder, 'new.txt'), 'x');
    const { status, stderr } = regress(...row, '--update');
    rmSync(join(checkout.folder, 'new.txt'));
    expect(status).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain('the working tree has changes that are not committed');
  });

  it('runs as the nightly workflow does', () => {
    const file = join(checkout.folder, '.github/workflows/nightly.yml');
    const { jobs } = parseYaml(readFileSync(file, 'utf8')) as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(commands).toHaveLength(4);
    expect(commands.filter(command => command.startsWith('npm run regress -- '))).toHaveLength(2);
    const summary = join(folder, 'steps.md');
    const env = { ...process.env, GITHUB_STEP_SUMMARY: summary };
    for (const command of commands) {
      // Of one kind of task or another some networks; all of them take ten minutes.
      const some = command.replace('npm run regress -- ', 'npm run regress -- table2 table13 ');
      const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', some], {
        cwd: checkout.folder,
        encoding: 'utf8',
        env,
      });
      expect(status, stdout + stderr).toBe(0);
    }
    const titles = readFileSync(summary, 'utf8').match(/^## .*/gm);
    expect(titles).toEqual([
      '## ? Regression: no baseline for this class of machine',
      '## ✓ Night 1: nothing moved',
    ]);
    for (const name of ['regress.xml', 'night.xml'])
      expect(readFileSync(join(checkout.folder, name), 'utf8')).toMatch(
        /^<\?xml .*\n<testsuites name="residuals" /,
      );
  }, 900_000);

  it('runs a night, and alarms for what lies far off the nights before', () => {
    const quiet = regress(...row, '--night');
    expect(quiet.status, quiet.stdout + quiet.stderr).toBe(0);
    const file = fileOf(first).replace(baselines, join(store, 'nights')).replace(/json$/, 'jsonl');
    const [night] = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Night);
    expect(night).toMatchObject({ night: 1, seed: 1001, further: {}, again: null });
    // Twelve earlier nights whose errors were ten points lower.
    const earlier = Array.from({ length: 12 }, (_, i): Night => {
      const values = Object.fromEntries(
        Object.entries(night!.values).map(([cell, value]) => [
          cell,
          cell.endsWith('testError') ? 75 + Math.sin(i) : value + Math.sin(i) / 10,
        ]),
      );
      return { ...night!, night: i + 1, seed: 1001 + i, values };
    });
    mkdirSync(join(store, 'nights'), { recursive: true });
    writeFileSync(file, earlier.map(each => `${JSON.stringify(each)}\n`).join(''));
    const { status, stdout } = regress(...row, '--night', '--junit', join(folder, 'night.xml'));
    // The code is that of the nights before, so that it is not the code that has changed.
    expect(status).toBe(3);
    expect(stdout).toMatch(/ResNet-20 testError: \+\d+\.\d+ \(75\.\d+ -> \d+\.\d+\), since between/);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'The code of the night before gives it too: the machine has changed',
    );
    expect(readFileSync(join(folder, 'night.xml'), 'utf8')).toContain(
      '<skipped message="ResNet-20 testError',
    );
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"night": 14}\n`);
    expect(regress(...row, '--night')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/jsonl:14: night:\s+missing key "seed"/),
    });
  });
});
