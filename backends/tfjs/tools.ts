import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { BackendError } from '../contract.ts';
import type { KitName, Native } from './packages.ts';

/** The compiler that makes the addon. */
export const compiler = () => process.env.CXX || 'c++';

/** The Python whose pip fetches the wheel; any does, as the wheel is not installed into it. */
export const python = () => process.env.RESIDUALS_PYTHON || 'python3';

/** Fails with all that this machine lacks to make a kit with TensorFlow, before anything is begun. */
export async function expectTools(kit: KitName, { wheel }: Native, folder: string): Promise<void> {
  const { platform, arch } = process;
  if (platform !== 'linux' || arch !== 'x64' || !hasGlibc()) {
    throw new BackendError(`${kit} is for Linux x64 with glibc 2.27 or newer; this is ${platform} ${arch}.`, {
      fix: 'npm run setup -- tfjs   # WASM and plain JavaScript, anywhere',
    });
  }
  const free = freeBytes(folder);
  const needed = 5 * wheel.megabytes * 1e6;
  if (free < needed) {
    throw new BackendError(
      `${kit} takes ${gigabytes(needed)} GB while it is made; ${folder} has ${gigabytes(free)} GB.`,
      {
        fix: 'export RESIDUALS_CACHE=/path/to/a/folder/with/more/room',
      },
    );
  }
  const lacks = [
    { what: `no C++ compiler (${compiler()})`, debian: 'g++', works: await runs(compiler(), ['--version']) },
    {
      what: `no pip (${python()} -m pip)`,
      debian: 'python3-pip',
      works: await runs(python(), ['-m', 'pip', '--version']),
    },
  ].filter(({ works }) => !works);
  if (lacks.length === 0) return;
  throw new BackendError(
    `${kit} cannot be made here: there is ${lacks.map(({ what }) => what).join(' and ')}.`,
    {
      fix: `apt-get install ${lacks.map(({ debian }) => debian).join(' ')}   # Debian and Ubuntu; then run this command again`,
    },
  );
}

async function runs(command: string, args: readonly string[]): Promise<boolean> {
  const { execa } = await import('execa');
  return (await execa(command, args, { stdin: 'ignore', reject: false })).exitCode === 0;
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const [major, minor] = (header.glibcVersionRuntime ?? '0.0').split('.').map(Number) as [number, number];
  return major > 2 || (major === 2 && minor >= 27);
}

function freeBytes(folder: string): number {
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  const { bavail, bsize } = statfsSync(there);
  return bavail * bsize;
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
