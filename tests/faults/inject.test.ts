import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Place, runCommand } from './command.ts';
import { type Fault, type Operation, operationsIn, workerScript } from './faults.ts';

const base = mkdtempSync(join(tmpdir(), 'residuals-inject-'));
const place: Place = { base, store: join(base, 'store'), cache: join(base, 'cache'), cifar: '' };
const fired = join(base, 'fired');
afterAll(() => rmSync(base, { recursive: true }));
beforeEach(() => {
  for (const name of ['store', 'fired', 'trace']) rmSync(join(base, name), { recursive: true, force: true });
  mkdirSync(place.store);
});

/** Runs a script, whose `at` is a path in the store, disturbed at an operation. */
function run(source: string, fault?: Partial<Fault>) {
  const name = 'script.mjs';
  const file = join(base, name);
  writeFileSync(
    file,
    `import fs from 'node:fs'; import * as promises from 'node:fs/promises';
    import { appendFileSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
    const at = name => ${JSON.stringify(place.store)} + '/' + name;
    ${source}`,
  );
  const usual: Fault = {
    ...{ script: name, at: 1, does: 'EIO', when: 'before', victim: 'self', lasts: false },
    operations: ['open', 'open to write', 'read file', 'read', 'write', 'fsync', 'truncate', 'close'].concat([
      'rename',
      'unlink',
      'mkdir',
      'list',
      'stat',
      'access',
      'utimes',
      'copy',
    ]),
  };
  const disturbance = fault ? { fault: { ...usual, ...fault }, fired } : { trace: join(base, 'trace') };
  return runCommand(place, [file], disturbance);
}

/** Calls of every form, each with the operations that it counts as. */
const calls: readonly [call: string, ...operations: string[]][] = [
  ["writeFileSync(at('a'), 'content')", 'open to write', 'write', 'close'],
  ["appendFileSync(at('a'), 'more')", 'open to write', 'write', 'close'],
  ["readFileSync(at('a'))", 'read file'],
  ["existsSync(at('a'))", 'access'],
  ["const d = openSync(at('a'), 'r+'); fs.readSync(d, Buffer.alloc(4))", 'open to write', 'read'],
  ["writeFileSync(openSync(at('a'), 'w'), 'text')", 'open to write', 'write'],
  ["fs.fsyncSync(openSync(at('.'), 'r'))", 'open', 'fsync'],
  ["fs.ftruncateSync(openSync(at('a'), 'a'), 1)", 'open to write', 'truncate'],
  ["fs.mkdirSync(at('f'))", 'mkdir'],
  ["fs.renameSync(at('a'), at('b'))", 'rename'],
  ["fs.readdirSync(at('.'))", 'list'],
  ["fs.utimesSync(at('b'), 1, 1)", 'utimes'],
  ["fs.statSync(at('b'))", 'stat'],
  ["fs.lstatSync(at('b'))", 'stat'],
  ["fs.copyFileSync(at('b'), at('c'))", 'copy'],
  ["fs.rmSync(at('b'), { recursive: true, force: true })", 'unlink'],
  ["await promises.writeFile(at('d'), 'content')", 'open to write', 'write', 'close'],
  ["await promises.readFile(at('d'))", 'read file'],
  ["await promises.readdir(at('.'))", 'list'],
  ["await promises.rename(at('d'), at('e'))", 'rename'],
  ["await promises.stat(at('e'))", 'stat'],
  [
    "const h = await promises.open(at('e')); await h.read(Buffer.alloc(3)); await h.stat(); await h.close()",
    ...['open', 'read', 'stat', 'close'],
  ],
  ["await promises.unlink(at('e'))", 'unlink'],
  ["await new Promise((y, n) => fs.utimes(at('c'), 1, 1, e => (e ? n(e) : y())))", 'utimes'],
];

const each = calls
  .map(([call]) => `try { ${call} } catch (error) { told(error) }`)
  .join('\n')
  .replaceAll("existsSync(at('a'))", "if (!existsSync(at('a'))) throw { code: 'false', path: at('a') }");
const script = `const told = ({ code, path }) => console.log(code, path ?? '');\n${each}`;

describe('operations', () => {
  it('of every form are counted, on files of the trial alone and in order', async () => {
    const { exitCode, stdout, stderr } = await run(`${script}\nreadFileSync(process.argv[1])`);
    expect([exitCode, stdout, stderr]).toEqual([0, '', '']);
    const found = operationsIn(join(base, 'trace'));
    expect(found.map(({ is }) => is)).toEqual(calls.flatMap(([, ...is]) => is));
    expect(found.map(({ at }) => at)).toEqual(found.map((_, i) => i + 1));
    expect(found[0]).toEqual({ script: 'script.mjs', at: 1, is: 'open to write', path: '/a' });
  });

  it('of other scripts and worker threads are not counted', async () => {
    const thread = `import { Worker } from 'node:worker_threads';
      new Worker(\`require('fs').writeFileSync(\${JSON.stringify(at('a'))}, '')\`, { eval: true });`;
    await run(thread);
    expect(operationsIn(join(base, 'trace'))).toEqual([]);
    expect(existsSync(join(place.store, 'a'))).toBe(true);
  });
});

describe('an error', () => {
  const last = calls.flatMap(([, ...is]) => is).length;
  it.each(Array.from({ length: Math.ceil(last / 3) }, (_, i) => 3 * i + 1))(
    'befalls operation %i and no other',
    { timeout: 30_000 },
    async at => {
      const { exitCode, stdout } = await run(script, { at });
      expect(exitCode).toBe(0);
      const [befell, ...more] = operationsIn(fired);
      expect(more).toEqual([]);
      expect(befell).toMatchObject({ script: 'script.mjs', at });
      // What follows may miss what the failed call did not make.
      expect(stdout.split('\n')[0]).toMatch(/^(EIO|false) /);
      expect(stdout.match(/EIO/g)?.length ?? 0).toBeLessThanOrEqual(1);
    },
  );

  it.each([
    ['open', "for await (const _ of fs.createReadStream(at('a'))) ;"],
    ['read', "for await (const _ of fs.createReadStream(at('a'))) ;"],
    [
      'write',
      "const w = fs.createWriteStream(at('b')); await new Promise((y, n) => w.on('error', n).on('finish', y).end('x'))",
    ],
  ])('befalls the %s of a stream', async (is, stream) => {
    writeFileSync(join(place.store, 'a'), 'content');
    const source = `try { ${stream} } catch (error) { console.log(error.code, error.syscall) }`;
    const { stdout } = await run(source, { operations: [is] });
    expect(stdout).toBe(`EIO ${is}\n`);
  });

  it('is that of the system: code, number, call and path', async () => {
    const { stdout } = await run(
      `try { fs.renameSync(at('a'), at('b')) } catch (error) { console.log(JSON.stringify({ ...error, text: error.message })) }`,
      { does: 'EROFS' },
    );
    const path = join(place.store, 'a');
    const dest = join(place.store, 'b');
    expect(JSON.parse(stdout)).toEqual({
      ...{ errno: -30, code: 'EROFS', syscall: 'rename', path, dest },
      text: `EROFS: read-only file system, rename '${path}' -> '${dest}'`,
    });
  });

  it('that lasts befalls every operation from there on that can have it', async () => {
    const source = `for (let i = 0; i < 4; i++) try { writeFileSync(at('a'), 'x'); console.log('well') } catch (error) { console.log(error.syscall) }`;
    const { stdout } = await run(source, {
      at: 4,
      does: 'EMFILE',
      lasts: true,
      operations: ['open to write'],
    });
    expect(stdout.trim().split('\n')).toEqual(['well', 'open', 'open', 'open']);
  });

  it('of a full disk leaves half of what was to be written', async () => {
    await run(`try { writeFileSync(at('a'), '12345678') } catch {}`, {
      does: 'ENOSPC',
      operations: ['write'],
    });
    expect(readFileSync(join(place.store, 'a'), 'utf8')).toBe('1234');
  });

  it('waits for an operation that can have it, and befalls nothing where none comes', async () => {
    await run(`readFileSync(at('.') + '/../script.mjs'); writeFileSync(at('a'), 'x')`, {
      does: 'EMFILE',
      operations: ['list'],
    });
    expect(operationsIn(fired)).toEqual([]);
  });
});

describe('death', () => {
  it.each([
    ['before', 2, ''],
    ['within', 1, '1234'],
    ['after', 2, '12345678'],
  ] as const)('%s a write', async (when, at, content) => {
    const { signal } = await run("writeFileSync(at('a'), '12345678')", {
      ...{ does: 'kill', when, at },
      operations: when === 'within' ? ['write'] : ['open to write', 'write'],
    });
    expect(signal).toBe('SIGKILL');
    expect(readFileSync(join(place.store, 'a'), 'utf8')).toBe(content);
    expect(operationsIn(fired)).toMatchObject([{ is: 'write' }] satisfies Partial<Operation>[]);
  });

  const loader = new URL('../../loader/register.mjs', import.meta.url).href;
  const worker = join(base, workerScript);
  const parent = `import { spawnSync } from 'node:child_process';
    spawnSync(process.execPath, ['--import', ${JSON.stringify(loader)}, ${JSON.stringify(worker)}]);
    writeFileSync(at('parent'), '');`;
  const child = ['before', 'after'].map(
    name => `writeFileSync(${JSON.stringify(join(place.store, name))}, '');`,
  );

  it.each([
    ['self', ['before', 'parent'], null],
    ['command', ['before', 'after'], 'SIGKILL'],
    ['group', ['before'], 'SIGKILL'],
  ] as const)('of the %s, met by a worker', async (victim, left, signal) => {
    writeFileSync(worker, `import { writeFileSync } from 'node:fs';\n${child.join('\n')}`);
    const ending = await run(parent, { script: workerScript, does: 'kill', victim, at: 4 });
    expect(ending.signal).toBe(signal);
    for (let turn = 0; turn < 100 && left.some(name => !existsSync(join(place.store, name))); turn++)
      await new Promise(done => setTimeout(done, 20));
    for (const name of ['before', 'after', 'parent'])
      expect(existsSync(join(place.store, name)), name).toBe(left.includes(name as never));
  });
});
