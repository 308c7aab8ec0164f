import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'residuals-telemetry-'));
afterAll(() => rmSync(folder, { recursive: true }));

const watches = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
const calls = ['open', 'openat', 'openat2', 'creat', 'mkdir', 'mkdirat', 'rename', 'socket', 'connect'];

/** What a process says, changes on disk and asks of the network while it loads the engine and trains a step on it. */
function trained() {
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const script = `
    const { onnxruntime } = await import(${JSON.stringify(join(root, 'backends/onnxruntime/index.ts'))});
    const { available } = await onnxruntime.probe();
    await new Promise(resolve => setTimeout(resolve, 1000)); // what is reported is sent in the background
    console.log(process.pid, available);`;
  const node = [process.execPath, '--import', './loader/register.mjs', '--input-type=module', '-e', script];
  const log = join(folder, 'calls');
  const strace = ['strace', '-f', '-qq', '-e', `trace=?${calls.join(',?')}`, '-o', log];
  const [command, ...args] = watches ? [...strace, ...node] : node;
  const { stdout, stderr } = spawnSync(command!, args, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: home },
  });
  const seen = watches ? readFileSync(log, 'utf8').split('\n') : [];
  const [pid, available] = stdout.trim().split(' ');
  return { pid, available, stderr, seen, left: readdirSync(home) };
}

it('the engine reports nothing: it leaves no file and looks up no name', () => {
  const { pid, available, stderr, seen, left } = trained();
  expect({ available, stderr }).toEqual({ available: 'true', stderr: '' });
  expect(left).toEqual([]);
  expect(existsSync(`/tmp/mat-debug-${pid}.log`)).toBe(false); // what it leaves besides when it reports
  const network = /socket\(AF_INET|connect\(.*AF_INET|resolv\.conf|\/etc\/hosts/;
  const written = /\b(O_WRONLY|O_RDWR|O_CREAT)\b|\bmkdir|\brename/;
  const own = /node_modules\/\.cache\/residuals|\/dev\/|\/proc\/self/; // TypeScript without its types
  expect(seen.filter(call => network.test(call) || (written.test(call) && !own.test(call)))).toEqual([]);
  if (watches) expect(seen.some(call => call.includes('onnxruntime_binding.node'))).toBe(true);
}, 60_000);

it('the engine still knows the switch, and only one place loads it', () => {
  const require = createRequire(import.meta.url);
  const binaries = join(dirname(dirname(require.resolve('onnxruntime-node'))), 'bin/napi-v6');
  const here = join(binaries, process.platform, process.arch);
  const library = readdirSync(here).find(name => /^(lib)?onnxruntime.*(so|dylib|dll)/.test(name))!;
  expect(readFileSync(join(here, library)).includes('ORT_DISABLE_TELEMETRY')).toBe(true);
  const sources = spawnSync('git', ['ls-files', '*.ts', '*.mjs'], {
    cwd: root,
    encoding: 'utf8',
  }).stdout.split('\n');
  const loads = /^(?!import type).*(import\(|from |require\()\s*'onnxruntime-node'/m;
  const loading = sources.filter(
    file => file !== '' && existsSync(join(root, file)) && loads.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(loading).toEqual(['backends/onnxruntime/runtime.ts']);
});
