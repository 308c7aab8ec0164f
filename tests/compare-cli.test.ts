import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../harness/record/keys.ts';
import { openStore } from '../harness/record/store.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'residuals-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The environment without what npm and vitest add to it, and without a Python. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS|CI$)/i.test(name)),
  ),
  RESIDUALS_PYTHON: join(folder, 'no-python'),
  COLUMNS: '80',
};

function residuals(...args: string[]) {
  const options = { cwd: root, env, extendEnv: false, reject: false, timeout: 120_000 } as const;
  return execa(process.execPath, [join(root, 'cli/start.mjs'), ...args], options);
}

const tiny = ['--experiment', 'tests/experiments/tiny'];

describe('npm run compare', { timeout: 240_000 }, () => {
  const compare = (...args: string[]) => residuals('compare', 'errors', ...tiny, '--rows', 'small', ...args);

  it('shows that backends agree, in 80 columns, and leaves a figure and its data', async () => {
    const out = join(folder, 'agree');
    const { stdout, exitCode } = await compare(
      ...[
        '--backends',
        'onnxruntime:standard,reference',
        '--steps',
        '4',
        '--reference-steps',
        '2',
        '--out',
        out,
      ],
    );
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain('small-net, seed 1, profile quick');
    expect(stdout).toMatch(/float64: \d+\.\d s a step, about \d+ s to go/);
    expect(stdout).toMatch(/onnxruntime:standard +✓ agrees +\d/);
    expect(stdout).toMatch(/^reference agrees: at most \d+\.\d gaps off \(\w+, step \d\)\.$/m);
    const shown = stdout.slice(stdout.indexOf('small-net, seed 1, profile'), stdout.indexOf(out));
    for (const line of shown.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(80);
    const files = readdirSync(out).sort();
    const name = 'small-net-seed1-4-2-onnxruntime.standard-reference';
    expect(files).toEqual(['csv', 'json', 'png', 'svg'].map(ending => `${name}.${ending}`));
    expect(readFileSync(join(out, `${name}.svg`), 'utf8')).toMatch(
      /<title>small-net, seed 1, profile quick<\/title>\n<desc>onnxruntime:standard agrees: /,
    );
    const [header, ...records] = readFileSync(join(out, `${name}.csv`), 'utf8')
      .trim()
      .split('\n');
    expect(header).toBe('network,seed,profile,engine,step,loss,against,off,gap,ratio');
    expect(records).toHaveLength(2 + 4 + 4);
    expect(records.at(-1)).toMatch(/^small-net,1,quick,reference,4,[\d.]+,onnxruntime:standard,/);
  });

  it('names the step at which a backend departs', async () => {
    const [contract, engine] = ['backends/contract.ts', 'backends/onnxruntime/index.ts'].map(file =>
      JSON.stringify(join(root, file)),
    );
    const file = join(folder, 'mine.ts');
    writeFileSync(
      file,
      `import type { Backend } from ${contract};
import { onnxruntime } from ${engine};

/** ONNX Runtime, with a rate that grows after the third step. */
export const backend: Backend = {
  ...onnxruntime,
  id: 'mine',
  async open(program, options) {
    const session = await onnxruntime.open(program, options);
    const original = session.step.bind(session);
    let taken = 0;
    session.step = (feeds, rate) => original(feeds, ++taken > 3 ? 1.1 * rate : rate);
    return session;
  },
};
`,
    );
    const { stdout, exitCode } = await compare(
      ...['--backends', `onnxruntime,${file}`, '--steps', '6', '--reference-steps', '1', '--json'],
      ...['--store', join(folder, 'store')],
    );
    expect(exitCode, stdout).toBe(1);
    const [{ engines, exact, files, experiment }] = JSON.parse(stdout).comparisons;
    expect({ experiment, exact: exact.length }).toEqual({ experiment: 'tiny', exact: 1 });
    expect(engines).toMatchObject([
      { backend: 'onnxruntime', verdict: 'agrees' },
      { backend: 'mine', verdict: 'departs', departs: { step: 5, in: 'loss' } },
    ]);
    for (const each of files) expect(each.startsWith(join(folder, 'store/compared/tiny/quick/'))).toBe(true);
    expect(files.map((each: string) => existsSync(each))).toEqual([true, true, true, true]);
  });

  it('names a backend that is missing with what fixes it, and compares the others', async () => {
    const { stdout, exitCode } = await compare(
      '--steps',
      '2',
      '--reference-steps',
      '1',
      '--out',
      join(folder, 'missing'),
    );
    expect(exitCode, stdout).toBe(4);
    expect(stdout).toContain('onnxruntime agrees');
    expect(stdout).toMatch(/torch +– missing/);
    expect(stdout).toMatch(/torch is missing here: there is no Python/);
    expect(stdout).toMatch(/^ {2}fix torch: .*npm run setup -- torch/m);
  });

  it.each([
    [['--backends', 'onnxrntime'], /"onnxrntime" is not a backend.*Did you mean onnxruntime/],
    [
      ['--backends', 'reference:channels-last'],
      /reference has no device or variant "channels-last"; it has cpu, loops/,
    ],
    [['--backends', 'onnxruntime:standart'], /no device or variant "standart".*Did you mean standard/],
    [['--backends', ','], /--backends is ","; expected names of backends/],
    [['--rows', 'smal'], /no row "smal"\. Did you mean small/],
    [['--steps', '0'], /--steps is "0"; expected a whole number/],
  ])('refuses %s with 2', async (args, message) => {
    const { stderr, exitCode } = await residuals('compare', 'errors', ...tiny, ...args);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(message);
    expect(exitCode).toBe(2);
  });

  it('refuses a table for which nothing is trained', async () => {
    const { stderr, exitCode } = await residuals('compare', 'table1');
    expect(stderr).toMatch(/nothing is (run|trained)/);
    expect(exitCode).toBe(2);
  });
});

describe('--by backend', { timeout: 240_000 }, () => {
  const store = join(folder, 'by');
  const reproduce = (...args: string[]) =>
    residuals('reproduce', 'errors', ...tiny, '--rows', 'small', '--store', store, ...args);

  it('sets what backends have finished side by side, on a page of its own', async () => {
    const alone = await reproduce('--by', 'backend');
    expect(alone.stdout.replaceAll(/\s+/g, ' ')).toContain('No other backend has finished runs of it');
    expect((await reproduce('--backend', 'reference')).exitCode).toBe(0);
    const { stdout, exitCode } = await reproduce('--by', 'backend');
    expect(exitCode, stdout).toBe(0);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('? inconclusive: small: reference gives the test error of onnxruntime (seed 1)');
    expect(text).toMatch(
      /reference − onnxruntime: .* points: fewer than three seeds decide nothing, 1 seed each/,
    );
    expect(text).toContain('--by backend');
    const page = readFileSync(join(store, 'rendered/tiny/quick/by-backend/errors.md'), 'utf8');
    expect(page).toContain('## Do the backends agree?');
    expect(existsSync(join(store, 'rendered/tiny/quick/onnxruntime/errors.md'))).toBe(false);

    const [key] = openStore(store).keys();
    const shown = await residuals('show', key!.slice(0, 10), '--by', 'backend', '--store', store);
    expect(shown.stdout).toMatch(/^onnxruntime +[0-9a-f]{10} +\d+\.\d+%/m);
    expect(shown.stdout).toMatch(/^reference +[0-9a-f]{10} +\d+\.\d+%/m);
    const json = await residuals('show', key!, '--by', 'backend', '--store', store, '--json');
    expect(JSON.parse(json.stdout)).toHaveLength(2);
  });

  it.each([
    [['reproduce', 'table3', '--by', 'backend', '--weights', 'pretrained'], /--by backend shows trainings/],
    [['reproduce', 'table6', '--by', 'seed'], /--by is "seed"; expected backend/],
  ])('refuses %s with 2', async (args, message) => {
    const { stderr, exitCode } = await residuals(...args);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

describe('npm run bisect', { timeout: 240_000 }, () => {
  const [first, second, standard] = ['first', 'second', 'standard'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ];
  let key: string;

  const reproduce = (store: string, ...args: string[]) =>
    residuals('reproduce', 'errors', ...tiny, '--rows', 'small', '--store', store, ...args);
  const runOf = (store: string) => join(store, 'runs', key);

  beforeAll(async () => {
    await reproduce(first, '--trace', '--jobs', '1');
    await reproduce(second, '--trace', '--jobs', '1');
    await reproduce(standard, '--variant', 'standard', '--jobs', '1');
    key = openStore(first).keys()[0]!;
  }, 240_000);

  it('says that two runs are the same', async () => {
    const { stdout, exitCode } = await residuals('bisect', runOf(first), runOf(second));
    expect(stdout).toMatch(/The runs end in the same bytes/);
    expect(exitCode).toBe(0);
    expect(readFileSync(join(runOf(first), 'trace.txt'), 'utf8')).toBe(
      readFileSync(join(runOf(second), 'trace.txt'), 'utf8'),
    );
  });

  it('finds the step and the tensor at which a bit was turned over in one of them', async () => {
    turnOver(second, 5);
    const { stdout, exitCode } = await residuals('bisect', runOf(first), runOf(second));
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('differ after step 5 for the first time, in conv1.weight alone, of');
    expect(text).toContain('A is what is computed again here, up to step 5');
    expect(text).toContain('B is the odd one: step 5. A single tensor changed');
    expect(exitCode).toBe(1);
    const json = await residuals('bisect', runOf(second), runOf(first), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      same: false,
      traced: { step: 5, tensors: ['conv1.weight'] },
      standings: { A: { departsBy: 5, by: 'trace' }, B: { departsBy: null, agreesTo: 5 } },
    });
  });

  it('finds the window of it where there is no trace', async () => {
    for (const store of [first, second]) rmSync(join(runOf(store), 'trace.txt'));
    const { stdout, exitCode } = await residuals('bisect', runOf(first), runOf(second));
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'B leaves what is computed again here between steps 5 and 8 (told by its training curve)',
    );
    expect(text).toContain('B is the odd one: step 8 or before.');
    expect(exitCode).toBe(1);
  });

  it('says of two variants that they differ by rounding alone', async () => {
    const { stdout, exitCode } = await residuals('bisect', runOf(first), runOf(standard));
    const text = stdout.replaceAll(/\s+/g, ' ');
    const known = JSON.parse(readFileSync(join(runOf(first), 'record.json'), 'utf8')).provenance.session
      .variant;
    if (known === 'standard') expect(text).toContain('end in the same bytes');
    else expect(text).toContain('In 8 steps nothing is further apart than rounding explains.');
    expect(exitCode).toBe(0);
  });

  it.each([
    [['none'], /missing required argument 'other'/i],
    [['none', 'none'], /No run in .* has a key that begins with none/],
    [['/no/runs/aa', '/no/runs/bb'], /No run in \/no has a key/],
  ])('refuses %s with 2', async (args, message) => {
    const { stderr, exitCode } = await residuals('bisect', ...args, '--store', first);
    expect(stderr.replace(/\s+/g, ' ')).toMatch(message);
    expect(exitCode).toBe(2);
  });

  /** What a run leaves in which a bit of conv1.weight was turned over after a step: all that follows is another. */
  function turnOver(store: string, step: number): void {
    const trace = join(runOf(store), 'trace.txt');
    const lines = readFileSync(trace, 'utf8').trim().split('\n');
    const other = (digests: string) => digests.replace(/./g, digit => (digit === 'a' ? 'b' : 'a'));
    const changed = lines.map(line => {
      const [at, loss, digests] = line.split(' ') as [string, string, string];
      if (Number(at) < step) return line;
      if (Number(at) > step) return `${at} ${loss} ${other(digests)}`;
      return `${at} ${loss} ${digests.slice(0, -12)}${other(digests.slice(-12))}`;
    });
    writeFileSync(trace, `${changed.join('\n')}\n`);
    const file = join(runOf(store), 'record.json');
    const record = JSON.parse(readFileSync(file, 'utf8'));
    record.result.digests.state = other(record.result.digests.state);
    record.result.curves.train.at(-1).loss += 1e-9;
    record.resultSha256 = digestOf(record.result);
    writeFileSync(file, JSON.stringify(record));
  }
});
