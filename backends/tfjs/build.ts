import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmPack } from '../../ml/data/npm.ts';
import { BackendError } from '../contract.ts';
import { type KitName, kitFiles, type Native, tensorflowVersion } from './packages.ts';
import { compiler, python } from './tools.ts';

/** A kit that is being made. */
export interface Build {
  kit: KitName;
  native: Native | null;
  /** Where it is made: each step leaves here what the next one takes, whole or not at all. */
  partial: string;
  /** What becomes the kit. */
  folder: string;
}

/** Makes a kit. Everything is fetched by its digest; steps that an interrupted setup has done are not done again. */
export async function build(made: Build, onProgress: (message: string) => void): Promise<void> {
  await installPackages(made, onProgress);
  if (made.native) {
    await fetchAddon(made, made.native);
    await takeLibraries(made, made.native, onProgress);
    await compileAddon(made, onProgress);
  }
  await bundle(made);
}

/** The files of the addon's package, beside this project's. */
const own = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function installPackages({ partial }: Build, onProgress: (message: string) => void): Promise<void> {
  if (existsSync(join(modulesOf(partial), '.package-lock.json'))) return; // npm writes it last
  onProgress('Fetching TensorFlow.js from npm (65 MB unpacked)');
  for (const name of ['package.json', 'package-lock.json'])
    copyFileSync(own(`npm/${name}`), join(partial, name));
  // What `npm run` was given reaches this npm through its environment.
  const options = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--dry-run=false',
    '--json=false',
    '--loglevel=error',
  ];
  await run('npm', ['ci', ...options], partial);
}

/** The package is not installed: its script would look for a download, its dependencies are old and are not needed. */
async function fetchAddon({ partial }: Build, { addon }: Native): Promise<void> {
  const tarball = await npmPack(addon, partial).catch((cause: Error) => {
    throw new BackendError(`${addon.spec} could not be fetched: ${cause.message}.`, { fix: again, cause });
  });
  const { extract } = await import('tar');
  mkdirSync(addonOf(partial), { recursive: true });
  await extract({ file: tarball, cwd: addonOf(partial), strip: 1, strict: true });
}

async function takeLibraries(
  { partial, folder }: Build,
  { wheel }: Native,
  onProgress: (message: string) => void,
): Promise<void> {
  if (kitFiles.libraries.every(name => existsSync(join(folder, name)))) return;
  const wheels = join(partial, 'wheel');
  mkdirSync(wheels, { recursive: true });
  if ((await digestOf(wheelIn(wheels))) !== wheel.sha256) {
    onProgress(`Fetching TensorFlow ${tensorflowVersion} from PyPI (${wheel.megabytes} MB)`);
    const requirement = join(wheels, 'requirement.txt');
    writeFileSync(requirement, `${wheel.project}==${tensorflowVersion} --hash=sha256:${wheel.sha256}\n`);
    // The same wheel from whatever Python there is: only its libraries are used.
    const which = ['--only-binary=:all:', '--python-version=3.11', '--implementation=cp', '--abi=cp311'];
    const options = ['--no-deps', '--require-hashes', ...which, '--platform=manylinux_2_27_x86_64'];
    await run(python(), ['-m', 'pip', 'download', ...options, '--dest', wheels, '-r', requirement], partial);
  }
  onProgress('Unpacking its libraries');
  const members = (names: readonly string[], from: string, to: string) =>
    names.map(name => `tensorflow/${from}${name}=${to}${name}`);
  await run(
    python(),
    [
      own('unpack.py'),
      wheelIn(wheels)!,
      partial,
      ...members(headers, 'include/', 'include/'),
      ...members(kitFiles.libraries, '', ''),
    ],
    partial,
  );
  for (const name of kitFiles.libraries) renameSync(join(partial, name), join(folder, name));
}

async function compileAddon(
  { partial, folder }: Build,
  onProgress: (message: string) => void,
): Promise<void> {
  const addon = join(folder, kitFiles.addon);
  if (existsSync(addon)) return;
  onProgress('Compiling the addon');
  const binding = join(addonOf(partial), 'binding');
  const sources = readdirSync(binding).filter(name => name.endsWith('.cc'));
  const includes = [
    addonOf(partial),
    join(partial, 'include'),
    join(modulesOf(partial), 'node-api-headers', 'include'),
  ];
  const defines = ['NAPI_VERSION=8', 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'];
  await run(
    compiler(),
    [
      ...['-std=c++17', '-O2', '-shared', '-fPIC', '-o', `${addon}.part`],
      ...[...defines.map(each => `-D${each}`), ...includes.map(each => `-I${each}`)],
      ...[...sources.map(each => join(binding, each)), ...kitFiles.libraries.map(each => join(folder, each))],
      '-Wl,-rpath,$ORIGIN',
    ],
    partial,
  );
  renameSync(`${addon}.part`, addon);
}

/** One module, so that engines and gradients share one TensorFlow.js: Node's own entries lack the gradients. */
async function bundle({ partial, folder, native }: Build): Promise<void> {
  const entry = [
    "export * from '@tensorflow/tfjs-core';",
    "import '@tensorflow/tfjs-core/dist/register_all_gradients.js';",
    "import '@tensorflow/tfjs-backend-cpu';",
    "export { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';",
    ...(native
      ? [
          "import './addon/dist/register_all_kernels.js';",
          "export { NodeJSKernelBackend } from './addon/dist/nodejs_kernel_backend.js';",
        ]
      : []),
  ];
  copyFileSync(own('npm/core.js'), join(partial, 'core.js'));
  const { build } = await import('esbuild');
  await build({
    stdin: { contents: entry.join('\n'), resolveDir: partial },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    alias: { '@tensorflow/tfjs': './core.js' },
    absWorkingDir: partial,
    logLevel: 'silent',
    outfile: join(folder, kitFiles.module),
  });
  const binaries = join(modulesOf(partial), '@tensorflow', 'tfjs-backend-wasm', 'dist');
  for (const name of readdirSync(binaries).filter(each => each.endsWith('.wasm')))
    copyFileSync(join(binaries, name), join(folder, name));
}

/** What the addon includes, and what that includes. */
const headers = [
  ...['c_api.h', 'c_api_macros.h', 'eager/c_api.h', 'tf_attrtype.h', 'tf_buffer.h', 'tf_datatype.h'].map(
    name => `tensorflow/c/${name}`,
  ),
  ...['tf_status.h', 'tf_tensor.h', 'tf_tstring.h'].map(name => `tensorflow/c/${name}`),
  ...['ctstring.h', 'ctstring_internal.h'].map(name => `tensorflow/core/platform/${name}`),
  ...['ctstring.h', 'ctstring_internal.h'].map(name => `tsl/platform/${name}`),
  'xla/tsl/c/tsl_status.h',
];

const again = 'run this command again: it continues where this one ended';

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const { execa } = await import('execa');
  const { exitCode, stderr, originalMessage } = await execa(command, args, {
    cwd,
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
  });
  if (exitCode === 0) return;
  const lines = stderr.trimEnd().split('\n');
  const error = lines.findLast(line => /\berror\b/i.test(line)) ?? lines.at(-1);
  const said = error || originalMessage || `exit code ${exitCode}`;
  throw new BackendError(`${command} ${args.slice(0, 3).join(' ')} failed: ${said}`, { fix: again });
}

async function digestOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function wheelIn(folder: string): string | undefined {
  const name = readdirSync(folder).find(each => each.endsWith('.whl'));
  return name === undefined ? undefined : join(folder, name);
}

const modulesOf = (partial: string) => join(partial, 'node_modules');

const addonOf = (partial: string) => join(partial, 'addon');
