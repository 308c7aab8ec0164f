import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cudaFolder, cudaPart, engineVersion, findCuda } from './cuda.ts';
import { setup } from './setup.ts';

const content = 'a wheel\n';
const sha256 = createHash('sha256').update(content).digest('hex');
const wheels = ['one', 'two'].map(name => ({ name, version: '1', sha256, megabytes: 1 }));

/** A Python that downloads `content`, and unpacks wheels into a provider and a library. */
const python = `
case "$2" in
  pip) [ "$3" = download ] || exit 0
    while [ $# -gt 1 ]; do [ "$1" = --dest ] && folder=$2; [ "$1" = -r ] && file=$2; shift; done
    name=$(sed 's/==.*//' "$file")
    [ -e "$0.broken.$name" ] && { echo "ERROR: $name: DO NOT MATCH THE HASHES" >&2; exit 1; }
    echo "$name" >> "$0.fetched"
    printf 'a wheel\\n' > "$folder/$name-1-py3.whl" ;;
  *) mkdir -p "$3/onnxruntime/capi" "$3/nvidia/cu13/lib"
    touch "$3/onnxruntime/capi/libonnxruntime_providers_cuda.so" "$3/nvidia/cu13/lib/libcublas.so.13" ;;
esac`;

it('the version is that of the npm package', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(engineVersion).toBe(dependencies['onnxruntime-node']);
});

it('nothing is to be set up for the CPU', async () => {
  await expect(setup(() => {}, undefined)).rejects.toMatchObject({
    message: expect.stringContaining('npm brings all that onnxruntime needs'),
    fix: 'npm run setup -- onnxruntime-cuda',
    exitCode: 2,
  });
});

/** The libraries are those of Linux. What is fetched is gigabytes, and nothing here. */
describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'npm run setup -- onnxruntime-cuda',
  () => {
    let folder: string;
    let command: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'residuals-cuda-'));
      command = join(folder, 'python');
      vi.stubEnv('RESIDUALS_CACHE', join(folder, 'cache'));
      usePython(python);
    });
    afterEach(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    });

    function usePython(script: string): void {
      writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      vi.stubEnv('RESIDUALS_PYTHON', command);
    }

    it('needs a Python with pip, and begins nothing without', async () => {
      usePython('echo "No module named pip" >&2; exit 1');
      await expect(setup(() => {}, cudaPart, wheels)).rejects.toMatchObject({
        name: 'BackendError',
        message: `${command} has no pip, which fetches the libraries: No module named pip`,
        fix: expect.stringContaining('apt-get install python3-pip'),
      });
      vi.stubEnv('RESIDUALS_PYTHON', join(folder, 'none'));
      await expect(setup(() => {}, cudaPart, wheels)).rejects.toThrow('There is no Python');
      expect(existsSync(join(folder, 'cache'))).toBe(false);
    });

    it('says what pip says, and continues with what is not there yet', async () => {
      writeFileSync(`${command}.broken.two`, '');
      const failed = setup(() => {}, cudaPart, wheels);
      await expect(failed).rejects.toThrow('two 1 could not be fetched: ERROR: two: DO NOT MATCH THE HASHES');
      await expect(failed).rejects.toMatchObject({ fix: expect.stringContaining('continues') });
      expect(findCuda()).toBeNull();
      rmSync(`${command}.broken.two`);
      const done = `ONNX Runtime ${engineVersion} with CUDA is set up in ${cudaFolder()}`;
      expect(await setup(() => {}, cudaPart, wheels)).toBe(done);
      expect(readFileSync(`${command}.fetched`, 'utf8')).toBe('one\ntwo\n');
      expect(findCuda()).toBe(cudaFolder());
      const said: string[] = [];
      expect(await setup(message => said.push(message), cudaPart, wheels)).toBe(done);
      expect(said).toEqual([]);
    });

    it('takes a file with another digest for nothing', async () => {
      const other = wheels.map(wheel => ({ ...wheel, sha256: '0'.repeat(64) }));
      await expect(setup(() => {}, cudaPart, other)).rejects.toThrow('one 1 could not be fetched');
      expect(findCuda()).toBeNull();
    });

    it('leaves an engine beside its providers, which every device then uses', async () => {
      await setup(() => {}, cudaPart, wheels);
      expect(readdirSync(cudaFolder()).sort()).toEqual(['complete.json', 'node_modules', 'nvidia']);
      const script = `
        const { onnxruntime } = await import('./backends/onnxruntime/index.ts');
        const { readFileSync } = await import('node:fs');
        const found = [await onnxruntime.probe(), await onnxruntime.probe('cuda')];
        const maps = readFileSync('/proc/self/maps', 'utf8');
        const libraries = [...new Set(maps.match(/\\S+libonnxruntime\\.so\\S*/g))];
        console.log(JSON.stringify({ found, libraries }));`;
      const args = ['--import', './loader/register.mjs', '--input-type=module', '-e', script];
      const cwd = fileURLToPath(new URL('../..', import.meta.url));
      const { found, libraries } = JSON.parse(
        execFileSync(process.execPath, args, { cwd, encoding: 'utf8', timeout: 60_000 }),
      );
      const binaries = join(cudaFolder(), 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64');
      expect(libraries).toEqual([join(binaries, 'libonnxruntime.so.1')]);
      expect(existsSync(join(binaries, 'libonnxruntime_providers_cuda.so'))).toBe(true);
      expect(found[0]).toMatchObject({ available: true, version: `onnxruntime-node ${engineVersion}` });
      // Without a card its driver is what is missing, with one the libraries, which are empty files here.
      expect(found[1]).toMatchObject({
        available: false,
        missing: expect.stringMatching(/^there is no NVIDIA driver: libcuda\.so\.1|^CUDA does not load: /),
      });
    }, 60_000);
  },
);
