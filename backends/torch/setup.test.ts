import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { holderName, ownHolder } from '../../ml/data/holder.ts';
import { environmentFolder, findPython, isComplete } from './python.ts';
import { setupTorch } from './setup.ts';

/** Installing takes gigabytes; what comes before and what goes wrong does not. */
describe.skipIf(process.platform === 'win32')('npm run setup -- torch', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'residuals-setup-'));
    vi.stubEnv('RESIDUALS_CACHE', join(folder, 'cache'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Makes a program the Python that is used. */
  function usePython(script: string): void {
    const file = join(folder, 'python');
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv('RESIDUALS_PYTHON', file);
  }

  it('needs a Python', async () => {
    vi.stubEnv('RESIDUALS_PYTHON', join(folder, 'none'));
    await expect(setupTorch(() => {})).rejects.toMatchObject({
      name: 'BackendError',
      message: `There is no Python: ${join(folder, 'none')} was not found.`,
      fix: expect.stringContaining('apt-get install python3 python3-venv'),
    });
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });

  it('needs one that can make environments', async () => {
    usePython(`echo "ModuleNotFoundError: No module named 'ensurepip'" >&2; exit 1`);
    await expect(setupTorch(() => {})).rejects.toMatchObject({
      message: `${join(folder, 'python')} cannot make environments: it has no ensurepip.`,
      fix: expect.stringContaining('apt-get install python3-venv'),
    });
  });

  it('is done by one process at a time', async () => {
    usePython('exit 0');
    const held = `${environmentFolder()}.setup`;
    mkdirSync(held, { recursive: true });
    const live = { ...ownHolder(), where: '00000000' }; // on another machine, and lately
    writeFileSync(join(held, `held-${holderName(live)}`), '');
    await expect(setupTorch(() => {})).rejects.toThrow('torch is being set up by another process');
    expect(readdirSync(held)).toHaveLength(1);
    expect(existsSync(environmentFolder())).toBe(false);
  });

  it('says what pip says, leaves nothing that looks complete, and continues when run again', async () => {
    // `-m venv FOLDER` makes an environment whose pip finds nothing the first time, then installs.
    usePython(`[ "$2" = venv ] || exit 0
mkdir -p "$3/bin"
cat > "$3/bin/python" <<'END'
#!/bin/sh
if [ "$1" = -c ]; then echo 2.15.0; exit 0; fi
[ -e "$0.tried" ] && exit 0
touch "$0.tried"
echo "ERROR: No matching distribution found for torch" >&2; exit 1
END
chmod +x "$3/bin/python"`);
    const failed = setupTorch(() => {}, 'cuda');
    await expect(failed).rejects.toThrow(
      'pip install failed: ERROR: No matching distribution found for torch',
    );
    await expect(failed).rejects.toMatchObject({ fix: expect.stringContaining('run this command again') });
    expect(isComplete(environmentFolder())).toBe(false);
    expect(existsSync(`${environmentFolder()}.setup`)).toBe(false);
    const done = `PyTorch 2.15.0 is set up in ${environmentFolder()}; RESIDUALS_PYTHON is set and goes before it: unset RESIDUALS_PYTHON`;
    expect(await setupTorch(() => {}, 'cuda')).toBe(done);
    expect(isComplete(environmentFolder())).toBe(true);
    vi.stubEnv('RESIDUALS_PYTHON', '');
    expect(findPython().command).toBe(join(environmentFolder(), 'bin', 'python'));
    const said: string[] = [];
    expect(await setupTorch(message => said.push(message))).toBe(done.split(';')[0]);
    expect(said).toEqual([]);
  });
});
