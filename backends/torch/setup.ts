import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { shellWord } from '../../ml/shell.ts';
import { BackendError } from '../contract.ts';
import { holdFolder } from '../hold.ts';
import { environmentFolder, isComplete, markOf, pythonOf, systemPython, torchVersion } from './python.ts';

/** Wheels without CUDA: a tenth of the bytes. PyPI has them for macOS and ARM only. */
const cpuWheels = 'https://download.pytorch.org/whl/cpu';

/**
 * Makes a Python environment with PyTorch in the cache folder; what is there already is kept, what is half there is
 * continued. `device`: `cuda` for the wheel with CUDA, `cpu` for the one without; as the machine has it when absent.
 */
export async function setupTorch(
  onProgress: (message: string) => void,
  device: string = hasCuda() ? 'cuda' : 'cpu',
): Promise<string> {
  const folder = environmentFolder();
  if (!isComplete(folder)) {
    const base = process.env.RESIDUALS_PYTHON || systemPython;
    await expectVenv(base);
    const release = holdFolder(`${folder}.setup`, 'torch');
    try {
      await make(base, folder, device, onProgress);
    } finally {
      release();
    }
  }
  const version = await imported(pythonOf(folder));
  writeFileSync(markOf(folder), `${JSON.stringify({ torch: version })}\n`);
  const hidden = process.env.RESIDUALS_PYTHON
    ? '; RESIDUALS_PYTHON is set and goes before it: unset RESIDUALS_PYTHON'
    : '';
  return `PyTorch ${version} is set up in ${folder}${hidden}`;
}

async function make(
  base: string,
  folder: string,
  device: string,
  onProgress: (message: string) => void,
): Promise<void> {
  const python = pythonOf(folder);
  if (!existsSync(python)) rmSync(folder, { recursive: true, force: true }); // of a Python that is gone
  mkdirSync(folder, { recursive: true });
  onProgress(`Making a Python environment in ${folder}`);
  await run(base, ['-m', 'venv', folder]);
  onProgress(`Installing PyTorch ${torchVersion} for ${device}; it is large`);
  await install(python, device, onProgress);
}

/** Debian and Ubuntu leave out of Python what makes environments. */
async function expectVenv(python: string): Promise<void> {
  const { exitCode, stderr, code } = await attempt(python, ['-c', 'import venv, ensurepip']);
  if (exitCode === 0) return;
  if (code === 'ENOENT') {
    const fix = 'install Python 3.10 or newer; on Debian and Ubuntu: apt-get install python3 python3-venv';
    throw new BackendError(`There is no Python: ${python} was not found.`, { fix });
  }
  const why = stderr.includes('No module named')
    ? `it has no ${/No module named '?(\w+)/.exec(stderr)?.[1]}`
    : lastLine(stderr);
  throw new BackendError(`${python} cannot make environments: ${why}.`, {
    fix: 'apt-get install python3-venv   # Debian and Ubuntu; then run this command again',
  });
}

async function install(python: string, device: string, onProgress: (message: string) => void): Promise<void> {
  const pip = (...args: string[]) => ['-m', 'pip', 'install', ...args, `torch==${torchVersion}`];
  if (device === 'cpu' && process.platform === 'linux' && process.arch === 'x64') {
    const { exitCode } = await attempt(python, pip('--index-url', cpuWheels, '--retries', '1'), true);
    if (exitCode === 0) return;
    onProgress('The wheel without CUDA could not be had; taking the one with it (about 3 GB)');
  }
  await run(python, pip());
}

async function imported(python: string): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(python, [
    '-c',
    'import torch; print(torch.__version__)',
  ]);
  if (exitCode === 0) return stdout.trim();
  const folder = environmentFolder();
  throw new BackendError(`PyTorch does not load in ${folder}: ${lastLine(stderr)}.`, {
    fix: `rm -r ${shellWord(folder)}   # then run this command again`,
  });
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await attempt(command, args, true);
  if (exitCode === 0) return;
  const error = stderr.split('\n').findLast(line => /^ERROR/.test(line)) ?? lastLine(stderr);
  throw new BackendError(`${command} ${args.slice(0, 3).join(' ')} failed: ${error}`, {
    fix: 'run this command again: it continues; behind a proxy or a mirror, set what pip needs (PIP_INDEX_URL)',
  });
}

/** Runs a command; `shown`: its output is shown too, on stderr. */
async function attempt(command: string, args: readonly string[], shown = false) {
  const { execa } = await import('execa');
  const { exitCode, stdout, stderr, code } = await execa(command, args, {
    stdin: 'ignore',
    stdout: shown ? [process.stderr, 'pipe'] : 'pipe',
    stderr: shown ? [process.stderr, 'pipe'] : 'pipe',
    reject: false,
  });
  return { exitCode, stdout, stderr, code };
}

function hasCuda(): boolean {
  return process.platform === 'win32' || ['/proc/driver/nvidia', '/dev/dxg'].some(each => existsSync(each));
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)!;
}
