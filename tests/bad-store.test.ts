import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ExecuteOptions, execute } from '../harness/execute/execute.ts';
import { runJob } from '../harness/execute/job.ts';
import { identityOf, inFolder, orderFor, planned, tinySpec } from '../harness/execute/jobs.fixture.ts';
import type { ExecutionEvent, WorkerMessage } from '../harness/execute/types.ts';
import type { PlannedJob } from '../harness/plan/types.ts';
import { readCheckpoint } from '../harness/record/checkpoint.ts';
import { openStore } from '../harness/record/store.ts';
import { cifar10Digest } from '../ml/data/cifar10/files.ts';
import { ensureCifar10 } from '../ml/data/cifar10/sources.ts';

const loader = new URL('../loader/register.mjs', import.meta.url).href;

/** Its checkpoint has some 155 KB. */
const spec = {
  ...tinySpec,
  network: { ...tinySpec.network, widths: [8, 16, 32] },
  schedule: { ...tinySpec.schedule, iterations: 20 },
} as const;
const seed = (n: number): PlannedJob =>
  planned({ ...identityOf(spec, 'onnxruntime', n), inputs: { data: cifar10Digest } });
const run = seed(1);

const data = await ensureCifar10().then(
  ({ folder }) => ({ folder }),
  (error: Error) => ({ why: error.message }),
);
if ('why' in data)
  console.warn(`skipped: bad stores are tried with real runs, which need CIFAR-10. ${data.why}`);

const namespaces = spawnSync('bash', ['-c', 'unshare -rm mount -t tmpfs tmpfs /mnt']).status === 0;
if (!namespaces) console.warn('skipped: a full disk is a small tmpfs, mounted with `unshare -rm` (Linux).');
const dataFolders = { cifar10: 'folder' in data ? data.folder : '' };

const options = (store: string): ExecuteOptions => ({
  store,
  dataFolders,
  jobs: 1,
  threads: 1,
  keepGoing: false,
  force: false,
  checkpointSeconds: 0,
  command: 'npm run reproduce table6',
});

/** Runs a shell script in which "$@" is the command that trains `run` in `store`; its events and exit code. */
function shell(folder: string, store: string, script: string, wrapper: string[] = []) {
  const file = join(folder, 'order.json');
  writeFileSync(file, JSON.stringify({ jobs: [run], options: options(store) }));
  const driver = fileURLToPath(new URL('resume-driver.ts', import.meta.url));
  const bash = [...wrapper, 'bash', '-c', script, 'bash', process.execPath, '--import', loader, driver, file];
  const { stdout, stderr, status } = spawnSync(bash[0]!, bash.slice(1), { encoding: 'utf8' });
  const events = stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line));
  return { events: events as (ExecutionEvent & { message: string; fix: string })[], status, stderr };
}

describe.skipIf('why' in data)('a store', { timeout: 300_000 }, () => {
  let expected: string;
  beforeAll(() =>
    inFolder(async store => {
      await execute([run], options(store), () => {});
      expected = JSON.stringify(openStore(store).record(run.key)!.result);
    }),
  );

  it.skipIf(!namespaces)(
    'on a full disk keeps its last checkpoint, and the run goes on once there is room',
    () =>
      inFolder(folder => {
        const store = join(folder, 'store');
        mkdirSync(store);
        const script = `mount -t tmpfs -o size=200k tmpfs ${store}
        "$@"; echo '{"type":"exit '$?'"}'; ls ${store}/runs/*
        mount -o remount,size=8m ${store}; "$@"`;
        const { events, status } = shell(folder, store, script, ['unshare', '-rm']);
        const failed = events.find(event => event.type === 'failed')!;
        expect(failed.message).toMatch(
          /checkpoint\.bin: cannot be written, the disk is full\. Everything written before is intact\.$/,
        );
        expect(failed.fix).toContain('make room there');
        expect(events.map(event => event.type)).toContain('exit 4');
        expect(status).toBe(0);
        const done = events.at(-1) as Extract<ExecutionEvent, { type: 'done' }>;
        expect(done.how).toBe('resumed');
        expect(JSON.stringify(done.record.result)).toBe(expected);
      }),
  );

  it('whose files must stay small says so, and the run starts once they need not', () =>
    inFolder(async folder => {
      const limited = shell(folder, folder, 'ulimit -f 40; "$@"');
      expect(limited.status).toBe(4);
      const failed = limited.events.find(event => event.type === 'failed')!;
      expect(failed.message).toContain('it is larger than files may be here');
      expect(failed.fix).toContain('ulimit -f unlimited');
      expect(openStore(folder).record(run.key)).toBeNull();
      const { outcomes } = await execute([run], options(folder), () => {});
      expect(outcomes.get(run.key)).toBe('ran');
    }));

  it.skipIf(!namespaces)('on a read-only file system is refused before anything is started', () =>
    inFolder(folder => {
      const store = join(folder, 'store');
      mkdirSync(store);
      const script = `mount -t tmpfs -o ro tmpfs ${store}; "$@"`;
      const { events, status } = shell(folder, store, script, ['unshare', '-rm']);
      expect(status).toBe(4);
      expect(events).toHaveLength(1);
      expect(events[0]!.message).toBe(
        `${store}/store.json: cannot be written, the file system is read-only.`,
      );
      expect(events[0]!.fix).toContain('--store <folder>');
    }),
  );

  it('with a half-written record or the checkpoint of another spec fails that run alone and overwrites nothing', () =>
    inFolder(async folder => {
      const store = openStore(folder);
      const stop = new AbortController();
      const onMessage = ({ type }: WorkerMessage) => type === 'checkpointed' && stop.abort();
      const order = orderFor(folder, run.identity, { dataFolder: dataFolders.cifar10 });
      expect(await runJob(order, { onMessage, signal: stop.signal })).toBeNull();
      const [halfWritten, misplaced] = [seed(2), seed(3)];
      for (const { key } of [halfWritten, misplaced]) mkdirSync(store.jobFolder(key));
      const record = join(store.jobFolder(halfWritten.key), 'record.json');
      writeFileSync(record, '{"version": 2,');
      const checkpoint = join(store.jobFolder(misplaced.key), 'checkpoint.bin');
      copyFileSync(join(store.jobFolder(run.key), 'checkpoint.bin'), checkpoint);

      const { failures, outcomes } = await execute(
        [halfWritten, misplaced, run],
        { ...options(folder), keepGoing: true },
        () => {},
      );
      expect(Object.fromEntries(outcomes)).toEqual({ [run.key]: 'resumed' });
      expect(failures).toMatchObject([
        {
          key: halfWritten.key,
          message: expect.stringContaining('half-written'),
          fix: expect.stringContaining(`mv ${record} ${record}.bad`),
        },
        {
          key: misplaced.key,
          message: expect.stringContaining('another run'),
          fix: expect.stringContaining(`mv ${checkpoint} ${checkpoint}.bad`),
        },
      ]);
      expect(readFileSync(record, 'utf8')).toBe('{"version": 2,');
      expect(readCheckpoint(checkpoint, run.key)).not.toBeNull();
      expect(JSON.stringify(store.record(run.key)!.result)).toBe(expected);
    }));
});
