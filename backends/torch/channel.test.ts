import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { BackendError, EngineLost } from '../contract.ts';
import { type Channel, type Limits, startChannel } from './channel.ts';
import { systemPython } from './python.ts';

/** The protocol needs no PyTorch. */
const python = process.env.RESIDUALS_PYTHON || systemPython;
const found = execaSync(python, ['--version'], { reject: false }).exitCode === 0;
if (!found) console.warn(`channel: skipped, there is no ${python}; to enable it: apt-get install python3`);

/** A worker that serves what the tests ask of it. */
const script = `
import os, sys, time
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('worker', import.meta.url)))})
from frames import Frames
frames = Frames()
print("hello, stdout")

def stand_still():
    time.sleep(600)

def answer(header, arrays):
    op = header["op"]
    if op == "echo":
        return {"said": header["say"]}, [bytes(array) for array in reversed(arrays)]
    if op == "print":
        print("x" * 100000)
        os.system("echo from a child")
        return {}, []
    if op == "fail":
        raise ValueError("no such thing: \\u2207")
    if op == "garbage":
        frames._out.write(b"Warning: this is deprecated")
        return {}, []
    if op == "leave":
        print("the last words", file=sys.stderr)
        os._exit(7)
    if op == "hang":
        stand_still()
    if op == "wait":
        time.sleep(header["seconds"])
        return {}, []

frames.send({"id": 0, "pid": os.getpid()})
frames.serve(answer)
`;

const folder = mkdtempSync(join(tmpdir(), 'residuals-channel-'));
const file = join(folder, 'worker.py');
writeFileSync(file, script);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const channels: Channel[] = [];
afterEach(() => Promise.all(channels.splice(0).map(channel => channel.close())));

async function start(limits: Partial<Limits> = {}, args: readonly string[] = [file]): Promise<Channel> {
  const channel = await startChannel({ name: 'the worker', command: python, args: ['-B', ...args], limits });
  channels.push(channel);
  return channel;
}

/** Ticks of a tenth of a second; nothing is waited for longer than a test can. */
const soon: Partial<Limits> = { tickMilliseconds: 100, silence: 30, first: 5, request: 5, medians: 0 };

describe.skipIf(!found)('a worker', { timeout: 60_000 }, () => {
  it('answers with arrays, in the order of the requests', async () => {
    const channel = await start();
    const arrays = [Float32Array.of(1, 2, 3).subarray(1), new Int32Array(0), Int32Array.of(-1)];
    const replies = await Promise.all([1, 2, 3].map(say => channel.request('echo', { say }, arrays)));
    expect(replies.map(({ header }) => header.said)).toEqual([1, 2, 3]);
    const [minusOne, nothing, two] = replies[2]!.arrays.map(array => [...array]);
    expect(minusOne).toEqual([255, 255, 255, 255]);
    expect(nothing).toEqual([]);
    expect(two).toEqual([...new Uint8Array(Float32Array.of(2, 3).buffer)]);
  });

  it('takes and gives megabytes', async () => {
    const channel = await start();
    const large = Float32Array.from({ length: 2 ** 20 }, (_, i) => i);
    const { arrays } = await channel.request('echo', { say: 'large' }, [large]);
    expect(Buffer.compare(arrays[0]!, new Uint8Array(large.buffer))).toBe(0);
  });

  it('may print what it likes', async () => {
    const channel = await start();
    await channel.request('print');
    expect((await channel.request('echo', { say: 'still here' })).header.said).toBe('still here');
  });

  it('answers with an error and lives on', async () => {
    const channel = await start();
    const failed = channel.request('fail');
    await expect(failed).rejects.toThrow('the worker answers with ValueError: no such thing: ∇');
    await expect(failed).rejects.toBeInstanceOf(BackendError);
    await expect(failed).rejects.not.toBeInstanceOf(EngineLost);
    await expect(failed).rejects.toMatchObject({ cause: expect.stringContaining('in answer') });
    expect((await channel.request('echo', { say: 1 })).header.said).toBe(1);
  });

  it('that is killed loses all that is pending, and says by which signal', async () => {
    const channel = await start();
    const pending = [channel.request('hang'), channel.request('echo', { say: 1 })];
    process.kill(channel.pid!, 'SIGKILL');
    const killed = 'the worker was killed by SIGKILL (the system does that when memory runs out)';
    for (const each of await Promise.allSettled(pending))
      expect(each).toMatchObject({
        reason: { name: 'EngineLost', message: expect.stringContaining(killed) },
      });
    await expect(channel.request('echo', { say: 1 })).rejects.toThrow(killed);
  });

  it('that exits leaves its last line', async () => {
    const channel = await start();
    await expect(channel.request('leave')).rejects.toThrow(
      'the worker exited with code 7; its last line: the last words',
    );
  });

  it('that writes no frames is ended', async () => {
    const channel = await start();
    const lost = channel.request('garbage');
    await expect(lost).rejects.toThrow(/^the worker .*no frame: a header of \d+ bytes/);
    await expect(lost).rejects.toBeInstanceOf(EngineLost);
  });

  it('that hangs is asked where it stands, and ended', async () => {
    const channel = await start(soon);
    await expect(channel.request('hang')).rejects.toThrow(
      /did not answer the request hang for 0.6 s and was ended; it stood at .*in stand_still, called from .*in answer/,
    );
  });

  it('has longer where such requests take longer', async () => {
    const channel = await start({ ...soon, first: 100, medians: 5 });
    await channel.request('wait', { seconds: 0.5 });
    await channel.request('wait', { seconds: 1.5 });
  });

  it('that is stopped sends no heartbeat, and is ended', async () => {
    const channel = await start({ ...soon, first: 1000 });
    process.kill(channel.pid!, 'SIGSTOP');
    await expect(channel.request('echo', { say: 1 })).rejects.toThrow(
      'the worker sent no heartbeat for 3 s and was ended',
    );
  });

  it('ends with its parent, whatever it is at', async () => {
    const loader = new URL('../../loader/register.mjs', import.meta.url).href;
    const channelFile = fileURLToPath(new URL('channel.ts', import.meta.url));
    const parent = `
      const { startChannel } = await import(${JSON.stringify(channelFile)});
      const channel = await startChannel({ name: 'w', command: ${JSON.stringify(python)}, args: ['-B', ${JSON.stringify(file)}] });
      void channel.request('hang');
      console.log(channel.pid);
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200);`;
    const { stdout, signal } = execaSync(
      process.execPath,
      ['--import', loader, '--input-type=module', '-e', parent],
      { reject: false },
    );
    expect(signal).toBe('SIGKILL');
    for (let tries = 0; isRunning(Number(stdout)); tries++) {
      expect(tries).toBeLessThan(100);
      await sleep(100);
    }
  });

  it('does not keep an idle parent from ending', () => {
    const loader = new URL('../../loader/register.mjs', import.meta.url).href;
    const channelFile = fileURLToPath(new URL('channel.ts', import.meta.url));
    const parent = `
      const { startChannel } = await import(${JSON.stringify(channelFile)});
      const channel = await startChannel({ name: 'w', command: ${JSON.stringify(python)}, args: ['-B', ${JSON.stringify(file)}] });
      await channel.request('echo', { say: 'done' });
      console.log('done');`;
    const { stdout, exitCode } = execaSync(
      process.execPath,
      ['--import', loader, '--input-type=module', '-e', parent],
      { reject: false, timeout: 30_000 },
    );
    expect({ stdout, exitCode }).toEqual({ stdout: 'done', exitCode: 0 });
  });

  it('that dies before it says hello, or is none, says so', async () => {
    await expect(start({}, ['-c', 'import no_such_module'])).rejects.toThrow(
      "the worker exited with code 1; its last line: ModuleNotFoundError: No module named 'no_such_module'",
    );
    const none = startChannel({ name: 'the worker', command: join(folder, 'none'), args: [] });
    await expect(none).rejects.toThrow('the worker cannot be started: there is no such program');
    await expect(none).rejects.toBeInstanceOf(EngineLost);
  });
});

/** A process that ended but was not waited for, where nobody takes up orphans, counts as ended. */
function isRunning(pid: number): boolean {
  const { stdout } = execaSync('ps', ['-o', 'stat=', '-p', `${pid}`], { reject: false });
  return stdout !== '' && !stdout.startsWith('Z');
}
