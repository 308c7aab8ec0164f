import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ownHolder, staleSeconds } from '../../ml/data/holder.ts';
import { UserError } from '../errors.ts';
import { inFolder } from '../execute/jobs.fixture.ts';
import { lockHolder, RunLock, tryLock, waitForLock } from './lock.ts';

const lockModule = fileURLToPath(new URL('lock.ts', import.meta.url));
const elsewhere = 'lock.1.1.01234567.another-host';
const { where } = ownHolder();

const loader = new URL('../../loader/register.mjs', import.meta.url).href;
const canUnshare = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;

/** Only there does the system tell when a process started. */
const onLinux = it.skipIf(process.platform !== 'linux');

/** A process that lives until its stdin is closed. */
async function otherProcess<T>(use: (pid: number, kill: () => Promise<void>) => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  try {
    return await use(child.pid!, kill);
  } finally {
    await kill();
  }
}

describe('run lock', () => {
  it('is held by one at a time, and free again once released', () =>
    inFolder(folder => {
      const lock = tryLock(folder) as RunLock;
      expect(lock).toBeInstanceOf(RunLock);
      expect(tryLock(folder)).toMatchObject({ pid: process.pid });
      expect(lockHolder(folder)).toMatchObject({ pid: process.pid, host: hostname() });
      lock.release();
      expect(lockHolder(folder)).toBeNull();
      expect(tryLock(folder)).toBeInstanceOf(RunLock);
    }));

  onLinux('is left to a living process, and taken over once that is dead', () =>
    inFolder(folder =>
      otherProcess(async (pid, kill) => {
        const started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19];
        writeFileSync(join(folder, `lock.${pid}.${started}.${where}.${hostname()}`), '');
        expect(tryLock(folder)).toMatchObject({ pid });
        await kill();
        expect(tryLock(folder)).toBeInstanceOf(RunLock);
        expect(readdirSync(folder)).toHaveLength(1);
      }),
    ),
  );

  onLinux('of a process whose number another one has now is taken over', () =>
    inFolder(folder =>
      otherProcess(async pid => {
        writeFileSync(join(folder, `lock.${pid}.1.${where}.${hostname()}`), '');
        expect(tryLock(folder)).toBeInstanceOf(RunLock);
      }),
    ),
  );

  it('of another host is left until it has not been touched for the documented time', () =>
    inFolder(folder => {
      const file = join(folder, elsewhere);
      writeFileSync(file, '');
      expect(tryLock(folder)).toMatchObject({ pid: 1, host: 'another-host', comparable: false, file });
      const old = Date.now() / 1000 - staleSeconds - 5;
      utimesSync(file, old, old);
      expect(tryLock(folder)).toBeInstanceOf(RunLock);
      expect(existsSync(file)).toBe(false);
    }));

  it('is only looked at by who does not want it: the lock of a dead process stays', () =>
    inFolder(folder => {
      const file = join(folder, `lock.4194303.1.${where}.${hostname()}`);
      writeFileSync(file, '');
      expect(lockHolder(folder)).toBeNull();
      expect(existsSync(file)).toBe(true);
    }));

  it.skipIf(!canUnshare)(
    'of a process in another PID namespace is held, though its number means nothing here',
    () =>
      inFolder(async folder => {
        const script = join(folder, 'hold.ts');
        writeFileSync(
          script,
          `import { tryLock } from ${JSON.stringify(lockModule)};
        tryLock(process.argv[2] + '/run');
        console.log(process.pid);
        setInterval(() => {}, 1000);`,
        );
        const args = [
          '--pid',
          '--fork',
          '--kill-child',
          process.execPath,
          '--import',
          loader,
          script,
          folder,
        ];
        const holder = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
        await once(holder.stdout, 'data');
        const run = join(folder, 'run');
        expect(lockHolder(run)).toMatchObject({ comparable: false, host: hostname() });
        expect(tryLock(run)).toMatchObject({ comparable: false });
        expect(readdirSync(run)).toHaveLength(1);
        holder.kill('SIGKILL');
        await once(holder, 'exit');
      }),
  );

  it('that was taken over stops its old holder from writing', () =>
    inFolder(folder => {
      const lock = tryLock(folder) as RunLock;
      lock.assertHeld();
      lock.release();
      expect(() => lock.assertHeld()).toThrow(UserError);
    }));

  it('is waited for until it is free, or until one is told to stop', () =>
    inFolder(async folder => {
      const lock = tryLock(folder) as RunLock;
      const seen: number[] = [];
      const { signal } = new AbortController();
      const waiting = waitForLock(folder, signal, holder => {
        seen.push(holder.pid);
        lock.release();
      });
      expect(await waiting).toBeInstanceOf(RunLock);
      expect(seen).toEqual([process.pid]);
      expect(await waitForLock(folder, AbortSignal.abort(), () => {})).toBeNull();
    }));

  it('keeps processes that contend for it from losing an update', { timeout: 30_000 }, () =>
    inFolder(async folder => {
      const script = join(folder, 'contend.ts');
      writeFileSync(
        script,
        `import { readFileSync, writeFileSync } from 'node:fs';
        import { waitForLock } from ${JSON.stringify(lockModule)};
        for (let i = 0; i < 15; i++) {
          const lock = await waitForLock(process.argv[2] + '/run', new AbortController().signal, () => {});
          const count = Number(readFileSync(process.argv[2] + '/count', 'utf8'));
          await new Promise(resolve => setTimeout(resolve, 2));
          writeFileSync(process.argv[2] + '/count', String(count + 1));
          lock.release();
        }`,
      );
      writeFileSync(join(folder, 'count'), '0');
      const contenders = Array.from({ length: 3 }, () =>
        spawn(process.execPath, ['--import', loader, script, folder], { stdio: 'inherit' }),
      );
      const codes = await Promise.all(contenders.map(async child => (await once(child, 'exit'))[0]));
      expect(codes).toEqual([0, 0, 0]);
      expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('45');
    }),
  );
});
