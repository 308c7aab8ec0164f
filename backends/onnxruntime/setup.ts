import { createHash } from 'node:crypto';
import {
  cpSync,
  createReadStream,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { exitCodes } from '../../ml/errors.ts';
import { BackendError } from '../contract.ts';
import { holdFolder } from '../hold.ts';
import { completeMark, cudaFolder, cudaPart, engineVersion, findCuda, setupCommand } from './cuda.ts';

/** A package of PyPI that is fetched for the libraries in it and never installed. */
interface Wheel {
  name: string;
  version: string;
  sha256: string;
  megabytes: number;
}

/** The provider, and NVIDIA's libraries of CUDA 13.0, which drivers from 580 on run. */
const wheels: readonly Wheel[] = [
  {
    name: 'onnxruntime-gpu',
    version: engineVersion,
    sha256: '4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa',
    megabytes: 247,
  },
  {
    name: 'nvidia-cuda-runtime',
    version: '13.0.96',
    sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
    megabytes: 2,
  },
  {
    name: 'nvidia-cuda-nvrtc',
    version: '13.0.88',
    sha256: 'ad9b6d2ead2435f11cbb6868809d2adeeee302e9bb94bcf0539c7a40d80e8575',
    megabytes: 90,
  },
  {
    name: 'nvidia-cublas',
    version: '13.1.0.3',
    sha256: 'ee8722c1f0145ab246bccb9e452153b5e0515fd094c3678df50b2a0888b8b171',
    megabytes: 423,
  },
  {
    name: 'nvidia-curand',
    version: '10.4.0.35',
    sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
    megabytes: 60,
  },
  {
    name: 'nvidia-cudnn-cu13',
    version: '9.19.0.56',
    sha256: 'd20e1734305e9d68889a96e3f35094d733ff1f83932ebe462753973e53a572bf',
    megabytes: 366,
  },
];

/** What the wheels, unpacked and not, take. */
const neededGiB = 4;

/** Systems that wheels name; pip takes exactly those that it is told. */
const systems = ['2_28', '2_27', '2_17', '2_12', '2_5'].map(glibc => `manylinux_${glibc}_x86_64`);

/** Installs a part that npm does not bring: CUDA. */
export async function setup(
  onProgress: (message: string) => void,
  part: string | undefined,
  from = wheels,
): Promise<string> {
  if (part === cudaPart) return setupCuda(onProgress, from);
  throw new BackendError('npm brings all that onnxruntime needs for the CPU and for WebGPU.', {
    fix: setupCommand,
    exitCode: exitCodes.usage,
  });
}

/**
 * Lays ONNX Runtime with its CUDA provider into the cache folder: a copy of the npm package, the provider from the wheel of
 * the same version, and NVIDIA's libraries. What is fetched already is kept; what is unpacked only in part is unpacked again.
 */
async function setupCuda(onProgress: (message: string) => void, from: typeof wheels): Promise<string> {
  const folder = cudaFolder();
  if (findCuda() === null) {
    const python = process.env.RESIDUALS_PYTHON || 'python3';
    expectLinux();
    await expectPip(python);
    const release = holdFolder(`${folder}.setup`, cudaPart);
    try {
      await layCuda(folder, python, onProgress, from);
    } finally {
      release();
    }
  }
  return `ONNX Runtime ${engineVersion} with CUDA is set up in ${folder}`;
}

async function layCuda(
  folder: string,
  python: string,
  onProgress: (message: string) => void,
  from: typeof wheels,
): Promise<void> {
  const partial = `${folder}.partial`;
  mkdirSync(join(partial, 'wheels'), { recursive: true });
  expectSpace(partial);
  const files: string[] = [];
  for (const wheel of from) files.push(await fetchWheel(wheel, partial, python, onProgress));
  onProgress('Unpacking');
  for (const part of ['nvidia', 'onnxruntime', 'node_modules'])
    rmSync(join(partial, part), { recursive: true, force: true });
  await unpack(files, partial, python);
  layPackage(partial);
  rmSync(join(partial, 'wheels'), { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(partial, completeMark), `${JSON.stringify({ wheels: from }, null, 2)}\n`);
  renameSync(partial, folder);
}

function expectLinux(): void {
  const { glibcVersionRuntime = '0' } = (
    process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  ).header;
  const [major, minor = 0] = glibcVersionRuntime.split('.').map(Number) as [number, number?];
  if (process.platform === 'linux' && process.arch === 'x64' && (major > 2 || minor >= 28)) return;
  const here = `${process.platform} ${process.arch}`;
  throw new BackendError(
    `ONNX Runtime's CUDA provider is for Linux on x64 with glibc 2.28 or newer alone; this is ${here}.`,
    { fix: 'npm run setup -- torch   # PyTorch runs on more systems' },
  );
}

async function expectPip(python: string): Promise<void> {
  const { exitCode, code, stderr } = await attempt(python, ['-m', 'pip', '--version']);
  if (exitCode === 0) return;
  const fix = `apt-get install python3-pip   # Debian and Ubuntu; then: ${setupCommand}`;
  if (code === 'ENOENT') throw new BackendError(`There is no Python: ${python} was not found.`, { fix });
  throw new BackendError(`${python} has no pip, which fetches the libraries: ${lastLine(stderr)}`, { fix });
}

function expectSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = (bavail * bsize) / 2 ** 30;
  if (free >= neededGiB) return;
  throw new BackendError(
    `${folder}: ${free.toFixed(1)} GiB are free where the libraries take ${neededGiB} GiB.`,
    { fix: `RESIDUALS_CACHE=/path/to/a/folder/with/room ${setupCommand}` },
  );
}

/** The wheel with that digest: the one that is there, else fetched. */
async function fetchWheel(
  wheel: Wheel,
  partial: string,
  python: string,
  onProgress: (message: string) => void,
): Promise<string> {
  const folder = join(partial, 'wheels');
  const known = await findWheel(wheel, folder);
  if (known !== null) return known;
  const { name, version, sha256, megabytes } = wheel;
  onProgress(`Fetching ${name} ${version} (${megabytes} MB)`);
  const requirement = join(folder, `${name}.txt`);
  writeFileSync(requirement, `${name}==${version} --hash=sha256:${sha256}\n`);
  const platforms = systems.flatMap(system => ['--platform', system]);
  const { exitCode, stderr } = await attempt(python, [
    ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--require-hashes', '--quiet'],
    ...[
      '--python-version',
      '3.11',
      '--implementation',
      'cp',
      '--abi',
      'cp311',
      '--abi',
      'none',
      ...platforms,
    ],
    ...['--dest', folder, '-r', requirement],
  ]);
  const fetched = exitCode === 0 ? await findWheel(wheel, folder) : null;
  if (fetched !== null) return fetched;
  const said = stderr.split('\n').find(line => /^ *ERROR|DO NOT MATCH/.test(line)) ?? lastLine(stderr);
  throw new BackendError(`${name} ${version} could not be fetched: ${said.trim()}`, {
    fix: `${setupCommand}   # continues; behind a proxy or a mirror, set what pip needs (PIP_INDEX_URL)`,
  });
}

async function findWheel({ name, sha256 }: Wheel, folder: string): Promise<string | null> {
  const prefix = `${name.replaceAll('-', '_')}-`;
  for (const file of readdirSync(folder)) {
    if (!file.startsWith(prefix) || !file.endsWith('.whl')) continue;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, file))) hash.update(chunk as Buffer);
    if (hash.digest('hex') === sha256) return join(folder, file);
  }
  return null;
}

/** Python reads the archives that Node cannot. */
const unpacker = `
import re, sys, zipfile
folder, *wheels = sys.argv[1:]
wanted = re.compile(r'nvidia/\\w+/lib/|onnxruntime/capi/libonnxruntime_providers_(cuda|shared)\\.so$')
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if wanted.match(name)])
`;

async function unpack(files: readonly string[], folder: string, python: string): Promise<void> {
  const { exitCode, stderr } = await attempt(python, ['-c', unpacker, folder, ...files]);
  if (exitCode === 0) return;
  throw new BackendError(`The libraries could not be unpacked: ${lastLine(stderr)}`, { fix: setupCommand });
}

/** The engine looks for its providers beside its own library. */
function layPackage(folder: string): void {
  const require = createRequire(import.meta.url);
  const engine = dirname(dirname(require.resolve('onnxruntime-node')));
  const common = dirname(dirname(dirname(createRequire(join(engine, 'x')).resolve('onnxruntime-common'))));
  const to = join(folder, 'node_modules');
  const binaries = 'bin/napi-v6/linux/x64';
  for (const part of ['package.json', 'dist', binaries])
    cpSync(join(engine, part), join(to, 'onnxruntime-node', part), { recursive: true });
  for (const part of ['package.json', 'dist'])
    cpSync(join(common, part), join(to, 'onnxruntime-common', part), { recursive: true });
  const capi = join(folder, 'onnxruntime', 'capi');
  for (const provider of readdirSync(capi))
    renameSync(join(capi, provider), join(to, 'onnxruntime-node', binaries, provider));
  rmSync(join(folder, 'onnxruntime'), { recursive: true });
}

async function attempt(command: string, args: readonly string[]) {
  const { execa } = await import('execa');
  const { exitCode, stderr, code } = await execa(command, args, {
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
  });
  return { exitCode, stderr, code };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)!;
}
