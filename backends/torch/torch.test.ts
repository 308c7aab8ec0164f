import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { conformanceCases, formatReport, runConformance } from '../conformance/conformance.ts';
import { problems, programOf, randomBatch, randomState } from '../conformance/problems.ts';
import { Draw } from '../conformance/random.ts';
import { BackendError, EngineLost, type Session } from '../contract.ts';
import { torch } from './index.ts';
import { environmentFolder, findPython, markOf, pythonOf } from './python.ts';
import { acquireRuntime, releaseRuntime } from './runtime.ts';

const probe = await torch.probe();
if (!probe.available) {
  if (process.env.RESIDUALS_PYTHON) throw new Error(`RESIDUALS_PYTHON: ${probe.missing}; ${probe.fix}`);
  console.warn(`torch: skipped, ${probe.missing}; to enable it: ${probe.fix}`);
}

const program = programOf(problems[2]!);
const draw = new Draw('torch');
const state = randomState(program, draw);
const batch = randomBatch(program, draw);

async function withSession<T>(use: (session: Session) => Promise<T>): Promise<T> {
  const session = await torch.open(program, { threads: 1 });
  try {
    await session.setState(state);
    return await use(session);
  } finally {
    await session.close();
  }
}

describe.skipIf(!probe.available)('torch', { timeout: 600_000 }, () => {
  it('agrees with the reference in every operator, gradient, step and training', async () => {
    const report = await runConformance(torch, { steps: 6 });
    expect(report.passed, formatReport(report)).toBe(true);
    expect(report.results).toHaveLength(
      conformanceCases({ runGraph: async () => new Map(), replicas: true }).length,
    );
  });

  it('records steps on a GPU alone', async () => {
    const opening = torch.open(program, { threads: 1, device: 'cpu', variant: 'cuda-graph' });
    await expect(opening).rejects.toMatchObject({
      message: 'torch on cpu has no variant cuda-graph; it has contiguous and channels-last',
      fix: '--variant contiguous',
    });
  });

  it('gives the same bits twice', async () => {
    const train = () =>
      withSession(async session => {
        for (let i = 0; i < 3; i++) await session.step(batch, 0.1);
        return session.getState();
      });
    expect(await train()).toEqual(await train());
  });

  it('takes a batch ahead, and gives the same bits', async () => {
    const other = randomBatch(program, draw);
    const train = (ahead: boolean) =>
      withSession(async session => {
        for (const [now, next] of [
          [batch, other],
          [other, batch],
          [batch, batch],
        ] as const) {
          const stepping = session.step(now, 0.1);
          if (ahead) session.prepare!(next);
          await stepping;
        }
        session.prepare!(other); // another one than is stepped on
        await session.step(batch, 0.1);
        return session.getState();
      });
    expect(await train(true)).toEqual(await train(false));
  });

  it('gives back a loss that is no number', () =>
    withSession(async session => {
      await session.setState({ ...state, parameters: state.parameters.map(() => Number.NaN) });
      expect((await session.step(batch, 0.1)).loss).toBeNaN();
    }));

  it('goes on after an error of PyTorch, and keeps the state', () =>
    withSession(async session => {
      const { channel } = await held();
      const failed = channel.request('run', { session: -1 });
      await expect(failed).rejects.toThrow('the torch worker answers with KeyError: -1');
      await expect(failed).rejects.toBeInstanceOf(BackendError);
      expect(await session.getState()).toEqual(state);
    }));

  it('is lost when its worker is killed; a session opened afterwards has a new one', async () => {
    await withSession(async session => {
      const { pid } = (await held()).channel;
      process.kill(pid!, 'SIGSTOP'); // else the step may be over before its worker is killed
      const step = session.step(batch, 0.1);
      process.kill(pid!, 'SIGKILL');
      await expect(step).rejects.toBeInstanceOf(EngineLost);
      await expect(session.getState()).rejects.toThrow('the torch worker was killed by SIGKILL');
    });
    await withSession(async session => expect((await session.step(batch, 0.1)).loss).toBeGreaterThan(0));
  });

  it('shares a batch between the processes that torchrun starts, to the bits of one that takes its parts in turn', async () => {
    const shared = programOf(problems[2]!, { replicas: 2 });
    const other = randomBatch(shared, draw);
    const train = async () => {
      const session = await torch.open(shared, { threads: 1 });
      try {
        await session.setState(state);
        const found = [await session.step(batch, 0.1)];
        session.prepare!(other);
        found.push(await session.step(other, 0.1));
        const statistics = await session.batchStatistics(batch);
        const logits = await session.run('predict', { images: batch.images });
        return { found, statistics, logits, state: await session.getState(), info: session.info };
      } finally {
        await session.close();
      }
    };
    const { info: alone, ...inTurn } = await train();
    await endWorker();
    // Under Python 3.11 torchrun of PyTorch 1.13 fails unless it is told where the ranks' output goes.
    const redirected = alone.version.startsWith('torch 1.') ? ' -r 2 -t 2' : '';
    vi.stubEnv('RESIDUALS_TORCHRUN', `--standalone --nproc_per_node 2${redirected}`);
    try {
      const { info: together, ...atOnce } = await train();
      expect(atOnce).toEqual(inTurn);
      expect(together.hardware).toBe(`2 x ${alone.hardware}`);
      const opening = torch.open(programOf(problems[2]!, { replicas: 4 }), { threads: 1 });
      await expect(opening).rejects.toMatchObject({
        message: 'torch: 2 processes cannot share a batch between 4 replicas',
        fix: 'RESIDUALS_TORCHRUN=--nproc_per_node=4',
      });
      await withSession(async session => expect((await session.step(batch, 0.1)).loss).toBeGreaterThan(0));
      const session = await torch.open(shared, { threads: 1 });
      await session.setState(state);
      for (const rank of childrenOf((await held()).channel.pid!).slice(-1)) process.kill(rank, 'SIGKILL');
      const stepping = async () => {
        for (;;) await session.step(batch, 0.1);
      };
      await expect(stepping()).rejects.toBeInstanceOf(EngineLost);
    } finally {
      vi.unstubAllEnvs();
      await endWorker();
    }
  });

  it('is one process where a scheduler speaks of ranks and torchrun does not', async () => {
    await endWorker();
    vi.stubEnv('RANK', '1');
    vi.stubEnv('WORLD_SIZE', '2');
    try {
      await withSession(async session => expect((await session.step(batch, 0.1)).loss).toBeGreaterThan(0));
    } finally {
      vi.unstubAllEnvs();
      await endWorker();
    }
  });

  it('tells what its process has taken', () =>
    withSession(async session => expect(await session.peakMemory!()).toBeGreaterThan(50e6)));

  it('has no device that PyTorch does not find', async () => {
    const { devices } = await held();
    if (devices.cuda) return;
    await expect(torch.open(program, { threads: 1, device: 'cuda' })).rejects.toMatchObject({
      message: 'torch: PyTorch finds no cuda here; it has cpu',
      fix: '--device cpu',
    });
  });
});

describe('a missing PyTorch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'residuals-torch-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is looked for where RESIDUALS_PYTHON says, else where setup has put it, else on the path', () => {
    expect(findPython({ RESIDUALS_PYTHON: '/opt/python', RESIDUALS_CACHE: folder })).toEqual({
      command: '/opt/python',
      fix: '/opt/python -m pip install torch',
    });
    expect(findPython({ RESIDUALS_CACHE: folder })).toEqual({
      command: 'python3',
      fix: 'npm run setup -- torch',
    });
    const environment = environmentFolder(folder);
    mkdirSync(dirname(pythonOf(environment)), { recursive: true });
    writeFileSync(pythonOf(environment), '');
    expect(findPython({ RESIDUALS_CACHE: folder }).command).toBe('python3'); // made half
    writeFileSync(markOf(environment), '{}');
    expect(findPython({ RESIDUALS_CACHE: folder }).command).toBe(pythonOf(environment));
  });
});

/** Processes that a process has started, as Linux tells; itself elsewhere. */
function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return [pid];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

/** Ends the worker, so that the next session has a new one. */
async function endWorker(): Promise<void> {
  const { channel } = await held();
  await channel.close(); // nothing, where it is lost already
  await vi.waitUntil(() => channel.lost, { timeout: 20_000 });
}

/** The worker of this process. */
async function held() {
  const runtime = await acquireRuntime();
  releaseRuntime(runtime);
  return runtime;
}
